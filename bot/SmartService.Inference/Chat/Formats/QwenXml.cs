using System.Text.Json;

namespace SmartService.Inference.Chat.Formats;

/// <summary>What Qwen3-Coder and Qwen 3.5 share; the marks are those of all ChatML families.</summary>
internal static class QwenXml
{
    public const string Instructions =
        "If you choose to call a function ONLY reply in the following format with NO suffix:\n\n" +
        "<tool_call>\n<function=example_function_name>\n<parameter=example_parameter_1>\nvalue_1\n</parameter>\n" +
        "<parameter=example_parameter_2>\nThis is the value for the second parameter\nthat can span\nmultiple lines\n</parameter>\n" +
        "</function>\n</tool_call>\n\n<IMPORTANT>\nReminder:\n" +
        "- Function calls MUST follow the specified format: an inner <function=...></function> block must be nested within <tool_call></tool_call> XML tags\n" +
        "- Required parameters MUST be specified\n" +
        "- You may provide optional reasoning for your function call in natural language BEFORE the function call, but NOT after\n" +
        "- If there is no function call available, answer the question like normal with your current knowledge and do not tell the user about function calls\n" +
        "</IMPORTANT>";

    public static IReadOnlyList<string> Marks { get; } =
    [
        "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>",
        "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>",
    ];

    public static string RoleName(TurnRole role) => role switch
    {
        TurnRole.System => "system",
        TurnRole.User => "user",
        _ => "assistant",
    };

    public static void WriteCall(PromptWriter writer, TurnCall call, bool listsAsJson)
    {
        writer.Template("<tool_call>\n<function=").Data(call.Name).Template(">\n");
        foreach (var argument in call.Arguments.EnumerateObject())
        {
            var json = argument.Value.ValueKind == JsonValueKind.Object || (listsAsJson && argument.Value.ValueKind == JsonValueKind.Array);
            writer.Template("<parameter=").Data(argument.Name).Template(">\n")
                .Data(json ? PythonJson.Write(argument.Value) : PythonRepr.Str(argument.Value)).Template("\n</parameter>\n");
        }

        writer.Template("</function>\n</tool_call>");
    }
}
