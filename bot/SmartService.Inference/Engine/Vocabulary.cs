namespace SmartService.Inference.Engine;

/// <summary>The tokens of one model. Thread-safe; requests are tokenized on their own threads.</summary>
internal abstract class Vocabulary
{
    public abstract int Count { get; }

    /// <summary>The begin-of-sequence token when prompts of this model start with one, else null.</summary>
    public abstract int? Begin { get; }

    /// <summary>The token with which this model ends its turn, or null when the file does not say.</summary>
    public virtual int? EndOfTurn => null;

    /// <summary>The token's bytes; a token may be part of a character. Empty for control tokens.</summary>
    public abstract ReadOnlySpan<byte> Bytes(int token);

    /// <summary>The most bytes of a token, so the most UTF-16 units too.</summary>
    public int LongestToken => field > 0 ? field : field = Enumerable.Range(0, Count).Max(token => Math.Max(1, Bytes(token).Length));

    /// <summary>Whether the token ends the model's turn.</summary>
    public abstract bool IsEnd(int token);

    /// <summary>Whether the token is a control token, which has no text of its own.</summary>
    public abstract bool IsControl(int token);

    /// <summary>Tokens of a text. <paramref name="special"/>: special tokens are recognised; only for template text. Never adds begin or end tokens.</summary>
    public abstract int[] Tokenize(string text, bool special);
}
