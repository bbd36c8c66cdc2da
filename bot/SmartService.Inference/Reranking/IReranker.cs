using SmartService.Inference.Hosting;

namespace SmartService.Inference.Reranking;

/// <summary>Says how well passages answer a question, better than comparing vectors, because it reads both together. Thread-safe.</summary>
public interface IReranker
{
    /// <summary>One score from 0 to 1 per passage, in order; higher is better, comparable within one question only.</summary>
    /// <remarks>A question and a passage that are too long together are cut: the question to half of what the model can take, the passage to the rest.</remarks>
    /// <exception cref="ModelSaturatedException">Too much waits already.</exception>
    /// <exception cref="ModelUnavailableException">There is no reranker, or it could not be loaded.</exception>
    Task<IReadOnlyList<float>> ScoreAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken);
}
