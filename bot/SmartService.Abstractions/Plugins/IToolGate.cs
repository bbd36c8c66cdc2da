using System.Text.Json;

namespace SmartService.Plugins;

/// <summary>The one gate in front of every tool, whoever calls it: allow-list, timeout, result limit, audit.</summary>
public interface IToolGate
{
    /// <summary>Calls a tool by its full name, <c>plugin_function</c>. Failures are results, not exceptions.</summary>
    /// <param name="tool">Full name.</param>
    /// <param name="arguments">Typed arguments.</param>
    /// <param name="confirmation">Required for write tools: which customer message confirmed it; null for read tools.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<ToolResult> InvokeAsync(string tool, IReadOnlyDictionary<string, object?> arguments, Confirmation? confirmation = null, CancellationToken cancellationToken = default);
}

/// <summary>Proof that the customer agreed to a change.</summary>
/// <param name="IdempotencyKey">Same key, same change: repeated after a crash it is carried out once. Passed to the tool as argument <c>idempotencyKey</c>.</param>
/// <param name="MessageId">The customer's message that confirmed it.</param>
public sealed record Confirmation(string IdempotencyKey, string MessageId);

/// <summary>What a tool call gave.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Value">The result as JSON, when it ended well.</param>
/// <param name="Error">A sentence without customer text, otherwise.</param>
public sealed record ToolResult(ToolStatus Status, JsonElement? Value = null, string? Error = null);

/// <summary>How a tool call ended.</summary>
public enum ToolStatus
{
    /// <summary>It gave a result.</summary>
    Ok,

    /// <summary>It threw.</summary>
    Failed,

    /// <summary>It did not answer in time.</summary>
    TimedOut,

    /// <summary>Its result was over the limit.</summary>
    TooLarge,

    /// <summary>Not allowed here: unknown, not on this step's list, or a write without confirmation.</summary>
    Refused,
}
