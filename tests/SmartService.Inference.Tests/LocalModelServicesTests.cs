using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Inference.Hosting;
using SmartService.Inference.Remote;
using SmartService.Inference.Reranking;
using SmartService.Inference.Tests.Remote;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests;

public sealed class LocalModelServicesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("models").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Nothing_set_and_an_empty_folder_means_no_model_at_all()
    {
        using var services = Services([]);

        Assert.Null(services.GetService<IChatClient>());
        Assert.Null(services.GetService<IModelHost>());
        Assert.Null(services.GetService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Null(services.GetService<IReranker>());
        Assert.Empty(services.GetServices<IHostedService>());
    }

    [Fact]
    public async Task A_path_is_enough_to_chat()
    {
        var host = new StubModelHost();
        using var services = Services(new() { ["Path"] = "a.gguf" }, host);

        Assert.Equal("本机", await AskAsync(services));
        Assert.Equal("kf:wk", host.Request!.Tenant);
        Assert.Equal("c1", host.Request.Conversation);
    }

    [Fact]
    public async Task Vectors_and_scores_come_from_the_same_host_and_need_no_chat_model()
    {
        using var services = Services(new() { ["EmbeddingPath"] = "e.gguf", ["RerankerPath"] = "r.gguf" }, new StubModelHost());

        Assert.Null(services.GetService<IChatClient>());
        Assert.Equal(2, (await services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GenerateVectorAsync("退货", cancellationToken: TestContext.Current.CancellationToken)).Length);
        Assert.Equal([1f, 2f], await services.GetRequiredService<IReranker>().ScoreAsync("退货", ["好", "不好"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_newest_model_of_the_folder_is_taken_unless_that_is_switched_off()
    {
        var path = Path.Combine(_folder, "tiny.gguf");
        File.Copy(TinyModel.Chat, path);

        using (var services = Services([], new StubModelHost()))
        {
            Assert.NotNull(services.GetService<IChatClient>());
            Assert.Equal(path, services.GetRequiredService<IOptions<LocalModelOptions>>().Value.Path);
        }

        using var without = Services(new() { ["UseNewest"] = "false" }, new StubModelHost());
        Assert.Null(without.GetService<IChatClient>());
    }

    [Theory]
    [InlineData(null, "本机")]
    [InlineData("Local", "本机")]
    [InlineData("Endpoint", "远处")]
    public async Task With_an_endpoint_beside_it_the_preferred_one_answers(string? prefer, string answer)
    {
        await using var server = await StubEndpoint.StartAsync(StubEndpoint.Says("远处"));
        using var services = Services(Both(server, prefer), new StubModelHost());

        Assert.IsType<ModelFailoverClient>(services.GetRequiredService<IChatClient>());
        Assert.Equal(answer, await AskAsync(services));
    }

    [Fact]
    public async Task A_local_model_that_could_not_be_loaded_leaves_the_answer_to_the_endpoint()
    {
        await using var server = await StubEndpoint.StartAsync(StubEndpoint.Says("远处"));
        using var services = Services(Both(server, null), new StubModelHost("libgomp.so.1 is missing."));

        Assert.Equal("远处", await AskAsync(services));
    }

    [Theory]
    [InlineData("GpuLayers", "-2")]
    [InlineData("Parallel", "0")]
    [InlineData("CacheMegabytes", "1")]
    public void A_number_out_of_range_stops_the_start_with_its_name(string setting, string value)
    {
        using var services = Services(new() { [setting] = value });

        var error = Assert.ThrowsAny<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains(setting, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_is_one_warning_and_not_the_end_of_the_program()
    {
        var log = new List<string>();
        using var services = Services(new() { ["Path"] = "a.gguf" }, new StubModelHost("libgomp.so.1 is missing."), log);
        var start = Assert.IsType<LocalModelStart>(Assert.Single(services.GetServices<IHostedService>()));

        await start.StartAsync(TestContext.Current.CancellationToken);
        await start.ExecuteTask!;

        Assert.Contains("libgomp.so.1 is missing.", Assert.Single(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_nobody_knows_how_to_speak_to_is_a_problem_of_the_start()
    {
        var log = new List<string>();
        using var services = Services(new() { ["Path"] = "a.gguf" }, new StubModelHost { Template = "{{ messages }}" }, log);
        var start = services.GetServices<IHostedService>().OfType<LocalModelStart>().Single();

        await start.StartAsync(TestContext.Current.CancellationToken);
        await start.ExecuteTask!;

        Assert.Contains("Model:Chat:Family", Assert.Single(log), StringComparison.Ordinal);
        var status = services.GetRequiredService<IModelHost>().Status;
        Assert.False(status.IsReady);
        Assert.Contains("Model:Chat:Family", status.Problem, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => AskAsync(services));

        using var told = Services(new() { ["Path"] = "a.gguf", ["Chat:Family"] = "ChatML", ["Chat:MaxOutputTokens"] = "77" }, new StubModelHost { Template = "{{ messages }}" });
        Assert.Equal("本机", await AskAsync(told));
        Assert.Equal(77, ((StubModelHost)((CheckedModelHost)told.GetRequiredService<IModelHost>()).Inner).Request!.MaxTokens);
    }

    [Fact]
    public void A_number_below_Chat_out_of_range_stops_the_start_with_its_name()
    {
        using var services = Services(new() { ["Chat:MaxOutputTokens"] = "0" });

        var error = Assert.ThrowsAny<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains("Model:Chat:MaxOutputTokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hosts_state_is_in_the_metrics()
    {
        var host = new StubModelHost { Status = new ModelHostStatus { IsReady = true, Waiting = 41, Cells = 4096, EstimatedWait = TimeSpan.FromSeconds(7.5), Counters = new ModelHostCounters { ReusedTokens = 1234, Saturated = 5 } } };
        using var services = Services(new() { ["Path"] = "a.gguf" }, host);
        var start = services.GetServices<IHostedService>().OfType<LocalModelStart>().Single();
        await start.StartAsync(TestContext.Current.CancellationToken);
        await start.ExecuteTask!;

        var seen = new HashSet<(string, double)>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => { if (instrument.Meter.Name == ModelClients.TelemetryName) { self.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen.Add((instrument.Name, value)));
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen.Add((instrument.Name, value)));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => seen.Add((instrument.Name, value)));
        listener.Start();
        listener.RecordObservableInstruments();

        Assert.Contains(("smartservice.model.ready", 1d), seen);
        Assert.Contains(("smartservice.model.waiting", 41d), seen);
        Assert.Contains(("smartservice.model.cells", 4096d), seen);
        Assert.Contains(("smartservice.model.expected_wait", 7.5), seen);
        Assert.Contains(("smartservice.model.cache.reused", 1234d), seen);
        Assert.Contains(("smartservice.model.saturated", 5d), seen);
    }

    private static async Task<string> AskAsync(ServiceProvider services)
    {
        var options = new ChatOptions { AdditionalProperties = new() { ["tenant"] = "kf:wk", ["conversation"] = "c1", ["route"] = "first" } };
        return (await services.GetRequiredService<IChatClient>().GetStreamingResponseAsync("你好", options, TestContext.Current.CancellationToken)
            .ToChatResponseAsync(TestContext.Current.CancellationToken)).Text;
    }

    private static Dictionary<string, string?> Both(StubEndpoint server, string? prefer) =>
        new(StringComparer.Ordinal) { ["Path"] = "a.gguf", ["Endpoint"] = server.Url, ["Name"] = "tiny", ["Prefer"] = prefer, ["Retries"] = "0" };

    private ServiceProvider Services(Dictionary<string, string?> settings, IModelHost? host = null, List<string>? warnings = null)
    {
        settings["Folder"] = _folder;
        var section = new ConfigurationBuilder().AddInMemoryCollection(settings.Where(setting => setting.Value is not null)).Build();
        return new ServiceCollection()
            .AddLogging(logging => { if (warnings is not null) { logging.AddProvider(new Warnings(warnings)); } })
            .AddModelEndpoint(section)
            .AddLocalModel(section, host is null ? null : _ => host)
            .BuildServiceProvider();
    }

    private sealed class Warnings(List<string> into) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                into.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
