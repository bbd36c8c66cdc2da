using System.ComponentModel.DataAnnotations;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat;

/// <summary>Settings section <c>Model:Chat</c>: how the local chat model is spoken to, where a request does not say.</summary>
public sealed class LocalChatOptions
{
    /// <summary>The model's family; <see cref="ChatFamily.Auto"/>: told from its template.</summary>
    public ChatFamily Family { get; set; } = ChatFamily.Auto;

    /// <summary>
    /// Whether a reasoning model thinks before it answers. Null: as its family does by default, which is no for Qwen 3, Qwen 3.5 and
    /// DeepSeek V3.1 (a customer waits, and 300 tokens of thought take 6 s on two cores) and yes for Qwen3 Thinking and DeepSeek R1, which know nothing else.
    /// </summary>
    public bool? Thinking { get; set; }

    /// <summary>The most tokens of an answer, thoughts included.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Model:Chat:MaxOutputTokens must be between {1} and {2}.")]
    public int MaxOutputTokens { get; set; } = 512;

    /// <summary>Sampling where a request does not say: temperature 0.7, top-k 40, top-p 0.95, min-p 0.05, no penalties, another seed each time.</summary>
    public SamplingSettings Sampling { get; set; } = new();
}
