using Microsoft.Extensions.AI;

namespace SmartService.Inference.Chat.Output;

/// <summary>
/// A model may end a thought that nothing opened: its template does it in a way that we do not know, or it fell into it. Only the
/// closing mark tells. A stream has passed the thought on as text by then, so the mark stays in it for whoever gathers the stream;
/// a whole answer is put right here.
/// </summary>
internal static class LateThought
{
    public const string Mark = "</think>";

    /// <summary>Turns the text up to the last mark into thoughts.</summary>
    public static void TakeOut(ChatResponse response)
    {
        foreach (var message in response.Messages)
        {
            TakeOut(message.Contents);
        }
    }

    private static void TakeOut(IList<AIContent> contents)
    {
        var last = contents.Count - 1;
        while (last >= 0 && !(contents[last] is TextContent text && text.Text.Contains(Mark, StringComparison.Ordinal)))
        {
            last--;
        }

        for (var at = last; at >= 0; at--)
        {
            if (contents[at] is not TextContent { Text: var text })
            {
                continue;
            }

            var end = at == last ? text.LastIndexOf(Mark, StringComparison.Ordinal) : text.Length;
            contents[at] = new TextReasoningContent(text[..end].Replace(Mark, "", StringComparison.Ordinal).TrimEnd());
            if (at == last && text[(end + Mark.Length)..].TrimStart() is { Length: > 0 } answer)
            {
                contents.Insert(at + 1, new TextContent(answer));
            }
        }
    }
}
