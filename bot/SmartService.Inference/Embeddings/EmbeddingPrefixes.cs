namespace SmartService.Inference.Embeddings;

/// <summary>What a model was trained to see in front of questions and passages. Left out, most of these models find clearly less.</summary>
internal sealed record EmbeddingPrefixes(string Query, string Passage)
{
    private const string Instruction = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:";
    private const string EnglishSearch = "Represent this sentence for searching relevant passages: ";

    public static EmbeddingPrefixes None { get; } = new("", "");

    /// <summary>The prefixes of a model, from the model cards of the families; nothing for a family that is not known.</summary>
    /// <param name="architecture"><c>general.architecture</c>.</param>
    /// <param name="names">Any names of the model: <c>general.name</c>, the file's name.</param>
    public static EmbeddingPrefixes Of(string architecture, params ReadOnlySpan<string> names)
    {
        var name = Plain(names);
        bool Has(string part) => name.Contains(part, StringComparison.Ordinal);
        return true switch
        {
            // huggingface.co/Qwen/Qwen3-Embedding-0.6B: no space behind "Query:".
            true when Has("-qwen3-embedding") => new(Instruction, ""),
            // huggingface.co/intfloat/multilingual-e5-large-instruct and e5-mistral-7b-instruct: with one.
            true when Has("-e5-") && (Has("-instruct-") || architecture != "bert") => new(Instruction + " ", ""),
            true when Has("-e5-") => new("query: ", "passage: "),
            // huggingface.co/BAAI/bge-m3: none.
            true when Has("-bge-m3-") => None,
            true when Has("-bge-") && Has("-zh-") => new("为这个句子生成表示以用于检索相关文章：", ""),
            true when Has("-bge-") && Has("-en-") => new(EnglishSearch, ""),
            true when Has("-mxbai-embed-large-") => new(EnglishSearch, ""),
            true when Has("-snowflake-arctic-embed-") => new(Has("-v2-") ? "query: " : EnglishSearch, ""),
            true when Has("-nomic-embed-text-") => new("search_query: ", "search_document: "),
            true when architecture == "gemma-embedding" || Has("-embeddinggemma-") => new("task: search result | query: ", "title: none | text: "),
            _ => None,
        };
    }

    // "bge-small-zh-v1.5" and "BGE Small ZH V1.5.gguf" are one name: parts in lower case between dashes.
    private static string Plain(ReadOnlySpan<string> names)
    {
        var text = string.Join('-', names).ToLowerInvariant();
        return $"-{string.Join('-', text.Split(['-', '_', ' ', '.', '/', '\\'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}-";
    }
}
