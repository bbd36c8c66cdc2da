using System.Text;

namespace SmartService.Inference.Constraints;

/// <summary>A closed choice of texts. No text is empty and none is there twice.</summary>
internal sealed class LiteralSet
{
    private readonly byte[][] _sorted;
    private readonly Dictionary<(int From, int To, int At), LiteralSetNode> _nodes = [];
    private readonly Node _empty;

    /// <param name="texts">In the order in which the options are counted.</param>
    /// <param name="closing">Bytes at the end of every text that only close it (the quotation mark of a JSON string).</param>
    /// <param name="isAsked">The caller wants the scores, whatever they cost.</param>
    /// <param name="nodes">Where the text is counted.</param>
    public LiteralSet(IReadOnlyList<string> texts, int closing, bool isAsked, Nodes nodes)
    {
        Texts = [.. texts.Select(Encoding.UTF8.GetBytes)];
        Closing = closing;
        IsAsked = isAsked;
        _empty = nodes.Empty;
        nodes.Count(Texts.Sum(text => text.Length));
        _sorted = [.. Texts];
        Array.Sort(_sorted, (left, right) => left.AsSpan().SequenceCompareTo(right));
    }

    public byte[][] Texts { get; }

    public int Closing { get; }

    public bool IsAsked { get; }

    public LiteralSetNode Root => Node(0, _sorted.Length, 0);

    public void First(LiteralSetNode node, ref ByteSet set)
    {
        for (var at = node.From; at < node.To;)
        {
            if (_sorted[at].Length == node.At)
            {
                at++;
                continue;
            }

            var value = _sorted[at][node.At];
            set.Add(value);
            at = Range(node, value).To;
        }
    }

    public Node? After(LiteralSetNode node, byte value)
    {
        var (from, to) = Range(node, value);
        if (from >= to)
        {
            return null;
        }

        return to - from == 1 && _sorted[from].Length == node.At + 1 ? _empty : Node(from, to, node.At + 1);
    }

    public bool CanStop(LiteralSetNode node) => _sorted[node.From].Length == node.At;

    private LiteralSetNode Node(int from, int to, int at)
    {
        if (!_nodes.TryGetValue((from, to, at), out var node))
        {
            node = new LiteralSetNode(this, from, to, at);
            _nodes.Add((from, to, at), node);
        }

        return node;
    }

    private (int From, int To) Range(LiteralSetNode node, byte value) => (Bound(node, value), Bound(node, value + 1));

    // The first text in the node's range whose byte is not below the value; a text that ends here comes before all others.
    private int Bound(LiteralSetNode node, int value)
    {
        var (from, to) = (node.From, node.To);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (_sorted[middle].Length == node.At || _sorted[middle][node.At] < value)
            {
                from = middle + 1;
            }
            else
            {
                to = middle;
            }
        }

        return from;
    }
}

/// <summary>The texts of the set that agree with the <paramref name="at"/> bytes written so far.</summary>
internal sealed class LiteralSetNode(LiteralSet set, int from, int to, int at) : Terminal
{
    public LiteralSet Set => set;

    public int From => from;

    public int To => to;

    public int At => at;

    public override bool CanStop => set.CanStop(this);

    public override void First(ref ByteSet bytes) => set.First(this, ref bytes);

    public override Node? After(byte value) => set.After(this, value);
}
