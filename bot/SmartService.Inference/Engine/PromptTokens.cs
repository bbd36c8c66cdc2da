using System.Text;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>
/// The tokens of a request's prompt, made on the request's own thread (45 Chinese characters take 60 µs, a document much longer).
/// </summary>
/// <param name="Tokens">At least one.</param>
/// <param name="MaxTokens">What may be generated: as asked for, or less where the required text left less.</param>
/// <param name="DroppedBlocks">Optional blocks, the oldest ones, that were left out.</param>
internal sealed record PromptTokens(int[] Tokens, int MaxTokens, int DroppedBlocks)
{
    /// <summary>
    /// Template segments are tokenized with special tokens, data segments without; a begin token comes first if the model has one.
    /// What is not valid UTF-16 (half of a surrogate pair) becomes U+FFFD, as .NET's own encoders have it.
    /// Optional blocks go, the oldest first, until prompt and output fit the context. When all are gone, the output shrinks, to
    /// <paramref name="minOutput"/> tokens at least.
    /// </summary>
    /// <exception cref="PromptTooLongException">The required blocks do not fit. Sizes only.</exception>
    /// <exception cref="ArgumentException">The prompt is empty and the model has no begin token, so there is nothing to compute.</exception>
    public static PromptTokens From(GenerationRequest request, Vocabulary vocabulary, int contextTokens, int minOutput)
    {
        var room = contextTokens - (vocabulary.Begin is null ? 0 : 1);
        var wanted = Math.Clamp(request.MaxTokens, 0, contextTokens);
        var blocks = new List<int>?[request.Prompt.Count];
        var total = 0;
        for (var at = 0; at < blocks.Length; at++)
        {
            blocks[at] = Tokenize(request.Prompt[at], vocabulary, room);
            if (blocks[at] is null && request.Prompt[at].Required)
            {
                throw new PromptTooLongException($"Block {at} of the prompt alone has more than the {contextTokens} tokens of the context.");
            }

            total += blocks[at]?.Count ?? 0;
        }

        var dropped = 0;
        for (var at = 0; at < blocks.Length; at++)
        {
            if (!request.Prompt[at].Required && (blocks[at] is null || total + wanted > room))
            {
                total -= blocks[at]?.Count ?? 0;
                blocks[at] = null;
                dropped++;
            }
        }

        var output = Math.Min(wanted, room - total);
        if (output < Math.Min(wanted, minOutput))
        {
            throw new PromptTooLongException($"The required part of the prompt has {total} tokens, the context {contextTokens}.");
        }

        return new(Join(blocks, vocabulary.Begin, total), output, dropped);
    }

    private static int[] Join(List<int>?[] prompt, int? begin, int total)
    {
        var tokens = new List<int>(total + 1);
        foreach (var block in prompt)
        {
            tokens.AddRange(block ?? []);
        }

        // A template that writes the begin token itself does not get two.
        if (begin is { } first && (tokens.Count == 0 || tokens[0] != first))
        {
            tokens.Insert(0, first);
        }

        return tokens.Count > 0 ? [.. tokens] : throw new ArgumentException("The prompt has no tokens.", nameof(prompt));
    }

    /// <summary>Null when the block alone has more tokens than there is room for.</summary>
    private static List<int>? Tokenize(PromptBlock block, Vocabulary vocabulary, int room)
    {
        var tokens = new List<int>();
        foreach (var segment in block.Segments)
        {
            // A text of a million characters costs seconds to tokenize; this one cannot fit, whatever its tokens are.
            if ((long)room * vocabulary.LongestToken < segment.Text.Length)
            {
                return null;
            }

            tokens.AddRange(vocabulary.Tokenize(ValidUtf16(segment.Text), segment.IsTemplate));
            if (tokens.Count > room)
            {
                return null;
            }
        }

        return tokens;
    }

    private static string ValidUtf16(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
            {
                continue;
            }

            if (!char.IsSurrogatePair(text, at) && !(at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1])))
            {
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            }

            at++;
        }

        return text;
    }
}
