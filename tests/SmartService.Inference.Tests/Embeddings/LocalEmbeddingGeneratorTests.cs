using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using SmartService.Inference.Embeddings;
using SmartService.Inference.Hosting;
using SmartService.Inference.Reranking;

namespace SmartService.Inference.Tests.Embeddings;

public sealed class LocalEmbeddingGeneratorTests : IAsyncDisposable
{
    private static readonly EmbeddingModelInfo Model = new("e5", "bert", 2, 512);

    private readonly VectorHost _host = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Texts_are_passages_unless_the_caller_says_otherwise()
    {
        using var generator = New();
        await generator.GenerateAsync(["a"], cancellationToken: Token);
        await generator.GenerateAsync(["a"], For(EmbeddingPurpose.Query), Token);
        await generator.GenerateAsync(["a"], For("query"), Token);
        await generator.GenerateAsync(["a"], For("None"), Token);
        Assert.Equal([EmbeddingPurpose.Passage, EmbeddingPurpose.Query, EmbeddingPurpose.Query, EmbeddingPurpose.None], _host.Embedded.Select(call => call.Purpose));
    }

    [Theory]
    [InlineData("question")]
    [InlineData("7")]
    [InlineData(7)]
    public async Task A_purpose_that_does_not_exist_is_a_mistake_of_the_caller(object purpose)
    {
        using var generator = New();
        await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["a"], For(purpose), Token));
    }

    [Fact]
    public async Task Vectors_come_in_order_with_model_time_and_what_they_cost()
    {
        _host.Cost = (12, 1);
        using var generator = New();
        var result = await generator.GenerateAsync(["a", "bcd"], cancellationToken: Token);
        Assert.Equal([1f, 3f], result.Select(embedding => embedding.Vector.Span[0]));
        Assert.All(result, embedding => Assert.Equal(("e5", (DateTimeOffset?)_time.GetUtcNow()), (embedding.ModelId, embedding.CreatedAt)));
        Assert.Equal(12, result.Usage!.InputTokenCount);
        Assert.Equal(1, result.Usage.AdditionalCounts![LocalEmbeddingGenerator.CutTextsKey]);
    }

    [Fact]
    public async Task A_host_that_cannot_tell_the_cost_leaves_the_usage_open()
    {
        using var generator = New();
        Assert.Null((await generator.GenerateAsync(["a"], cancellationToken: Token)).Usage);
    }

    [Fact]
    public async Task No_texts_cost_no_call()
    {
        using var generator = New();
        Assert.Empty(await generator.GenerateAsync([], cancellationToken: Token));
        Assert.Empty(_host.Embedded);
    }

    [Fact]
    public async Task Other_dimensions_than_the_models_are_refused()
    {
        using var generator = New();
        await Assert.ThrowsAsync<NotSupportedException>(() => generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 256 }, Token));
        Assert.Single(await generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 2 }, Token));
    }

    [Fact]
    public void The_metadata_names_the_model_and_its_dimensions()
    {
        using var generator = New();
        var metadata = generator.GetService<EmbeddingGeneratorMetadata>()!;
        Assert.Equal(("smartservice.local", "e5", 2), (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.Same(generator, generator.GetService<LocalEmbeddingGenerator>());
        Assert.Same(_host, generator.GetService<IModelHost>());
        Assert.Null(generator.GetService<string>());
    }

    [Fact]
    public async Task The_observed_generator_counts_tokens_and_time_by_the_GenAI_conventions()
    {
        var source = $"test-{Guid.NewGuid():N}";
        var measured = new List<(string Name, double Value, string? Model)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == source)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "gen_ai.request.model")
                {
                    measured.Add((instrument.Name, value, tag.Value as string));
                }
            }
        }

        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        _host.Cost = (12, 0);
        using var generator = LocalEmbeddingGenerator.Observed(_host, Model, _time, source);
        await generator.GenerateAsync(["a"], cancellationToken: Token);
        Assert.Contains(("gen_ai.client.token.usage", 12, "e5"), measured);
        Assert.Contains(measured, one => one.Name == "gen_ai.client.operation.duration");
    }

    [Fact]
    public async Task The_reranker_asks_the_host_and_asks_nothing_for_no_passages()
    {
        IReranker reranker = new LocalReranker(_host);
        Assert.Equal([2f, 1f], await reranker.ScoreAsync("q", ["aa", "a"], Token));
        Assert.Empty(await reranker.ScoreAsync("other", [], Token));
        Assert.Equal(["q"], _host.Queries);
    }

    private LocalEmbeddingGenerator New() => new(_host, Model, _time);

    private static EmbeddingGenerationOptions For(object purpose) => new() { AdditionalProperties = new() { [LocalEmbeddingGenerator.PurposeKey] = purpose } };
}
