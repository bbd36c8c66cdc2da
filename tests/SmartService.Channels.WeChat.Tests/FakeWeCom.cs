using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SmartService.Channels.WeChat.Api;

namespace SmartService.Channels.WeChat.Tests;

/// <summary>Answers calls from a script, path by path; the last answer of a path repeats.</summary>
internal sealed class FakeWeCom
{
    public const string Secret = "kf-secret-value-123";
    public const string Key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    public const string Token = "SmartServiceTok3n";
    public const string Corp = "ww0123456789abcdef";

    private readonly ConcurrentDictionary<string, Queue<Func<CancellationToken, Task<HttpResponseMessage>>>> _script = new();

    public FakeWeCom() => Answer("gettoken", """{"errcode":0,"errmsg":"ok","access_token":"token-1","expires_in":7200}""");

    public List<(string Path, string Query, string Body, string? ContentType)> Calls { get; } = [];

    public IEnumerable<string> Bodies(string api) => Calls.Where(call => call.Path == "/cgi-bin/" + api).Select(call => call.Body);

    public int Count(string api) => Bodies(api).Count();

    public FakeWeCom Answer(string api, params string[] answers)
    {
        _script.TryRemove(api, out _);
        return Then(api, [.. answers.Select<string, Func<CancellationToken, Task<HttpResponseMessage>>>(answer => _ => Task.FromResult(Json(answer)))]);
    }

    public FakeWeCom Then(string api, params Func<CancellationToken, Task<HttpResponseMessage>>[] answers)
    {
        var queue = _script.GetOrAdd(api, _ => new());
        foreach (var answer in answers)
        {
            queue.Enqueue(answer);
        }

        return this;
    }

    // WeCom sometimes says text/plain.
    public static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "text/plain") };

    public ServiceProvider Host(TimeProvider? time = null, Action<IServiceCollection>? more = null)
    {
        var services = new ServiceCollection();
        var settings = new Dictionary<string, string?>
        {
            ["WeChat:ApiBaseUrl"] = "http://127.0.0.1:9",
            ["WeChat:CorpId"] = Corp,
            ["WeChat:Kf:Secret"] = Secret,
            ["WeChat:Kf:Token"] = Token,
            ["WeChat:Kf:EncodingAesKey"] = Key,
        };
        services.AddLogging();
        services.AddSingleton(time ?? new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1790000000)));
        services.AddWeChat(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddHttpClient(WeComHttp.ClientName).ConfigurePrimaryHttpMessageHandler(() => new Handler(this));
        more?.Invoke(services);
        return services.BuildServiceProvider();
    }

    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        Func<CancellationToken, Task<HttpResponseMessage>> next;
        lock (Calls)
        {
            Calls.Add((request.RequestUri!.AbsolutePath, request.RequestUri.Query, body, request.Content?.Headers.ContentType?.ToString()));
            var queue = _script[request.RequestUri.AbsolutePath["/cgi-bin/".Length..]];
            next = queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        }

        return await next(cancellationToken);
    }

    private sealed class Handler(FakeWeCom weCom) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            weCom.AnswerAsync(request, cancellationToken);
    }
}

/// <summary>Keeps every formatted log line.</summary>
internal sealed class LogLines : ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> All => [.. _lines];

    public ILoggerProvider Provider() => new ProviderOf(this);

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

    private sealed class ProviderOf(LogLines lines) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => lines;

        public void Dispose()
        {
        }
    }
}
