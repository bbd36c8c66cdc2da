using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using SmartService.Bot.Desk;

namespace SmartService.Desk.SignIn;

/// <summary>What the sign-in cookie says about an agent.</summary>
internal static class AgentClaims
{
    private const string Stamp = "stamp";
    private const string Id = "sid";
    private const string Expiry = "exp";

    public static ClaimsPrincipal For(Agent agent, string id, long expiresAtMs) => new(new ClaimsIdentity(
        [
            new(ClaimTypes.NameIdentifier, agent.Name), new(ClaimTypes.Name, agent.DisplayName), new(Stamp, agent.Stamp),
            new(Id, id), new(Expiry, expiresAtMs.ToString(CultureInfo.InvariantCulture)),
        ],
        CookieAuthenticationDefaults.AuthenticationScheme));

    public static string? NameOf(ClaimsPrincipal principal) => principal.FindFirstValue(ClaimTypes.NameIdentifier);

    public static string? StampOf(ClaimsPrincipal principal) => principal.FindFirstValue(Stamp);

    public static string? IdOf(ClaimsPrincipal principal) => principal.FindFirstValue(Id);

    /// <summary>Unix milliseconds.</summary>
    public static long? ExpiryOf(ClaimsPrincipal principal) =>
        long.TryParse(principal.FindFirstValue(Expiry), NumberStyles.None, CultureInfo.InvariantCulture, out var expires) ? expires : null;
}
