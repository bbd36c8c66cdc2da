using System.Collections.Concurrent;
using System.Threading.Channels;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartService.Channels.WeChat.Callbacks;

namespace SmartService.StandIn.Tests.Bells;

/// <summary>One bell as it came in.</summary>
internal sealed record Received(IQueryCollection Query, string Body)
{
    public string Encrypt => XDocument.Parse(Body).Root!.Element("Encrypt")!.Value;

    /// <summary>Checks the signature, decrypts, and returns the XML inside.</summary>
    public XElement Open(StandInOptions options)
    {
        var crypto = new CallbackCrypto(new CallbackKeys(options.Token, options.EncodingAesKey, options.CorpId));
        Assert.Equal(crypto.Sign(Query["timestamp"]!, Query["nonce"]!, Encrypt), Query["msg_signature"]);
        var result = crypto.Decrypt(new CallbackQuery(Query["msg_signature"], Query["timestamp"], Query["nonce"]), Encrypt);
        Assert.True(result.Ok);
        return XDocument.Parse(System.Text.Encoding.UTF8.GetString(result.Message)).Root!;
    }
}

/// <summary>A server of ours, as far as the platform can see it: answers callbacks with what the test says.</summary>
internal sealed class CallbackReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();

    private CallbackReceiver(WebApplication app) => _app = app;

    /// <summary>What the next answers are; 200 when empty, 0 = no answer until the caller hangs up.</summary>
    public ConcurrentQueue<int> Answers { get; } = new();

    public Uri Url { get; private set; } = new("http://127.0.0.1/");

    public static async Task<CallbackReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new CallbackReceiver(app);
        app.MapPost("/wechat/kf", receiver.ReceiveAsync);
        await app.StartAsync();
        receiver.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/wechat/kf");
        return receiver;
    }

    /// <summary>The next bell; fails the test when none comes.</summary>
    public async Task<Received> NextAsync() => await _received.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public bool HasMore => _received.Reader.TryPeek(out _);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var received = new Received(http.Request.Query, await reader.ReadToEndAsync());
        var answer = Answers.TryDequeue(out var code) ? code : 200;
        _received.Writer.TryWrite(received);
        if (answer == 0)
        {
            try
            {
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }

        http.Response.StatusCode = answer;
    }
}
