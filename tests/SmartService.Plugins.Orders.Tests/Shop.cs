using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SmartService.Bot.Plugins;
using SmartService.Testing;
using SmartService.Testing.Stores;

namespace SmartService.Plugins.Orders.Tests;

/// <summary>The sample back end on a loopback port, counting what arrives, and conversations with a bot that uses it.</summary>
public sealed class Shop : IAsyncDisposable
{
    private const string Orders = """
        [
          {"id":"MY20261120001","phone_tail":"6027","status":"已签收","items":[{"product":"SF001","name":"云朵沙发","quantity":1,"price":2999,"color":"雾灰"}],"total":2999,
           "carrier":"木屿送装","tracking_no":"SZ1","signed_at":"2026-11-22T15:42:00+08:00","returnable_until":"2026-11-29T23:59:59+08:00"},
          {"id":"MY20261018001","phone_tail":"6027","status":"已签收","items":[{"product":"DT001","name":"原野餐桌","quantity":2,"price":1000}],"total":2000,
           "signed_at":"2026-10-24T15:42:00+08:00","returnable_until":"2026-10-31T23:59:59+08:00"},
          {"id":"MY20261123002","phone_tail":"1183","status":"运输中","items":[{"product":"LT002","name":"芦苇落地灯","quantity":1,"price":329}],"total":329,
           "carrier":"木屿送装","tracking_no":"SZ2","expected_at":"2026-11-27","note":"放门口"}
        ]
        """;

    private readonly WebApplication _app;

    private Shop(WebApplication app) => _app = app;

    /// <summary>Address of the back end.</summary>
    public string Url => _app.Urls.First() + "/api";

    /// <summary>Requests so far, method and path.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>When set: answers instead of the back end. Returning false lets the request through.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    public static async Task<Shop> OpenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(new FakeTimeProvider(TestBot.Start));
        var app = builder.Build();
        var shop = new Shop(app);
        app.Use(async (context, next) =>
        {
            lock (shop.Requests)
            {
                shop.Requests.Add($"{context.Request.Method} {context.Request.Path}");
            }

            if (shop.Instead is null || !await shop.Instead(context))
            {
                await next(context);
            }
        });
        var file = Path.Combine(TempFolder.Create(), "orders.json");
        await File.WriteAllTextAsync(file, Orders);
        app.MapSampleOrders("/api", file);
        await app.StartAsync();
        return shop;
    }

    /// <summary>A conversation with a bot that has the plugin.</summary>
    public RecordingConversation Conversation(FakeRetriever? knowledge = null, string? url = null, double timeout = 1) => TestBot.Conversation(
        knowledge,
        services => services.AddPlugin<OrdersPlugin>().AddSingleton(TimeProvider.System).AddSingleton<IConfiguration>(Settings(url ?? Url, timeout)));

    /// <summary>The plugin's services alone.</summary>
    public ServiceProvider Services(double timeout = 1) =>
        TestBot.Services(services => services.AddPlugin<OrdersPlugin>().AddSingleton(TimeProvider.System).AddSingleton<IConfiguration>(Settings(Url, timeout))).BuildServiceProvider();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    public static IConfiguration Settings(string url, double timeout = 1) => new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["Orders:BaseUrl"] = url,
        ["Orders:NumberPrefix"] = "MY",
        ["Orders:TimeoutSeconds"] = timeout.ToString(System.Globalization.CultureInfo.InvariantCulture),
    }).Build();
}
