namespace SmartService.Inference.Engine;

/// <summary>Tokens for one decode. Reused; grows only once.</summary>
internal sealed class DecodeBatch(int capacity)
{
    private readonly int[] _tokens = new int[capacity];
    private readonly int[] _positions = new int[capacity];
    private readonly int[] _sequences = new int[capacity];
    private readonly bool[] _outputs = new bool[capacity];

    public int Capacity => _tokens.Length;

    public int Count { get; private set; }

    /// <summary>Rows that want logits.</summary>
    public int Outputs { get; private set; }

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Count);

    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, Count);

    public ReadOnlySpan<int> Sequences => _sequences.AsSpan(0, Count);

    public ReadOnlySpan<bool> WantsLogits => _outputs.AsSpan(0, Count);

    /// <summary>Adds a token and returns its row.</summary>
    public int Add(int token, int position, int sequence, bool logits)
    {
        var row = Count++;
        (_tokens[row], _positions[row], _sequences[row], _outputs[row]) = (token, position, sequence, logits);
        Outputs += logits ? 1 : 0;
        return row;
    }

    public void Clear() => (Count, Outputs) = (0, 0);
}
