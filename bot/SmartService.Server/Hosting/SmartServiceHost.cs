using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using SmartService.Bot;
using SmartService.Channels.WeChat;
using SmartService.Data;
using SmartService.Desk;
using SmartService.Ingest;
using SmartService.Bot.Plugins;
using SmartService.Knowledge;
using SmartService.Plugins.Orders;

namespace SmartService.Server.Hosting;

/// <summary>Builds the one executable's hosts: everything that <c>serve</c> and <c>demo</c> have in common.</summary>
public static class SmartServiceHost
{
    /// <summary>Where the server listens when nothing else is said.</summary>
    public const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>A builder with the settings of this machine: appsettings.json beside the program and in the working folder, environment, then <paramref name="settings"/>.</summary>
    public static WebApplicationBuilder CreateBuilder(IReadOnlyDictionary<string, string?>? settings = null)
    {
        // Server spans carry no HTTP tags on .NET 10 unless this is switched before the host is built.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(SmartServiceHost).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.AddSettings(settings);
        // Without this, a run from the build output in the Production environment lacks the desk's files.
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 32 * 1024 * 1024;
        });
        return builder;
    }

    /// <summary>A builder without a web server, for commands that only use the parts. Standard output stays free for their results.</summary>
    public static HostApplicationBuilder CreateCommandBuilder(IReadOnlyDictionary<string, string?>? settings = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
        {
            ApplicationName = typeof(SmartServiceHost).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.AddSettings(settings);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter(null, LogLevel.Warning);
        return builder;
    }

    private static void AddSettings(this IHostApplicationBuilder builder, IReadOnlyDictionary<string, string?>? settings)
    {
        builder.Configuration.AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true);
        builder.Configuration.AddEnvironmentVariables();
        if (settings is not null)
        {
            builder.Configuration.AddInMemoryCollection(settings);
        }

        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>What answers customers, without any HTTP: also used by <c>ask</c>.</summary>
    public static void AddBot(this IHostApplicationBuilder builder)
    {
        var (services, configuration) = (builder.Services, builder.Configuration);
        services.AddData(configuration);
        services.AddKnowledge(configuration);
        services.AddIngest();
        services.AddTurns(configuration);
        services.AddAnswers(configuration);
        services.AddModels(configuration);
        services.AddPlugin<OrdersPlugin>();
    }

    /// <summary>The whole server.</summary>
    public static void AddServer(this WebApplicationBuilder builder)
    {
        builder.AddBot();
        builder.Services.AddWeChat(builder.Configuration);
        if (WeChatServices.IsKfOn(builder.Configuration))
        {
            builder.Services.AddHostedService<KfAccountDiscovery>();
        }

        builder.Services.AddDesk(builder.Configuration);
        builder.Services.AddOpenApi("v1");
        builder.AddProxy();
        builder.AddObservability();
        builder.AddHealth();
    }

    /// <summary>Maps what both <c>serve</c> and <c>demo</c> offer.</summary>
    public static void MapServer(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseManagement();
        app.MapWeChat();
        app.MapDesk();
        app.MapHealth();
        app.MapObservability();
        app.MapOpenApi().ForOperators();
    }

    /// <summary>Throws for a wrong setting before anything starts, so that a person reads one sentence and not the host's stack.</summary>
    /// <exception cref="OptionsValidationException">A setting is wrong.</exception>
    public static void ValidateSettings(this IServiceProvider services) => services.GetRequiredService<IStartupValidator>().Validate();

    /// <summary>Sets the address from <c>--port</c>, else the setting <c>Urls</c>, else the default.</summary>
    public static void Listen(this WebApplicationBuilder builder, int? port)
    {
        if (port is { } chosen)
        {
            builder.WebHost.UseUrls($"http://127.0.0.1:{chosen}");
        }
        else if (string.IsNullOrWhiteSpace(builder.Configuration["Urls"]))
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }
    }
}
