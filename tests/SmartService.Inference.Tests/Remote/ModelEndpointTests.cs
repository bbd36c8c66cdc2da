using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Inference.Remote;

namespace SmartService.Inference.Tests.Remote;

/// <summary>Against a server on a loopback port that speaks /v1/chat/completions.</summary>
public sealed class ModelEndpointTests
{
    [Fact]
    public async Task The_answer_comes_from_the_endpoint_streamed()
    {
        await using var server = await StubEndpoint.StartAsync(StubEndpoint.Says("人为破损", "不能免费维修。"));
        await using var services = Services(server);

        var answer = await AskAsync(services);

        Assert.Equal(("人为破损不能免费维修。", ChatFinishReason.Stop), (answer.Text, answer.FinishReason));
        var request = Assert.Single(server.Requests);
        Assert.Contains("\"stream\":true", Compact(request.Body), StringComparison.Ordinal);
        Assert.Contains("\"model\":\"tiny\"", Compact(request.Body), StringComparison.Ordinal);
        Assert.Equal("Bearer secret-key", request.Authorization);
        Assert.Equal("/v1/chat/completions", request.Path);
    }

    [Fact]
    public async Task What_is_meant_for_the_local_model_does_not_leave_the_machine()
    {
        await using var server = await StubEndpoint.StartAsync(StubEndpoint.Says("好。"));
        await using var services = Services(server);

        await AskAsync(services, new ChatOptions { Temperature = 0.2f, ConversationId = "kf:wk:wmCustomer", AdditionalProperties = new() { ["conversation"] = "kf:wk:wmCustomer", ["route"] = "first" } });

        var body = Assert.Single(server.Requests).Body;
        Assert.Contains("0.2", body, StringComparison.Ordinal);
        Assert.DoesNotContain("wmCustomer", body, StringComparison.Ordinal);
        Assert.DoesNotContain("route", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_and_only_as_often_as_set()
    {
        var calls = 0;
        await using var server = await StubEndpoint.StartAsync(context =>
        {
            if (Interlocked.Increment(ref calls) > 1)
            {
                return StubEndpoint.Says("好。")(context);
            }

            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "0";
            return Task.CompletedTask;
        });
        await using var services = Services(server);

        Assert.Equal("好。", (await AskAsync(services)).Text);
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData(500, 1, 2)]
    [InlineData(401, 2, 1)]
    [InlineData(307, 0, 1)]
    public async Task What_cannot_be_had_is_given_up_after_the_set_number_of_tries(int status, int retries, int requests)
    {
        await using var server = await StubEndpoint.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        });
        await using var services = Services(server, retries);

        Assert.Equal(status, (await Assert.ThrowsAsync<ModelEndpointException>(() => AskAsync(services))).Status);
        Assert.Equal(requests, server.Requests.Count);
        Assert.All(server.Requests, request => Assert.Equal("/v1/chat/completions", request.Path));
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up()
    {
        await using var server = await StubEndpoint.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        await using var services = Services(server, retries: 0, timeout: "0.3");

        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(services));
    }

    [Theory]
    [InlineData(400, "{\"error\":{\"message\":\"cannot read: MARKER\",\"type\":\"MARKER\"}}")]
    [InlineData(500, "MARKER")]
    [InlineData(200, "data: {\"MARKER\": [}\n\n")]
    [InlineData(0, "MARKER")]
    public async Task What_a_server_echoes_reaches_neither_logs_nor_traces_nor_the_caller(int status, string body)
    {
        await using var server = await StubEndpoint.StartAsync(async context =>
        {
            if (status == 0)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            }

            context.Response.StatusCode = status;
            context.Response.ContentType = status == 200 ? "text/event-stream" : "application/json";
            await context.Response.WriteAsync(body);
        });
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ModelClients.TelemetryName,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var logs = new Logs();
        await using var services = Services(server, retries: 0, timeout: "1", logs);
        using var cancel = new CancellationTokenSource();
        var model = services.GetRequiredService<IChatClient>();
        using var parent = new Activity("test").Start();

        var asked = model.GetStreamingResponseAsync("MARKER", new ChatOptions { ConversationId = "MARKER" }, cancel.Token).ToChatResponseAsync(cancel.Token);
        if (status == 0)
        {
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }
        else
        {
            Assert.DoesNotContain("MARKER", (await Assert.ThrowsAnyAsync<Exception>(() => asked)).ToString(), StringComparison.Ordinal);
        }

