using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Embeddings;

/// <summary>
/// Vectors of the local embedding model. Texts are passages unless the options' additional property <see cref="PurposeKey"/> says
/// otherwise. Thread-safe.
/// </summary>
/// <remarks>
/// Vectors have L2 norm 1. A text that is longer than the model can take is cut at its end; the usage's additional count
/// <see cref="CutTextsKey"/> says how many were. An empty text has a vector, too.
/// </remarks>
public sealed class LocalEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Additional property of the options: an <see cref="EmbeddingPurpose"/> or its name.</summary>
    public const string PurposeKey = "purpose";

    /// <summary>Additional count of the usage.</summary>
    public const string CutTextsKey = "cut_texts";

    private readonly IModelHost _host;
    private readonly TimeProvider _time;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <param name="host">Stays the caller's. It is started by the first call, if nobody started it.</param>
    /// <param name="model">What was loaded; null: not known yet, and then the metadata has no name and no dimensions.</param>
    /// <param name="time">Stamps the vectors.</param>
    public LocalEmbeddingGenerator(IModelHost host, EmbeddingModelInfo? model, TimeProvider time)
    {
        (_host, _time) = (host, time);
        _metadata = new EmbeddingGeneratorMetadata("smartservice.local", providerUri: null, model?.Name, model?.Dimensions);
    }

    /// <summary>The generator with spans and metrics by OpenTelemetry's GenAI conventions (<c>gen_ai.client.operation.duration</c>, <c>gen_ai.client.token.usage</c>), without texts.</summary>
    /// <param name="host">Stays the caller's.</param>
    /// <param name="model">What was loaded, if that is known.</param>
    /// <param name="time">Stamps the vectors.</param>
    /// <param name="sourceName">Name of the activity source and the meter; null: Microsoft.Extensions.AI's own.</param>
    /// <param name="loggerFactory">For the telemetry's own messages.</param>
    public static IEmbeddingGenerator<string, Embedding<float>> Observed(
        IModelHost host, EmbeddingModelInfo? model, TimeProvider time, string? sourceName = null, ILoggerFactory? loggerFactory = null) =>
        new LocalEmbeddingGenerator(host, model, time)
            .AsBuilder()
            .UseOpenTelemetry(loggerFactory, sourceName, static telemetry => telemetry.EnableSensitiveData = false)
            .Build();

    /// <exception cref="ModelSaturatedException">Too much waits already.</exception>
    /// <exception cref="ModelUnavailableException">There is no embedding model, or it could not be loaded.</exception>
    /// <exception cref="ArgumentException">The purpose is not one of <see cref="EmbeddingPurpose"/>.</exception>
    /// <exception cref="NotSupportedException">Other dimensions than the model's were asked for.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var purpose = PurposeOf(options);
        if (options?.Dimensions is { } wanted && _metadata.DefaultModelDimensions is { } has && wanted != has)
        {
            throw new NotSupportedException($"The embedding model has {has} dimensions, not {wanted}.");
        }

        IReadOnlyList<string> texts = values as IReadOnlyList<string> ?? [.. values];
        if (texts.Count == 0)
        {
            return [];
        }

        var result = await _host.EmbedWithUsageAsync(texts, purpose, cancellationToken);
        var now = _time.GetUtcNow();
        return new GeneratedEmbeddings<Embedding<float>>(
            result.Vectors.Select(vector => new Embedding<float>(vector) { CreatedAt = now, ModelId = _metadata.DefaultModelId }))
        {
            Usage = UsageOf(result),
        };
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_host) ? _host
            : null;
    }

    /// <summary>Nothing is freed: the host is its owner's.</summary>
    public void Dispose()
    {
    }

    private static UsageDetails? UsageOf(EmbeddingResult result) => result.Tokens is not { } tokens
        ? null
        : new UsageDetails
        {
            InputTokenCount = tokens,
            TotalTokenCount = tokens,
            AdditionalCounts = result.Cut is > 0 and var cut ? new() { [CutTextsKey] = cut } : null,
        };

    private static EmbeddingPurpose PurposeOf(EmbeddingGenerationOptions? options)
    {
        if (options?.AdditionalProperties is not { } properties || !properties.TryGetValue(PurposeKey, out var purpose) || purpose is null)
        {
            return EmbeddingPurpose.Passage;
        }

        return purpose is EmbeddingPurpose named && Enum.IsDefined(named) ? named
            : purpose is string text && Enum.TryParse<EmbeddingPurpose>(text, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) ? parsed
            : throw new ArgumentException($"The additional property '{PurposeKey}' must be one of {string.Join(", ", Enum.GetNames<EmbeddingPurpose>())}.", nameof(options));
    }
}
