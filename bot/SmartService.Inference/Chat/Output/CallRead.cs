using System.Text.Json;

namespace SmartService.Inference.Chat.Output;

/// <summary>A call as the model wrote it. <see cref="Arguments"/> is a JSON object; null: the call is not well-formed.</summary>
internal readonly record struct WrittenCall(string Name, JsonElement? Arguments)
{
    public static WrittenCall Malformed { get; } = new("", null);
}

/// <summary>
/// What the text that may be a call turned out to be. A reader decides only what no further text could change, so that the outcome
/// does not depend on where the stream was cut into pieces.
/// </summary>
internal readonly record struct CallRead
{
    /// <summary>Characters that belong to it; 0: not known yet.</summary>
    public int Length { get; private init; }

    public IReadOnlyList<WrittenCall> Calls { get; private init; }

    /// <summary>It was ordinary text after all.</summary>
    public bool IsText { get; private init; }

    public static CallRead NeedsMore => default;

    public static CallRead Of(int length, params IReadOnlyList<WrittenCall> calls) => new() { Length = length, Calls = calls };

    public static CallRead Text(int length) => new() { Length = length, Calls = [], IsText = true };
}
