using Microsoft.Extensions.AI;

namespace SmartService.Inference.Chat;

/// <summary>Finish reasons of the local model that <see cref="ChatFinishReason"/> has no name for. Neither stands for a whole answer.</summary>
public static class LocalFinishReasons
{
    /// <summary>The request's time limit passed.</summary>
    public static ChatFinishReason Deadline { get; } = new("deadline");

    /// <summary>The model ended its turn with a tool call that is broken or names no known tool.</summary>
    public static ChatFinishReason BrokenToolCall { get; } = new("broken_tool_call");
}

/// <summary>Names in <see cref="UsageDetails.AdditionalCounts"/>.</summary>
public static class LocalUsageCounts
{
    public const string Cached = "cached_input_tokens";
    public const string Fed = "fed_output_tokens";
    public const string DroppedBlocks = "dropped_blocks";
    public const string QueuedMilliseconds = "queued_ms";
    public const string FirstTokenMilliseconds = "first_token_ms";
    public const string TotalMilliseconds = "total_ms";
}
