using System.Text.Json;
using SmartService.Server.Demo;
using SmartService.Testing.Stores;

namespace SmartService.Server.Tests.Hosting;

/// <summary>A model that cannot be loaded costs the model, never the server.</summary>
public sealed class BrokenModelTests
{
    [Fact]
    public async Task The_server_starts_answers_literally_and_says_what_is_wrong_with_the_model()
    {
        var folder = TempFolder.Create();
        var path = Path.Combine(folder, "broken.gguf");
        await File.WriteAllTextAsync(path, "GGUF, but not really", TestContext.Current.CancellationToken);
        await using var server = await DemoServer.StartAsync(
            port: 0,
            folder,
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["Model:Path"] = path },
            TestContext.Current.CancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Address };

        using var ready = JsonDocument.Parse(await http.GetStringAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal("degraded", ready.RootElement.GetProperty("status").GetString());
        var wrong = Assert.Single(ready.RootElement.GetProperty("wrong").EnumerateArray().ToList());
        Assert.Equal("model", wrong.GetProperty("check").GetString());
        Assert.Contains("broken.gguf", wrong.GetProperty("reason").GetString(), StringComparison.Ordinal);
        using var asked = new HttpRequestMessage(HttpMethod.Get, new Uri("/health/ready", UriKind.Relative)) { Headers = { { "X-Forwarded-For", "203.0.113.9" } } };
        using var answer = await http.SendAsync(asked, TestContext.Current.CancellationToken);
        var strangers = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("The local model is not ready.", strangers, StringComparison.Ordinal);
        Assert.DoesNotContain("broken.gguf", strangers, StringComparison.Ordinal);
        Assert.False(ready.RootElement.GetProperty("model").GetProperty("ready").GetBoolean());

        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("smartservice_model_ready", metrics, StringComparison.Ordinal);
    }
}
