using System.Text.Json;
using Microsoft.Extensions.AI;

namespace SmartService.Inference.Tests.Chat;

/// <summary>The dialogues of <c>Templates/dialogues.json</c> as messages and tools.</summary>
internal static class Dialogues
{
    /// <summary>Where the dialogues and the goldens lie; these tests run inside the checkout only.</summary>
    public static string Folder { get; } = Path.Combine(
        SourceTree.Root ?? throw new DirectoryNotFoundException("No folder above the tests holds SmartService.sln."), "tests", "SmartService.Inference.Tests", "Chat", "Templates");

    private static readonly JsonElement s_source = JsonElement.Parse(File.ReadAllText(Path.Combine(Folder, "dialogues.json")));

    public static IEnumerable<string> Names => s_source.GetProperty("dialogues").EnumerateObject().Select(dialogue => dialogue.Name);

    public static List<ChatMessage> Messages(string name) =>
        [.. s_source.GetProperty("dialogues").GetProperty(name).GetProperty("messages").EnumerateArray().Select(Message)];

    public static List<AITool> Tools(string name) =>
        s_source.GetProperty("dialogues").GetProperty(name).TryGetProperty("tools", out var tools) ? ToolSet(tools.GetString()!) : [];

    public static List<AITool> ToolSet(string name) => [.. s_source.GetProperty("tools").GetProperty(name).EnumerateArray().Select(Tool)];

    private static ChatMessage Message(JsonElement message)
    {
        var text = message.GetProperty("content").GetString()!;
        var role = message.GetProperty("role").GetString()!;
        if (role == "tool")
        {
            return new ChatMessage(ChatRole.Tool, [new FunctionResultContent(message.GetProperty("tool_call_id").GetString()!, text)]);
        }

        var contents = new List<AIContent>();
        if (message.TryGetProperty("reasoning_content", out var thought))
        {
            contents.Add(new TextReasoningContent(thought.GetString()));
        }

        contents.Add(new TextContent(text));
        if (message.TryGetProperty("tool_calls", out var calls))
        {
            contents.AddRange(calls.EnumerateArray().Select(Call));
        }

        return new ChatMessage(new ChatRole(role), contents);
    }

    private static FunctionCallContent Call(JsonElement call) => new(
        call.GetProperty("id").GetString()!,
        call.GetProperty("function").GetProperty("name").GetString()!,
        call.GetProperty("function").GetProperty("arguments").EnumerateObject().ToDictionary(
            argument => argument.Name, object? (argument) => argument.Value.ValueKind == JsonValueKind.Null ? null : argument.Value));

    private static AITool Tool(JsonElement tool)
    {
        var function = tool.GetProperty("function");
        return AIFunctionFactory.CreateDeclaration(
            function.GetProperty("name").GetString()!, function.GetProperty("description").GetString(), function.GetProperty("parameters"));
    }
}
