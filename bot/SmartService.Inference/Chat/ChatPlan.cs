using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat;

/// <summary>A request for the host and how its output is to be read.</summary>
internal sealed record ChatPlan(GenerationRequest Request, IReadOnlyList<ToolDescription> Tools)
{
    /// <summary>The prompt ends inside a thought.</summary>
    public bool InThought { get; init; }

    public int MaxCalls { get; init; } = int.MaxValue;

    /// <summary>The output has a shape that holds neither calls nor thoughts: it is passed on as it is.</summary>
    public bool IsVerbatim { get; init; }

    /// <summary>The same shape with any arguments, for when a tool's schema has a keyword that the host cannot enforce.</summary>
    public OutputShape? Fallback { get; init; }
}
