using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SmartService.Channels.WeChat.Callbacks;
using SmartService.Messages;

namespace SmartService.Channels.WeChat.Tests;

/// <summary>The endpoint on Kestrel, and WeCom's side of the callback.</summary>
internal sealed class CallbackHost : IAsyncDisposable
{
    public const string Bell = "<xml><ToUserName><![CDATA[ww0123456789abcdef]]></ToUserName><CreateTime>1790000000</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[ENC1]]></Token><OpenKfId><![CDATA[wk1]]></OpenKfId></xml>";

    private readonly WebApplication _app;

    private CallbackHost(WebApplication app, BellInbox inbox, LogLines log, FakeTimeProvider time)
    {
        (_app, Inbox, Log, Time) = (app, inbox, log, time);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public static CallbackCrypto Crypto { get; } = new(new CallbackKeys(FakeWeCom.Token, FakeWeCom.Key, FakeWeCom.Corp));

    public HttpClient Client { get; }

    public RefusalBudget Budget => _app.Services.GetRequiredService<RefusalBudget>();

    public BellInbox Inbox { get; }

    public LogLines Log { get; }

    public FakeTimeProvider Time { get; }

    public static async Task<CallbackHost> StartAsync(Dictionary<string, string?>? more = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(more ?? [])
        {
            ["WeChat:CorpId"] = FakeWeCom.Corp,
            ["WeChat:Kf:Secret"] = FakeWeCom.Secret,
            ["WeChat:Kf:Token"] = FakeWeCom.Token,
            ["WeChat:Kf:EncodingAesKey"] = FakeWeCom.Key,
        });
        var (inbox, log, time) = (new BellInbox(), new LogLines(), new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1790000000)));
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(log.Provider()).AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton<IInbox>(inbox);
        builder.Services.AddWeChat(builder.Configuration);
        var app = builder.Build();
        app.MapWeChat();
        await app.StartAsync();
        return new CallbackHost(app, inbox, log, time);
    }

    public static string Query(string encrypt, long timestamp = 1790000000, string nonce = "n1", CallbackCrypto? crypto = null) =>
        FormattableString.Invariant($"/wechat/kf?msg_signature={(crypto ?? Crypto).Sign(timestamp.ToString(System.Globalization.CultureInfo.InvariantCulture), nonce, encrypt)}&timestamp={timestamp}&nonce={nonce}");

    public async Task<HttpResponseMessage> PostAsync(string message, long timestamp = 1790000000, CallbackCrypto? crypto = null)
    {
        var encrypt = (crypto ?? Crypto).Encrypt(Encoding.UTF8.GetBytes(message));
        using var content = new StringContent(XmlEnvelope.WriteCallback(FakeWeCom.Corp, "", encrypt), Encoding.UTF8, "text/xml");
        return await Client.PostAsync(Query(encrypt, timestamp, crypto: crypto), content);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}

/// <summary>Notes bells, or fails as told.</summary>
internal sealed class BellInbox : IInbox
{
    public List<(string Channel, string? Account, string? Token)> Bells { get; } = [];

    public Func<CancellationToken, Task>? Failing { get; set; }

    public async Task RingAsync(string channel, string? account, string? bellToken, CancellationToken cancellationToken = default)
    {
        if (Failing is { } failing)
        {
            await failing(cancellationToken);
        }

        lock (Bells)
        {
            Bells.Add((channel, account, bellToken));
        }
    }

    public Task<int> AcceptAsync(IReadOnlyList<InboundMessage> messages, CancellationToken cancellationToken = default) => Task.FromResult(messages.Count);
}
