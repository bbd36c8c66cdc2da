namespace SmartService.Inference.Chat;

/// <summary>How a model wants its dialogue written, and how it writes tool calls and thoughts.</summary>
public enum ChatFamily
{
    /// <summary>Told from the model's own template, see <see cref="ChatFamilyGuess"/>.</summary>
    Auto,

    /// <summary>Turns between <c>&lt;|im_start|&gt;</c> and <c>&lt;|im_end|&gt;</c>, no default system text, tools as Qwen and Hermes write them.</summary>
    ChatML,

    /// <summary>Qwen 2.5: ChatML with a default system text.</summary>
    Qwen25,

    /// <summary>Qwen 3: ChatML with thoughts, which can be switched off.</summary>
    Qwen3,

    /// <summary>Qwen3 Thinking 2507 and QwQ: every answer begins with a thought. (Qwen3 Instruct 2507, which has none, is <see cref="ChatML"/>.)</summary>
    Qwen3Thinking,

    /// <summary>Qwen3-Coder: ChatML, tools and calls as XML.</summary>
    Qwen3Coder,

    /// <summary>Qwen 3.5: ChatML with thoughts, calls as XML.</summary>
    Qwen35,

    /// <summary>Llama 3 (2024-04), which knows no tools.</summary>
    Llama3,

    /// <summary>Llama 3.1 and 3.3.</summary>
    Llama31,

    /// <summary>Llama 3.2, as 3.1 but with today's date.</summary>
    Llama32,

    /// <summary>Gemma 2.</summary>
    Gemma2,

    /// <summary>Gemma 3.</summary>
    Gemma3,

    /// <summary>Mistral 7B v0.3: <c>[INST]</c> with spaces round it (tokenizer v3).</summary>
    MistralV3,

    /// <summary>Mistral Nemo: <c>[INST]</c> without spaces (tokenizer v3, tekken).</summary>
    MistralTekken,

    /// <summary>Mistral Small 3.2: <c>[SYSTEM_PROMPT]</c>, calls as name and arguments (tokenizer v11 and later).</summary>
    MistralV11,

    /// <summary>DeepSeek R1 and its distilled models.</summary>
    DeepSeekR1,

    /// <summary>DeepSeek V3.1.</summary>
    DeepSeekV31,
}
