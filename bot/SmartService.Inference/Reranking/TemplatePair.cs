using System.Text.RegularExpressions;
using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;

namespace SmartService.Inference.Reranking;

/// <summary>
/// A pair in the model's own words, from the file's <c>tokenizer.chat_template.rerank</c>: a text with <c>{query}</c> and <c>{document}</c>.
/// Special tokens of the template are special, those in the question and the passage are text.
/// </summary>
/// <remarks>A question keeps at most half of the room; what then is too long loses the end of its passage.</remarks>
internal sealed partial class TemplatePair : IPairLayout
{
    private const string QueryMark = "{query}";
    private const string DocumentMark = "{document}";

    private readonly TextTokens _tokens;
    private readonly int[] _head;
    private readonly int[] _tail;
    private readonly string _beforeQuery;
    private readonly string _between;
    private readonly int _room;

    private TemplatePair(TextTokens tokens, int[] head, string beforeQuery, string between, int[] tail, int room) =>
        (_tokens, _head, _beforeQuery, _between, _tail, _room) = (tokens, head, beforeQuery, between, tail, room);

    /// <summary>The template of huggingface.co/Qwen/Qwen3-Reranker-0.6B, which llama.cpp's converter writes into these files; for files of other converters.</summary>
    public const string Qwen3 =
        "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n"
        + "<|im_start|>user\n<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n<Query>: {query}\n<Document>: {document}<|im_end|>\n"
        + "<|im_start|>assistant\n<think>\n\n</think>\n\n";

    /// <summary>Null when the template has not one question and then one passage, or leaves no room for them.</summary>
    public static TemplatePair? Of(string template, Vocabulary vocabulary, TextTokens tokens, int maxTokens)
    {
        var (query, document) = (template.IndexOf(QueryMark, StringComparison.Ordinal), template.IndexOf(DocumentMark, StringComparison.Ordinal));
        if (query < 0 || document < query
            || template.LastIndexOf(QueryMark, StringComparison.Ordinal) != query
            || template.LastIndexOf(DocumentMark, StringComparison.Ordinal) != document)
        {
            return null;
        }

        var (head, between, tail) = (template[..query], template[(query + QueryMark.Length)..document], template[(document + DocumentMark.Length)..]);
        // What stands between the last special token and the question becomes tokens together with it, as the model saw it in training:
        // a word and the space before it are one token.
        var plainStart = Special().Matches(head) is { Count: > 0 } marks ? marks[^1].Index + marks[^1].Length : 0;
        var headTokens = vocabulary.Tokenize(head[..plainStart], special: true);
        var tailTokens = vocabulary.Tokenize(tail, special: true);
        var room = maxTokens - headTokens.Length - tailTokens.Length;
        return Special().IsMatch(between) || room < 16 ? null : new TemplatePair(tokens, headTokens, head[plainStart..], between, tailTokens, room);
    }

    public FramedText[] Frame(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken)
    {
        var question = _tokens.Shortened(query, _room / 2);
        var framed = new FramedText[passages.Count];
        for (var at = 0; at < framed.Length; at++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (pair, isCut) = _tokens.Plain(string.Concat(_beforeQuery, question, _between, passages[at]), _room);
            framed[at] = new FramedText([.. _head, .. pair, .. _tail], isCut || question.Length < query.Length);
        }

        return framed;
    }

    [GeneratedRegex(@"<\|[^|<>]+\|>", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Special();
}
