namespace SmartService.Inference.Hosting;

/// <summary>Vectors, and what they cost.</summary>
/// <param name="Vectors">One of L2 norm 1 per text, in order.</param>
/// <param name="Tokens">Tokens that were computed, prefixes and the model's own included; null: not known.</param>
/// <param name="Cut">Texts that were longer than the model can take, so that their end is missing; null: not known.</param>
public sealed record EmbeddingResult(IReadOnlyList<float[]> Vectors, long? Tokens = null, int? Cut = null);
