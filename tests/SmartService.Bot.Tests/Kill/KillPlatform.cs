using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SmartService.Bot.Tests.Kill;

/// <summary>The platform of the kill rig, in the parent process: it outlives the servers and keeps the ledger.</summary>
internal sealed class KillPlatform : IAsyncDisposable
{
    private const int PageSize = 100;

    private readonly Lock _gate = new();
    private readonly List<PlatformMessage> _messages = [];
    private readonly ConcurrentDictionary<string, byte> _ids = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _delivered = new(StringComparer.Ordinal);
    private readonly WebApplication _app;
    private int _repeats;
    private int _sent;
    private int _pulls;

    private KillPlatform(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    /// <summary>Sends under an id that was taken before: what a kill between call and record looks like.</summary>
    public int Repeats => Volatile.Read(ref _repeats);

    public int Sent => Volatile.Read(ref _sent);

    public int Pulls => Volatile.Read(ref _pulls);

    public static async Task<KillPlatform> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var platform = new KillPlatform(app);
        app.MapPost("/sync", platform.Sync);
        app.MapPost("/send", platform.Send);
        await app.StartAsync();
        return platform;
    }

    public void Write(string customer, int number)
    {
        lock (_gate)
        {
            _messages.Add(new PlatformMessage($"{customer}-{number}", customer, number.ToString(CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        }
    }

    /// <summary>The numbers that a customer's replies speak of, in order of delivery.</summary>
    public IReadOnlyList<string> AnsweredTo(string customer) =>
        _delivered.TryGetValue(customer, out var texts) ? [.. texts.SelectMany(text => text.Split('|'))] : [];

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private PlatformPage Sync(PlatformPull pull)
    {
        Interlocked.Increment(ref _pulls);
        lock (_gate)
        {
            var from = pull.Cursor.Length == 0 ? 0 : int.Parse(pull.Cursor, CultureInfo.InvariantCulture);
            var page = _messages.Skip(from).Take(PageSize).ToList();
            return new PlatformPage(page, (from + page.Count).ToString(CultureInfo.InvariantCulture), from + page.Count < _messages.Count);
        }
    }

    private IResult Send(PlatformSend send)
    {
        if (!_ids.TryAdd(send.Id, 0))
        {
            Interlocked.Increment(ref _repeats);
            return Results.Conflict();
        }

        _delivered.GetOrAdd(send.Customer, _ => new ConcurrentQueue<string>()).Enqueue(send.Text);
        Interlocked.Increment(ref _sent);
        return Results.Ok();
    }
}

internal sealed record PlatformMessage(string Id, string Customer, string Text, long SentAt);

internal sealed record PlatformPull(string Cursor);

internal sealed record PlatformPage(IReadOnlyList<PlatformMessage> Messages, string Next, bool More);

internal sealed record PlatformSend(string Id, string Customer, string Text);
