using System.Security.Claims;
using Dapper;
using Microsoft.Extensions.Options;
using SmartService.Bot.Desk;
using SmartService.Data;

namespace SmartService.Desk.SignIn;

/// <summary>
/// Each sign-in has an id and an end of its own. Both are in the cookie, and what ended early is in the store: signing out also
/// ends copies of the cookie and pages that are open, on every server.
/// </summary>
internal sealed class SignIns(IDatabase database, Agents agents, IOptions<DeskOptions> options, TimeProvider time)
{
    /// <summary>What the cookie of a new sign-in says.</summary>
    public ClaimsPrincipal Begin(Agent agent) =>
        AgentClaims.For(agent, Guid.NewGuid().ToString("N"), (time.GetUtcNow() + TimeSpan.FromHours(options.Value.SessionHours)).ToUnixTimeMilliseconds());

    /// <summary>Ends the sign-in for good.</summary>
    public async Task EndAsync(ClaimsPrincipal principal, CancellationToken cancellationToken)
    {
        if (AgentClaims.IdOf(principal) is not { } id || AgentClaims.ExpiryOf(principal) is not { } expires)
        {
            return;
        }

        await database.WriteAsync(
            scope => scope.Connection.ExecuteAsync(
                """
                delete from ended_sign_in where expires_at <= @now;
                insert into ended_sign_in (id, expires_at) values (@id, @expires) on conflict (id) do nothing
                """,
                new { id, expires, now = time.GetUtcNow().ToUnixTimeMilliseconds() },
                scope.Transaction),
            cancellationToken);
    }

    /// <summary>False when the sign-in was ended or is over, and when the account was disabled or got another password since.</summary>
    public async Task<bool> StillHoldsAsync(ClaimsPrincipal principal, CancellationToken cancellationToken) =>
        !IsOver(principal)
        && AgentClaims.NameOf(principal) is { } name
        && !await IsEndedAsync(AgentClaims.IdOf(principal)!, cancellationToken)
        && await agents.FindAsync(name, cancellationToken) is { } agent
        && agent.Stamp == AgentClaims.StampOf(principal);

    /// <summary>True when its time is up, or it has none.</summary>
    public bool IsOver(ClaimsPrincipal principal) =>
        AgentClaims.IdOf(principal) is null || AgentClaims.ExpiryOf(principal) is not { } expires || expires <= time.GetUtcNow().ToUnixTimeMilliseconds();

    private Task<bool> IsEndedAsync(string id, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope => await scope.Connection.ExecuteScalarAsync<long>("select count(*) from ended_sign_in where id = @id", new { id }) > 0, cancellationToken);
}
