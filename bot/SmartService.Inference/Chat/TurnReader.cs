using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace SmartService.Inference.Chat;

/// <summary>Turns messages into what the templates see.</summary>
internal static class TurnReader
{
    /// <param name="messages">The dialogue, oldest first.</param>
    /// <param name="instructions">Text of <see cref="ChatOptions.Instructions"/>; comes before the system text.</param>
    /// <exception cref="NotSupportedException">A message holds an image, a file or a sound.</exception>
    /// <exception cref="ArgumentException">There is no message at all.</exception>
    public static List<Turn> Read(IEnumerable<ChatMessage> messages, string? instructions = null)
    {
        var turns = new List<Turn>();
        if (!string.IsNullOrEmpty(instructions))
        {
            turns.Add(new Turn(TurnRole.System, instructions));
        }

        var number = 0;
        foreach (var message in messages)
        {
            Add(turns, message, ++number);
        }

        if (turns.Count == 0)
        {
            throw new ArgumentException("The dialogue is empty.", nameof(messages));
        }

        if (instructions is { Length: > 0 } && turns is [{ } first, { Role: TurnRole.System } second, ..])
        {
            turns.RemoveAt(1);
            turns[0] = first with { Text = first.Text + "\n\n" + second.Text };
        }

        return turns;
    }

    private static void Add(List<Turn> turns, ChatMessage message, int number)
    {
        var (text, thinking) = (new StringBuilder(), new StringBuilder());
        var calls = new List<TurnCall>();
        var results = new List<Turn>();
        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case TextContent part:
                    text.Append(part.Text);
                    break;
                case TextReasoningContent part:
                    thinking.Append(part.Text);
                    break;
                case FunctionCallContent call:
                    calls.Add(new TurnCall(call.CallId, call.Name, Json(call.Arguments)));
                    break;
                case FunctionResultContent result:
                    results.Add(Result(result));
                    break;
                case ErrorContent or UsageContent:
                    break;
                default:
                    throw new NotSupportedException($"Message {number} holds a {content.GetType().Name}; the local model reads text, tool calls and tool results only.");
            }
        }

        var role = Role(message.Role, number);
        if (role != TurnRole.Tool && (results.Count == 0 || text.Length > 0 || calls.Count > 0))
        {
            turns.Add(new Turn(role, text.ToString()) { Thinking = thinking.ToString(), Calls = calls });
        }
        else if (role == TurnRole.Tool && results.Count == 0)
        {
            results.Add(new Turn(TurnRole.Tool, text.ToString()));
        }

        turns.AddRange(results);
    }

    private static TurnRole Role(ChatRole role, int number) =>
        role == ChatRole.User ? TurnRole.User
        : role == ChatRole.Assistant ? TurnRole.Assistant
        : role == ChatRole.System ? TurnRole.System
        : role == ChatRole.Tool ? TurnRole.Tool
        : role.Value is "developer" ? TurnRole.System
        : throw new NotSupportedException($"Message {number} has the role {role.Value}, which no template knows.");

    private static Turn Result(FunctionResultContent content)
    {
        var turn = new Turn(TurnRole.Tool, "") { CallId = content.CallId };
        switch (content.Result)
        {
            case null:
                return turn with { Text = content.Exception is null ? "" : "Error: the tool failed." };
            case string text:
                return turn with { Text = text };
            case JsonElement { ValueKind: JsonValueKind.String } text:
                return turn with { Text = text.GetString()! };
            case TextContent text:
                return turn with { Text = text.Text };
            default:
                var json = content.Result is JsonElement element ? element : Json(content.Result);
                return turn with { Text = PythonJson.Write(json), Result = json };
        }
    }

    private static JsonElement Json(object? value) =>
        JsonSerializer.SerializeToElement(value ?? new Dictionary<string, object?>(), AIJsonUtilities.DefaultOptions.GetTypeInfo(value?.GetType() ?? typeof(Dictionary<string, object?>)));
}
