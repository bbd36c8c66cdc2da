using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace SmartService.Inference.Chat.Output;

/// <summary>Decides what becomes of the calls that a model wrote.</summary>
internal sealed class CallCollector(IReadOnlyList<ToolDescription> tools, int maxCalls)
{
    private const string IdAlphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>Calls so far, whole ones only.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a call was broken, cut off or named no known tool.</summary>
    public bool HasProblem { get; private set; }

    /// <summary>The call, or the problem with it; null: one call more than wanted.</summary>
    public AIContent? Add(WrittenCall call)
    {
        if (call.Arguments is not { } arguments)
        {
            return Problem(ToolCallProblem.Malformed);
        }

        if (!tools.Any(tool => tool.Name == call.Name))
        {
            return Problem(ToolCallProblem.UnknownTool);
        }

        if (Count == maxCalls)
        {
            return null;
        }

        Count++;
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var argument in arguments.EnumerateObject())
        {
            values[argument.Name] = argument.Value.ValueKind == JsonValueKind.Null ? null : argument.Value.Clone();
        }

        return new FunctionCallContent(NewId(), call.Name, values);
    }

    public ErrorContent Problem(string code)
    {
        HasProblem = true;
        return new ErrorContent(ToolCallProblem.Message(code)) { ErrorCode = code };
    }

    // Nine letters and digits, because Mistral's template takes nothing else.
    private string NewId()
    {
        string id;
        do
        {
            id = RandomNumberGenerator.GetString(IdAlphabet, 9);
        }
        while (!_ids.Add(id));

        return id;
    }
}
