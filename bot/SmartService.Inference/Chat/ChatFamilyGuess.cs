namespace SmartService.Inference.Chat;

/// <summary>
/// Tells a model's family from the template it carries, because one architecture serves many families (R1's distilled Qwen has
/// architecture <c>qwen2</c>). The order matters: later families kept the marks of earlier ones.
/// </summary>
public static class ChatFamilyGuess
{
    /// <summary>The family, or null when neither the template nor the architecture says.</summary>
    /// <param name="template">The model's own chat template; null when the file has none.</param>
    /// <param name="architecture"><c>general.architecture</c> of the file.</param>
    public static ChatFamily? Of(string? template, string architecture) =>
        string.IsNullOrWhiteSpace(template) ? OfArchitecture(architecture) : OfTemplate(template);

    private static ChatFamily? OfTemplate(string template)
    {
        bool Has(string mark) => template.Contains(mark, StringComparison.Ordinal);
        if (Has("<｜Assistant｜>"))
        {
            return Has("｜DSML｜") ? null : Has("is_last_user") ? ChatFamily.DeepSeekV31 : ChatFamily.DeepSeekR1;
        }

        if (Has("<|im_start|>"))
        {
            return !Has("<function=") ? OfChatML(Has) : Has("<think>") ? ChatFamily.Qwen35 : ChatFamily.Qwen3Coder;
        }

        if (Has("<|start_header_id|>"))
        {
            return !Has("Cutting Knowledge Date") ? ChatFamily.Llama3 : Has("strftime_now") ? ChatFamily.Llama32 : ChatFamily.Llama31;
        }

        if (Has("<start_of_turn>"))
        {
            return Has("first_user_prefix") ? ChatFamily.Gemma3 : ChatFamily.Gemma2;
        }

        if (Has("[INST]"))
        {
            return OfMistral(Has);
        }

        return null;
    }

    private static ChatFamily OfChatML(Func<string, bool> has) =>
        has("<|im_start|>assistant\\n<think>\\n'") ? ChatFamily.Qwen3Thinking
        : has("<think>") && has("enable_thinking") ? ChatFamily.Qwen3
        : has("You are Qwen, created by Alibaba Cloud") ? ChatFamily.Qwen25
        : ChatFamily.ChatML;

    // Llama 2 and the first two Mistral formats write [INST] too, but neither tools nor these marks: their layout is not ours.
    private static ChatFamily? OfMistral(Func<string, bool> has) =>
        has("[SYSTEM_PROMPT]") ? (has("[ARGS]") || !has("[AVAILABLE_TOOLS]") ? ChatFamily.MistralV11 : null)
        : has("[AVAILABLE_TOOLS][") ? ChatFamily.MistralTekken
        : has("[AVAILABLE_TOOLS]") ? ChatFamily.MistralV3
        : null;

    private static ChatFamily? OfArchitecture(string architecture) => architecture switch
    {
        "qwen2" or "qwen2moe" => ChatFamily.Qwen25,
        "qwen3" or "qwen3moe" => ChatFamily.Qwen3,
        "qwen35" or "qwen35moe" => ChatFamily.Qwen35,
        "gemma2" => ChatFamily.Gemma2,
        "gemma3" => ChatFamily.Gemma3,
        "deepseek2" => ChatFamily.DeepSeekR1,
        _ => null,
    };
}
