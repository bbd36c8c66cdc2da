using SmartService.Inference.Hosting;

namespace SmartService.Server.Bench.Model;

/// <summary>One way to run the model, measured against the others on the same prompts.</summary>
internal interface IModelSide : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Greedy output, an item whenever text arrives; the token counts of all items sum to the output's tokens.</summary>
    IAsyncEnumerable<BenchOutput> StreamAsync(BenchRequest request, CancellationToken cancellationToken);

    /// <summary>Whether it can hold an output to a schema.</summary>
    bool KnowsSchemas { get; }

    /// <summary>Requests that still occupy the machine.</summary>
    int Running { get; }
}

/// <summary>One output that is measured; <paramref name="Schema"/>: a JSON schema for it, or null for free text.</summary>
internal sealed record BenchRequest(IReadOnlyList<PromptBlock> Prompt, int MaxTokens, string? Schema = null)
{
    public string Text { get; } = string.Concat(Prompt.SelectMany(block => block.Segments).Select(segment => segment.Text));
}

internal readonly record struct BenchOutput(string Text, int Tokens);
