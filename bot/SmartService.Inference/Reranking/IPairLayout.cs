using SmartService.Inference.Embeddings;

namespace SmartService.Inference.Reranking;

/// <summary>How a reranker wants to see a question and a passage. Thread-safe.</summary>
internal interface IPairLayout
{
    /// <summary>One text of at most the model's tokens per passage, in order.</summary>
    FramedText[] Frame(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken);
}
