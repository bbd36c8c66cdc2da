using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.Extensions.Logging;
using SmartService.Bot.Desk;

namespace SmartService.Desk.SignIn;

/// <summary>An open page makes no requests that would check the cookie, so its account is looked up every minute.</summary>
internal sealed class AgentRevalidation(ILoggerFactory loggers, Agents agents) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        AgentClaims.StillHoldAsync(authenticationState.User, agents, cancellationToken);
}