        var span = Assert.Single(spans, span => span.TraceId == parent.TraceId);
        Assert.DoesNotContain("MARKER", span.StatusDescription + string.Join(' ', span.TagObjects) + string.Join(' ', span.Events.SelectMany(one => one.Tags)), StringComparison.Ordinal);
        Assert.All(logs.Lines, line => Assert.DoesNotContain("MARKER", line.Text, StringComparison.Ordinal));
        Assert.DoesNotContain(logs.Lines, line => status == 0 && line.Level >= LogLevel.Warning);
    }

    [Theory]
    [InlineData("data: {broken\n\n")]
    [InlineData("data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"tiny\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"人为破损不能免费维修。\"},\"finish_reason\":null}]}\n\n")]
    [InlineData("<html>proxy error</html>")]
    [InlineData("")]
    public async Task Broken_json_and_a_cut_stream_never_look_like_a_whole_answer(string body)
    {
        await using var server = await StubEndpoint.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(body);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        await using var services = Services(server, retries: 0);

        ChatFinishReason? finish = null;
        try
        {
            finish = (await AskAsync(services)).FinishReason;
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            // An exception says it as well.
        }

        Assert.Null(finish);
    }

    [Theory]
    [InlineData("nonsense", "tiny", "Model:Endpoint")]
    [InlineData("ftp://a/v1", "tiny", "Model:Endpoint")]
    [InlineData("http://user:pass@a/v1", "tiny", "Model:Endpoint")]
    [InlineData("http://127.0.0.1:1/v1", "", "Model:Name")]
    [InlineData("http://models.example/v1", "tiny", "Model:AllowHttp")]
    public void A_wrong_setting_stops_the_start_with_its_name(string endpoint, string name, string setting)
    {
        using var services = Services(new Dictionary<string, string?> { ["Endpoint"] = endpoint, ["Name"] = name });

        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<ModelEndpointOptions>>().Value);
        Assert.Contains(setting, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pass@", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Retries", "9")]
    [InlineData("TimeoutSeconds", "0")]
    [InlineData("FirstTokenSeconds", "0")]
    [InlineData("BreakSeconds", "0")]
    public void A_number_out_of_range_stops_the_start(string setting, string value)
    {
        using var services = Services(new Dictionary<string, string?> { [setting] = value, ["Endpoint"] = "http://127.0.0.1:1/v1", ["Name"] = "tiny" });

        var error = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains($"Model:{setting} must", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://models.example/v1", "false")]
    [InlineData("http://127.0.0.1:8000/v1", "false")]
    [InlineData("http://localhost:8000", "false")]
    [InlineData("http://vllm:8000/v1", "true")]
    public void An_endpoint_over_tls_on_this_machine_or_in_a_private_network_is_fine(string endpoint, string allow)
    {
        using var services = Services(new Dictionary<string, string?> { ["Endpoint"] = endpoint, ["Name"] = "tiny", ["AllowHttp"] = allow });
        Assert.Equal(endpoint, services.GetRequiredService<IOptions<ModelEndpointOptions>>().Value.Endpoint);
    }

    [Fact]
    public void Without_an_endpoint_there_is_no_client()
    {
        using var services = Services([]);
        Assert.Null(services.GetService<IChatClient>());
        Assert.NotNull(services.GetRequiredService<IOptions<ModelEndpointOptions>>().Value);
    }

    private static Task<ChatResponse> AskAsync(ServiceProvider services, ChatOptions? options = null) =>
        services.GetRequiredService<IChatClient>().GetStreamingResponseAsync("抓破了免费修吗", options, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken);

    private static string Compact(string json) => json.Replace(" ", "", StringComparison.Ordinal);

    private static ServiceProvider Services(StubEndpoint server, int retries = 2, string timeout = "5", Logs? logs = null) => Services(new Dictionary<string, string?>
    {
        ["Endpoint"] = server.Url,
        ["Name"] = "tiny",
        ["ApiKey"] = "secret-key",
        ["Retries"] = retries.ToString(CultureInfo.InvariantCulture),
        ["TimeoutSeconds"] = timeout,
    }, logs);

    private static ServiceProvider Services(Dictionary<string, string?> settings, Logs? logs = null) => new ServiceCollection()
        .AddLogging(logging => { if (logs is not null) { logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace); } })
        .AddModelEndpoint(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).BuildServiceProvider();

    private sealed class Logs : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<(LogLevel Level, string Text)> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue((logLevel, formatter(state, exception) + exception));

        public void Dispose()
        {
        }
    }
}
