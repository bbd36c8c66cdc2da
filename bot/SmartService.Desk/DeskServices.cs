using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MudBlazor;
using MudBlazor.Services;
using SmartService.Bot.Desk;
using SmartService.Data;
using SmartService.Desk.Pages;
using SmartService.Desk.SignIn;
using SmartService.Desk.Texts;

namespace SmartService.Desk;

/// <summary>Registration of the desk: <see cref="AddDesk"/> on the services, <see cref="MapDesk"/> on the application.</summary>
public static class DeskServices
{
    private const string Policy = "desk";

    private const string ContentSecurityPolicy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; "
        + "font-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>The desk's own tables. Those of conversations are the bot's.</summary>
    public static MigrationSet Migrations { get; } = new("desk", typeof(DeskServices).Assembly);

    public static IServiceCollection AddDesk(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptionsWithValidateOnStart<DeskOptions, DeskOptionsValidator>().Bind(configuration.GetSection(DeskOptions.Section));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<SignInGuard>();
        services.AddSingleton<Agents>();
        services.AddSingleton<ConversationDesk>();
        services.AddSingleton<ConversationQueue>();
        services.AddSingleton<ConversationLog>();
        services.AddSingleton<Drafts>();
        services.AddSingleton<Troubles>();
        services.AddSingleton<SignIns>();
        services.AddSingleton(Migrations);

        services.AddDataProtection().SetApplicationName("smartservice");
        services.AddOptions<KeyManagementOptions>().Configure<IDatabase>((keys, database) => keys.XmlRepository = new StoredKeys(database));

        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(ConfigureCookie);
        services.AddOptions<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme)
            .Configure<IOptions<DeskOptions>>((cookie, desk) => cookie.ExpireTimeSpan = TimeSpan.FromHours(desk.Value.SessionHours));
        services.AddAuthorizationBuilder().AddPolicy(
            Policy, policy => policy.AddAuthenticationSchemes(CookieAuthenticationDefaults.AuthenticationScheme).RequireAuthenticatedUser());
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "smartservice.form";
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, AgentRevalidation>();

        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomCenter;
            mud.SnackbarConfiguration.VisibleStateDuration = 4000;
            mud.SnackbarConfiguration.PreventDuplicates = true;
        });
        services.AddTransient<MudLocalizer, DeskMudLocalizer>();
        services.AddLocalizationInterceptor(provider => new DefaultLocalizationInterceptor(
            provider.GetRequiredService<ILoggerFactory>(), provider.GetService<MudLocalizer>()) { IgnoreDefaultEnglish = true });
        services.AddScoped<DeskScript>();

        // Packages bring their files uncompressed (MudBlazor's CSS has 627 KB); only public static files are compressed on the way.
        services.AddResponseCompression(compression =>
        {
            compression.EnableForHttps = true;
            compression.MimeTypes = ["text/css", "text/javascript", "application/javascript", "image/svg+xml"];
            compression.Providers.Add<BrotliCompressionProvider>();
            compression.Providers.Add<GzipCompressionProvider>();
        });
        return services;
    }

    /// <summary>
    /// Maps <c>/desk</c>, its sign-in, and the static files of the whole application. The host calls <c>UseStaticWebAssets()</c> on
    /// its web host builder, and does not map static assets itself.
    /// </summary>
    public static WebApplication MapDesk(this WebApplication app)
    {
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/_content", StringComparison.Ordinal), files => files.UseResponseCompression());
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/desk", StringComparison.Ordinal), desk => desk.Use(AddHeadersAsync));
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapStaticAssets().AllowAnonymous();
        app.MapSignIn();
        app.MapRazorComponents<DeskDocument>()
            .AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = null)
            .WithStaticAssets()
            .RequireAuthorization(Policy);
        return app;
    }

    private static Task AddHeadersAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        return next(context);
    }

    private static void ConfigureCookie(CookieAuthenticationOptions cookie)
    {
        cookie.Cookie.Name = "smartservice.desk";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        // Behind a proxy the request is what X-Forwarded-Proto says: https gives a Secure cookie, and plain http on a developer's machine works.
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.LoginPath = "/desk/login";
        cookie.AccessDeniedPath = "/desk/login";
        cookie.ReturnUrlParameter = "returnUrl";
        cookie.SlidingExpiration = false;
        cookie.Events.OnRedirectToLogin = context =>
        {
            // The circuit's own requests want a status, a person wants the page.
            if (context.Request.Path.StartsWithSegments("/desk", StringComparison.Ordinal))
            {
                // Without the host: whoever calls may write any name into that header.
                context.Response.Redirect(new Uri(context.RedirectUri).PathAndQuery);
            }
            else
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            }

            return Task.CompletedTask;
        };
        cookie.Events.OnValidatePrincipal = async context =>
        {
            var signIns = context.HttpContext.RequestServices.GetRequiredService<SignIns>();
            if (context.Principal is null || !await signIns.StillHoldsAsync(context.Principal, context.HttpContext.RequestAborted))
            {
                context.RejectPrincipal();
            }
        };
    }
}
