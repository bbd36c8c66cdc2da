using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartService.Inference.Catalogue;
using SmartService.Inference.Gguf;

namespace SmartService.Server.Commands;

internal sealed record ListedModel(
    string File, string? Name, string Kind, string? Architecture, long? Parameters, string? Quantisation, long? Bytes, int? Context, bool Used, string? Problem, string? Note);

internal sealed record AvailableModel(string Name, string Kind, string Parameters, string Quantisation, int Context, string Licence, string LicenceUrl, IEnumerable<string> Sources);

internal sealed record CheckedModel(
    string File, bool Usable, string? Problem, string? Name, string? Kind, string? Architecture, long? Parameters, string? Quantisation, long? Bytes,
    CheckedContext? Context, CheckedMemory? Memory, int? Conversations, CheckedSpeed? Speed, string? SpeedNote, int? Dimensions, int? MaxTokens);

/// <param name="Trained">Tokens.</param>
/// <param name="Conversation">The most tokens of one conversation here.</param>
/// <param name="Shared">Tokens that all conversations share.</param>
internal sealed record CheckedContext(int Trained, int Conversation, int Shared);

/// <summary>Bytes.</summary>
internal sealed record CheckedMemory(long Needed, long Weights, long Cache, long Compute, long Server, long Limit, long Available);

/// <summary>Tokens per second of one conversation; of an embedding model or reranker <paramref name="Texts"/> per second.</summary>
internal sealed record CheckedSpeed(string Backend, double? Prompt, double? Output, double? Texts);

/// <summary>The same as the words, for scripts.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ListedModel))]
[JsonSerializable(typeof(AvailableModel))]
[JsonSerializable(typeof(CheckedModel))]
internal sealed partial class ModelJson : JsonSerializerContext
{
    public static ModelJson Lines { get; } = new(Readable());

    public static ModelJson Indented { get; } = new(Readable(indented: true));

    // Chinese stays readable.
    private static JsonSerializerOptions Readable(bool indented = false) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
    };

    public static ListedModel Of(ModelFolderEntry entry, bool isUsed) => new(
        entry.Path,
        entry.Model?.Name,
        entry.Model?.Kind.ToString().ToLowerInvariant() ?? "broken",
        entry.Model?.Architecture,
        entry.Model?.Parameters,
        entry.Model?.Quantisation,
        entry.Model?.Bytes,
        entry.Model?.ContextTokens,
        isUsed,
        entry.Problem,
        entry.Note);

    public static AvailableModel Of(CatalogueModel model) => new(
        model.Name,
        model.Kind.ToString().ToLowerInvariant(),
        model.Parameters,
        model.Quantisation,
        model.Context,
        model.Licence,
        model.LicenceUrl.AbsoluteUri,
        model.Sources.Keys.Select(source => source.ToString().ToLowerInvariant()));

    public static CheckedModel Of(ModelCheck check)
    {
        var (model, fit, isChat) = (check.Model, check.Fit, check.Model?.Kind == ModelKind.Chat);
        return new CheckedModel(
            check.Path,
            check.Problem is null,
            check.Problem,
            model?.Name,
            model?.Kind.ToString().ToLowerInvariant(),
            model?.Architecture,
            model?.Parameters,
            model?.Quantisation,
            model?.Bytes,
            fit is null || !isChat ? null : new CheckedContext(model!.ContextTokens, fit.ContextTokens, fit.CacheTokens),
            fit is null ? null : new CheckedMemory(fit.NeededBytes, fit.WeightBytes, fit.CacheBytes, fit.ComputeBytes, ModelFit.ServerBytes, fit.Memory.LimitBytes, fit.Memory.AvailableBytes),
            isChat ? fit?.Conversations : null,
            check.Speed is { } speed ? new CheckedSpeed(speed.Backend, speed.PromptTokensPerSecond, speed.TokensPerSecond, null)
                : check.TextSpeed is { } texts ? new CheckedSpeed(texts.Backend, null, null, texts.TextsPerSecond)
                : null,
            check.SpeedNote,
            fit is null || isChat ? null : model?.Dimensions,
            fit is null || isChat ? null : model?.ContextTokens);
    }
}
