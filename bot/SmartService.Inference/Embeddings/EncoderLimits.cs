namespace SmartService.Inference.Embeddings;

/// <summary>Sizes of an encoder's context, in tokens.</summary>
/// <param name="MaxTokens">The longest text.</param>
/// <param name="BatchTokens">The longest pass.</param>
/// <param name="Cells">The context.</param>
internal sealed record EncoderLimits(int MaxTokens, int BatchTokens, int Cells)
{
    /// <summary>
    /// Models of 8,192 tokens and more would reserve gigabytes for attention over a pass of that length, and one such text stalls everything
    /// for seconds on a CPU. Passages are shorter.
    /// </summary>
    public const int DefaultMaxTokens = 1024;

    // Longer passes are not faster per token on a processor (650 to 930 tokens per CPU second from 32 to 2,048 tokens with
    // multilingual-e5-small, without a trend: EncoderSpeed in the tests); they only stall others longer.
    private const int PassTokens = 512;

    // A causal model computes its output layer for every token of a pass when it embeds, and keeps a row of the vocabulary for each.
    private const int CausalPassTokens = 256;

    public static EncoderLimits Of(EncoderFacts facts, int maxTokens)
    {
        var most = Math.Max(8, Math.Min(facts.TrainedTokens, maxTokens > 0 ? maxTokens : DefaultMaxTokens));
        if (LlamaEncoder.CanSplitTexts(facts))
        {
            return new EncoderLimits(most, CausalPassTokens, most + CausalPassTokens);
        }

        var pass = Math.Max(most, facts.IsCausal ? CausalPassTokens : PassTokens);
        return new EncoderLimits(most, pass, pass);
    }
}
