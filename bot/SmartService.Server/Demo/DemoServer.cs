using System.Security.Cryptography;
using SmartService.Bot.Desk;
using SmartService.Data;
using SmartService.Knowledge;
using SmartService.Plugins.Orders;
using SmartService.Server.Hosting;
using SmartService.StandIn;

namespace SmartService.Server.Demo;

/// <summary>
/// The product against a WeCom of its own, in one process. Nothing is shortened: the stand-in calls the encrypted callback
/// over HTTP, and the bot pulls and sends over HTTP.
/// </summary>
public sealed class DemoServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private DemoServer(WebApplication app, Uri address, string password) => (_app, Address, Password) = (app, address, password);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Name of the one person who may sign in at the desk.</summary>
    public string AgentName => "demo";

    /// <summary>That person's password, new for every start.</summary>
    public string Password { get; }

    /// <summary>The server's parts, for tests.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts everything and returns when it can be used.</summary>
    /// <param name="port">Port on 127.0.0.1; 0 takes a free one, null the default.</param>
    /// <param name="data">Folder for the data; null takes a fresh one.</param>
    /// <param name="settings">Settings on top, for tests.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<DemoServer> StartAsync(int? port, string? data, IReadOnlyDictionary<string, string?>? settings = null, CancellationToken cancellationToken = default)
    {
        var address = new Uri($"http://127.0.0.1:{port switch { null => 5080, 0 => FreePort.Next(), _ => port }}");
        var standIn = DemoSettings.StandIn();
        standIn.CallbackUrl = new Uri(address, "/wechat/kf");
        var password = RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 10);

        var builder = SmartServiceHost.CreateBuilder(SettingsOf(standIn, address, data, settings));
        builder.WebHost.UseUrls(address.ToString());
        builder.AddServer();
        builder.Services.AddStandIn(standIn);
        var app = builder.Build();
        try
        {
            app.Services.ValidateSettings();
            app.MapServer();
            app.MapStandIn(DemoSettings.StandInPath);
            app.MapSandbox("/sandbox");
            app.MapSampleOrders(DemoSettings.OrdersPath, Path.Combine(SampleShop.Folder, "orders.json"), recent: true);
            await app.StartAsync(cancellationToken);
            await SampleShop.ImportAsync(app.Services.GetRequiredService<KnowledgeBase>(), cancellationToken);
            var server = new DemoServer(app, address, password);
            await app.Services.GetRequiredService<Agents>().EnsureAsync(server.AgentName, "演示客服", password, cancellationToken);
            var warmUp = app.Services.GetRequiredService<WarmUp>();
            await warmUp.Ready.WaitAsync(cancellationToken);
            await ModelWarmUp.WaitAsync(warmUp.Finished, Console.Error, TimeProvider.System, cancellationToken);
            return server;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns after Ctrl+C, or when the token is cancelled.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static Dictionary<string, string?> SettingsOf(StandInOptions standIn, Uri address, string? data, IReadOnlyDictionary<string, string?>? extra)
    {
        var settings = new Dictionary<string, string?>(DemoSettings.WeChat(standIn, address), StringComparer.Ordinal)
        {
            ["Data:Directory"] = data ?? FreshFolder(),
            ["Data:Postgres"] = "",
            ["Orders:BaseUrl"] = new Uri(address, DemoSettings.OrdersPath).ToString(),
            ["Orders:NumberPrefix"] = "MY",
            ["Answers:Shop"] = "木屿家居",
            ["Logging:LogLevel:Default"] = "Warning",
        };
        foreach (var (name, value) in extra ?? new Dictionary<string, string?>(StringComparer.Ordinal))
        {
            settings[name] = value;
        }

        return settings;
    }

    private static string FreshFolder() => Path.Combine(
        new DataOptions().Directory,
        "demo",
        $"{TimeProvider.System.GetLocalNow().ToString("yyyyMMdd-HHmmss", System.Globalization.CultureInfo.InvariantCulture)}-{Environment.ProcessId}");
}
