using SmartService.Inference.Embeddings;

namespace SmartService.Inference.Reranking;

/// <summary>
/// A pair as cross-encoders were trained: <c>[CLS] question [SEP] passage [SEP]</c>, or <c>&lt;s&gt; question &lt;/s&gt;&lt;/s&gt; passage &lt;/s&gt;</c>.
/// </summary>
/// <remarks>When both are too long together, the question keeps half of the room, or more where the passage leaves it; the passage keeps the rest. Both lose their ends.</remarks>
internal sealed class SeparatedPair(TextTokens tokens, EncoderFrame frame, int maxTokens) : IPairLayout
{
    public FramedText[] Frame(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken)
    {
        // Not every vocabulary ends a single text with a token, but a pair's passage always ends as its question does.
        var after = frame.After.Count > 0 ? frame.After : [.. frame.Between.TakeLast(1)];
        var room = maxTokens - frame.Before.Count - frame.Between.Count - after.Count;
        var (question, isQuestionCut) = tokens.Plain(query, room);
        var framed = new FramedText[passages.Count];
        for (var at = 0; at < framed.Length; at++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (passage, isCut) = tokens.Plain(passages[at], room);
            var forQuestion = Math.Min(question.Length, Math.Max(room / 2, room - passage.Length));
            var forPassage = Math.Min(passage.Length, room - forQuestion);
            framed[at] = new FramedText(
                [.. frame.Before, .. question.AsSpan(0, forQuestion), .. frame.Between, .. passage.AsSpan(0, forPassage), .. after],
                isQuestionCut || isCut || forQuestion < question.Length || forPassage < passage.Length);
        }

        return framed;
    }
}
