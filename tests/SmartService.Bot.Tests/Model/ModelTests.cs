using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Bot.Model;
using SmartService.Testing;

namespace SmartService.Bot.Tests.Model;

/// <summary>Against a server on a loopback port that speaks /v1/chat/completions.</summary>
public sealed class ModelTests
{
    private const string Rule = "人为破损不在免费维修范围内，可付费维修，每处80元。";

    [Fact]
    public async Task The_answer_comes_from_the_endpoint_streamed()
    {
        await using var server = await Stub.StartAsync(StreamAsync("人为破损", "不能免费维修。", "每处80元。"));
        await using var conversation = Conversation(server);

        Assert.Equal("人为破损不能免费维修。每处80元。\n（来源：《质保与维修》）", await conversation.SayAsync("沙发抓破了免费修吗"));
        var request = Assert.Single(server.Requests);
        Assert.Contains("\"stream\":true", request.Body.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("\"model\":\"tiny\"", request.Body.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal("Bearer secret-key", request.Authorization);
        Assert.Equal("/v1/chat/completions", request.Path);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_and_only_as_often_as_set()
    {
        var calls = 0;
        await using var server = await Stub.StartAsync(context =>
        {
            if (Interlocked.Increment(ref calls) > 1)
            {
                return StreamAsync("人为破损不能免费维修。")(context);
            }

            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "0";
            return Task.CompletedTask;
        });
        await using var conversation = Conversation(server);

        Assert.StartsWith("人为破损不能免费维修。", await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_stays_broken_is_given_up_after_the_set_number_of_tries()
    {
        await using var server = await Stub.StartAsync(context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await using var conversation = Conversation(server, retries: 1);

        Assert.StartsWith(Rule, await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_refused_key_is_not_tried_again()
    {
        await using var server = await Stub.StartAsync(context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        });
        await using var conversation = Conversation(server);

        Assert.StartsWith(Rule, await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up()
    {
        await using var server = await Stub.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        await using var conversation = Conversation(server, retries: 0, timeout: "0.3");

        Assert.StartsWith(Rule, await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data: {broken\n\n")]
    [InlineData("data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"tiny\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"人为破损不能免费维修。\"},\"finish_reason\":null}]}\n\n")]
    [InlineData("<html>proxy error</html>")]
    [InlineData("")]
    public async Task Broken_json_and_a_cut_stream_end_in_the_quote(string body)
    {
        await using var server = await Stub.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(body);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        await using var conversation = Conversation(server, retries: 0);

        Assert.StartsWith(Rule, await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense", "tiny", "Model:Endpoint")]
    [InlineData("ftp://a/v1", "tiny", "Model:Endpoint")]
    [InlineData("http://user:pass@a/v1", "tiny", "Model:Endpoint")]
    [InlineData("http://127.0.0.1:1/v1", "", "Model:Name")]
    [InlineData("http://models.example/v1", "tiny", "Model:AllowHttp")]
    public void A_wrong_setting_stops_the_start_with_its_name(string endpoint, string name, string setting)
    {
        using var services = Services(new Dictionary<string, string?> { ["Model:Endpoint"] = endpoint, ["Model:Name"] = name });

        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<ModelOptions>>().Value);
        Assert.Contains(setting, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pass@", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://models.example/v1", "false")]
    [InlineData("http://127.0.0.1:8000/v1", "false")]
    [InlineData("http://localhost:8000", "false")]
    [InlineData("http://vllm:8000/v1", "true")]
    public void An_endpoint_over_tls_on_this_machine_or_in_a_private_network_is_fine(string endpoint, string allow)
    {
        using var services = Services(new Dictionary<string, string?> { ["Model:Endpoint"] = endpoint, ["Model:Name"] = "tiny", ["Model:AllowHttp"] = allow });
        Assert.Equal(endpoint, services.GetRequiredService<IOptions<ModelOptions>>().Value.Endpoint);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_no_cookie_is_kept()
    {
        await using var server = await Stub.StartAsync(context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        });
        await using var conversation = Conversation(server, retries: 0);

        Assert.StartsWith(Rule, await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);
        Assert.Equal("/v1/chat/completions", Assert.Single(server.Requests).Path);
    }

    [Fact]
    public void Without_an_endpoint_there_is_no_model_whatever_else_is_set()
    {
        using var services = Services(new Dictionary<string, string?> { ["Model:Path"] = "/models/a.gguf", ["Model:GpuLayers"] = "-1" });
        Assert.Null(services.GetService<IChatClient>());
        Assert.NotNull(services.GetRequiredService<IOptions<ModelOptions>>().Value);
    }

    [Theory]
    [InlineData("Answers:ModelSeconds", "0")]
    [InlineData("Handoff:DeclinesBeforeHandoff", "0")]
    [InlineData("Tools:TimeoutSeconds", "1000")]
    [InlineData("Tools:MaxResultBytes", "1")]
    [InlineData("Answers:MaxTokens", "1")]
    [InlineData("Answers:Passages", "0")]
    [InlineData("Model:Retries", "9")]
    [InlineData("Attempts:Limit", "0")]
    public void Settings_out_of_range_stop_the_start(string setting, string value)
    {
        using var services = Services(new Dictionary<string, string?> { [setting] = value });
        var error = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains(setting + " must", error.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Services(Dictionary<string, string?> settings) => TestBot.Services(settings: settings).BuildServiceProvider();

    private static RecordingConversation Conversation(Stub server, int retries = 2, string timeout = "5") => TestBot.Conversation(
        new FakeRetriever().WhenPassage("破", "《质保与维修》", Rule),
        services => services.AddSingleton(TimeProvider.System),
        settings: new Dictionary<string, string?>
        {
            ["Model:Endpoint"] = server.Url,
            ["Model:Name"] = "tiny",
            ["Model:ApiKey"] = "secret-key",
            ["Model:Retries"] = retries.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Model:TimeoutSeconds"] = timeout,
        });

    private static RequestDelegate StreamAsync(params string[] pieces) => async context =>
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var piece in pieces)
        {
            await WriteAsync(context, $$"""{"role":"assistant","content":"{{piece}}"}""", "null");
        }

        await WriteAsync(context, "{}", "\"stop\"");
        await context.Response.WriteAsync("data: [DONE]\n\n");
    };

    private static Task WriteAsync(HttpContext context, string delta, string finish) => context.Response.WriteAsync(
        $$"""data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"tiny","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]}""" + "\n\n");

    private sealed class Stub(WebApplication app) : IAsyncDisposable
    {
        public string Url => app.Urls.First();

        public List<(string Path, string Authorization, string Body)> Requests { get; } = [];

        public static async Task<Stub> StartAsync(RequestDelegate answer)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var stub = new Stub(app);
            app.Run(async context =>
            {
                using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
                var body = await reader.ReadToEndAsync();
                lock (stub.Requests)
                {
                    stub.Requests.Add((context.Request.Path, context.Request.Headers.Authorization.ToString(), body));
                }

                await answer(context);
            });
            await app.StartAsync();
            return stub;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
