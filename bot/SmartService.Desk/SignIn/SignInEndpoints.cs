using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using SmartService.Bot.Desk;
using SmartService.Desk.Texts;

namespace SmartService.Desk.SignIn;

/// <summary>Plain pages without a circuit. Forms bind with <see cref="FromFormAttribute"/>, which makes ASP.NET Core check the antiforgery token.</summary>
internal static class SignInEndpoints
{
    /// <summary>Strangers may post here: a name, a password and a token, and not the server's 32 MB.</summary>
    private static readonly RequestSizeLimitAttribute SmallForm = new(16 * 1024);

    public static void MapSignIn(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/desk/login", (string? returnUrl) => Page(returnUrl)).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapPost("/desk/login", SignInAsync).AllowAnonymous().ExcludeFromDescription().WithMetadata(SmallForm);
        endpoints.MapPost("/desk/logout", SignOutAsync).AllowAnonymous().ExcludeFromDescription().WithMetadata(SmallForm);
    }

    private static async Task<IResult> SignInAsync(
        HttpContext context, [FromForm] string? name, [FromForm] string? password, [FromForm] string? returnUrl, Agents agents, SignIns signIns, ILoggerFactory loggers)
    {
        var address = context.Connection.RemoteIpAddress?.ToString() ?? "";
        var attempt = await agents.SignInAsync(name?.Trim() ?? "", password ?? "", address, context.RequestAborted);
        if (attempt.Agent is { } agent)
        {
            await context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, signIns.Begin(agent));
            return TypedResults.LocalRedirect(ReturnUrl.Checked(returnUrl));
        }

        Log.SignInRefused(loggers.CreateLogger(typeof(SignInEndpoints)), address, attempt.RetryAfter is not null);
        return attempt.RetryAfter is { } wait
            ? Page(returnUrl, name, $"尝试次数过多，请 {Words.Duration((long)wait.TotalMilliseconds + 59_000)}后再试。", StatusCodes.Status429TooManyRequests)
            : Page(returnUrl, name, "账号或密码不正确。", StatusCodes.Status401Unauthorized);
    }

    // The form carries a token although the handler reads nothing else: a foreign page must not sign people out.
    private static async Task<RedirectHttpResult> SignOutAsync(HttpContext context, [FromForm] string? returnUrl, SignIns signIns)
    {
        await signIns.EndAsync(context.User, context.RequestAborted);
        await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        return TypedResults.Redirect("/desk/login" + (returnUrl is null ? "" : "?returnUrl=" + Uri.EscapeDataString(ReturnUrl.Checked(returnUrl))));
    }

    private static RazorComponentResult<SignInPage> Page(string? returnUrl, string? name = null, string? error = null, int status = StatusCodes.Status200OK) =>
        new(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(SignInPage.ReturnTo)] = ReturnUrl.Checked(returnUrl),
            [nameof(SignInPage.AgentName)] = name,
            [nameof(SignInPage.Error)] = error,
        })
        {
            StatusCode = status,
        };
}
