using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.Extensions.Logging;
using SmartService.Data;

namespace SmartService.Desk.SignIn;

/// <summary>An open page makes no requests that would check the cookie, so its sign-in is looked up every minute.</summary>
internal sealed class AgentRevalidation(ILoggerFactory loggers, SignIns signIns) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        try
        {
            return await signIns.StillHoldsAsync(authenticationState.User, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // While the store is away nobody can do anything on the page; throwing everybody out would not make it safer.
            return !signIns.IsOver(authenticationState.User);
        }
    }
}
