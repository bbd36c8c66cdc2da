using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SmartService.Evals.Rig;

namespace SmartService.Evals.Tests.Rig;

/// <summary>Speaks the stand-in's control protocol and answers as the test says.</summary>
internal sealed class PlatformDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<string> _ledger = [];
    private readonly List<(string Customer, string Text)> _written = [];
    private readonly Lock _gate = new();

    private PlatformDouble(WebApplication app) => _app = app;

    /// <summary>Whether the bot answers a text.</summary>
    public Func<string, bool> Answers { get; set; } = _ => true;

    public StandInControl Control { get; private set; } = null!;

    public IReadOnlyList<(string Customer, string Text)> Written
    {
        get
        {
            lock (_gate)
            {
                return [.. _written];
            }
        }
    }

    public static async Task<PlatformDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var platform = new PlatformDouble(app);
        app.MapPost("/standin/control/messages", platform.AcceptAsync);
        app.MapGet("/standin/control/ledger", platform.LedgerAsync);
        app.MapGet("/standin/control/report", http => http.Response.WriteAsync(
            """{"customer_messages":3,"sends":2,"illegal_sends":1,"illegal_sends_by_code":{"95001":1},"duplicate_msgids":4,"callbacks":{"attempts":9,"acknowledged":8,"failures":1,"given_up":0,"p50_ms":1.5,"p99_ms":7,"max_ms":9},"replies":{"count":2}}"""));
        await app.StartAsync();
        platform.Control = new StandInControl(new Uri(new Uri(app.Urls.Single()), "standin/control/"));
        return platform;
    }

    public async ValueTask DisposeAsync()
    {
        Control.Dispose();
        await _app.DisposeAsync();
    }

    private async Task AcceptAsync(HttpContext http)
    {
        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        var message = body.RootElement.EnumerateArray().Single();
        var (customer, text) = (message.GetProperty("external_userid").GetString()!, message.GetProperty("text").GetProperty("content").GetString()!);
        string id;
        lock (_gate)
        {
            id = "m" + _written.Count.ToString(CultureInfo.InvariantCulture);
            _written.Add((customer, text));
            Enter("customer_message", id, customer);
            if (Answers(text))
            {
                Enter("send", "r-" + id, customer);
            }
        }

        await http.Response.WriteAsync($$"""{"accepted":1,"msgids":["{{id}}"]}""");
    }

    private Task LedgerAsync(HttpContext http)
    {
        lock (_gate)
        {
            return http.Response.WriteAsync(string.Join('\n', _ledger));
        }
    }

    private void Enter(string kind, string id, string customer) => _ledger.Add(
        $$$"""{"n":{{{_ledger.Count + 1}}},"kind":"{{{kind}}}","msgid":"{{{id}}}","open_kfid":"wk","external_userid":"{{{customer}}}","msgtype":"text","text":{},"time":"2026-11-25T03:00:00Z","mono_ms":1}""");
}
