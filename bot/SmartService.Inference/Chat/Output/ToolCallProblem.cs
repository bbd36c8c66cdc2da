namespace SmartService.Inference.Chat.Output;

/// <summary>What <see cref="Microsoft.Extensions.AI.ErrorContent.ErrorCode"/> says when the model wrote a call that cannot be one.</summary>
public static class ToolCallProblem
{
    /// <summary>The output ended inside the call.</summary>
    public const string Cut = "tool_call_cut";

    /// <summary>The call is not what the family's format or JSON asks for.</summary>
    public const string Malformed = "tool_call_malformed";

    /// <summary>The call names a tool that was not offered.</summary>
    public const string UnknownTool = "tool_call_unknown_tool";

    internal static string Message(string code) => code switch
    {
        Cut => "The model's tool call was cut off.",
        UnknownTool => "The model called a tool that was not offered.",
        _ => "The model's tool call is not well-formed.",
    };
}
