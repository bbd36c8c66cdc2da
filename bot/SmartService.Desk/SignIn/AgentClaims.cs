using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using SmartService.Bot.Desk;

namespace SmartService.Desk.SignIn;

/// <summary>What the sign-in cookie says about an agent.</summary>
internal static class AgentClaims
{
    private const string Stamp = "stamp";

    public static ClaimsPrincipal For(Agent agent) => new(new ClaimsIdentity(
        [new(ClaimTypes.NameIdentifier, agent.Name), new(ClaimTypes.Name, agent.DisplayName), new(Stamp, agent.Stamp)],
        CookieAuthenticationDefaults.AuthenticationScheme));

    public static string? NameOf(ClaimsPrincipal principal) => principal.FindFirstValue(ClaimTypes.NameIdentifier);

    /// <summary>False when the account was disabled or got another password since.</summary>
    public static async Task<bool> StillHoldAsync(ClaimsPrincipal principal, Agents agents, CancellationToken cancellationToken) =>
        NameOf(principal) is { } name
        && await agents.FindAsync(name, cancellationToken) is { } agent
        && agent.Stamp == principal.FindFirstValue(Stamp);
}
