using System.Net.Http.Json;
using System.Text.Json;
using SmartService.Server.Demo;
using SmartService.Testing.Stores;

[assembly: AssemblyFixture(typeof(SmartService.Server.Tests.RunningDemo))]

namespace SmartService.Server.Tests;

/// <summary>One demo for all tests of this assembly: the real server, the real stand-in, real HTTP. Every test is a customer of its own.</summary>
public sealed class RunningDemo : IAsyncLifetime
{
    private const string Account = "wkStandInShop000000000000000001";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private DemoServer? _server;
    private HttpClient? _http;

    public DemoServer Server => _server!;

    public HttpClient Http => _http!;

    public string DataFolder { get; } = TempFolder.Create();

    public async ValueTask InitializeAsync()
    {
        _server = await DemoServer.StartAsync(
            port: 0,
            DataFolder,
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["Turns:Debounce"] = "00:00:00.400", ["Turns:DebounceCap"] = "00:00:04", ["Model:UseNewest"] = "false" });
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = _server.Address };
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>The key of a customer's conversation.</summary>
    public static string ConversationOf(string customer) => $"kf:{Account}:{customer}";

    public Task SayAsync(string customer, string text) =>
        PostAsync(customer, new { open_kfid = Account, msgtype = "text", text = new { content = text } });

    public async Task PostAsync(string customer, object message)
    {
        using var answer = await Http.PostAsJsonAsync($"standin/control/customers/{customer}/messages", message, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Waits until the customer has got this many messages, and returns their texts.</summary>
    public async Task<IReadOnlyList<string>> RepliesAsync(string customer, int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var replies = await RepliesNowAsync(customer);
            if (replies.Count >= count)
            {
                return replies;
            }

            await Task.Delay(50, patience.Token);
        }
    }

    public async Task<IReadOnlyList<string>> RepliesNowAsync(string customer)
    {
        using var transcript = JsonDocument.Parse(await Http.GetStringAsync($"standin/control/customers/{customer}/messages?after=0", TestContext.Current.CancellationToken));
        return
        [
            .. from message in transcript.RootElement.GetProperty("messages").EnumerateArray()
               where message.GetProperty("direction").GetString() == "out"
               select TextOf(message.GetProperty("payload")),
        ];
    }

    private static string TextOf(JsonElement payload)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            payload.WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
