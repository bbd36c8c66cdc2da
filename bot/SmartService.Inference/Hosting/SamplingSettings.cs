namespace SmartService.Inference.Hosting;

/// <summary>How tokens are chosen. Order: penalties, top-k, top-p, min-p, temperature, draw.</summary>
public sealed record SamplingSettings
{
    /// <summary>0 takes the most likely token (the lowest id among equals).</summary>
    public float Temperature { get; init; } = 0.7f;

    /// <summary>Only the k most likely tokens; 0: 40.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>The smallest set of tokens whose probability reaches p; 1: off.</summary>
    public float TopP { get; init; } = 0.95f;

    /// <summary>Tokens at least this share of the most likely one's probability; 0: off.</summary>
    public float MinP { get; init; } = 0.05f;

    /// <summary>Divides positive and multiplies negative logits of tokens in the last <see cref="PenaltyWindow"/> (Keskar et al. 2019); 1: off.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted once per earlier occurrence; 0: off.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Subtracted once if it occurred; 0: off.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>How many of the last tokens, prompt included, count for the penalties.</summary>
    public int PenaltyWindow { get; init; } = 64;

    /// <summary>Equal seeds and equal logits draw equal tokens; null: another one each time.</summary>
    public ulong? Seed { get; init; }
}
