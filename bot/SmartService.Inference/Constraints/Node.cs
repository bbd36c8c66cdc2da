namespace SmartService.Inference.Constraints;

/// <summary>
/// A piece of the language that an output must be in. Nodes are immutable once <see cref="Nodes.Seal"/> has run and are compared by
/// reference, so that equal situations of the automaton are one situation.
/// </summary>
internal abstract class Node
{
    /// <summary>More than any nesting: this node cannot be completed.</summary>
    public const int Impossible = 10_000;

    /// <summary>The least JSON nesting below this node that completing it needs.</summary>
    public int Nesting { get; set; } = Impossible;

    /// <summary>Recomputes <see cref="Nesting"/> from the children.</summary>
    public abstract int LeastNesting();
}

/// <summary>A node that consumes bytes by itself. Which byte it was decides what is left of the node.</summary>
internal abstract class Terminal : Node
{
    protected Terminal() => Nesting = 0;

    public sealed override int LeastNesting() => 0;

    /// <summary>Whether what comes after this node may begin here.</summary>
    public virtual bool CanStop => false;

    /// <summary>The control token that is wanted here instead of bytes, or -1.</summary>
    public virtual int Control => -1;

    /// <summary>Adds the bytes that may come.</summary>
    public abstract void First(ref ByteSet set);

    /// <summary>What is left after <paramref name="value"/>; null: it may not come. What is left can always be completed.</summary>
    public abstract Node? After(byte value);
}

/// <summary>One fixed byte and then the next.</summary>
internal sealed class LiteralNode(byte value, Node next) : Terminal
{
    public override void First(ref ByteSet set) => set.Add(value);

    public override Node? After(byte given) => given == value ? next : null;
}

/// <summary>One control token, which has no bytes.</summary>
internal sealed class ControlNode(int token) : Terminal
{
    public override int Control => token;

    public override void First(ref ByteSet set)
    {
    }

    public override Node? After(byte value) => null;
}

/// <summary>One after the other; no parts: the empty text.</summary>
internal sealed class SequenceNode(params Node[] parts) : Node
{
    public Node[] Parts => parts;

    public override int LeastNesting()
    {
        var most = 0;
        foreach (var part in parts)
        {
            most = Math.Max(most, part.Nesting);
        }

        return most;
    }
}

/// <summary>One of the options; no options: nothing at all.</summary>
internal sealed class AlternativeNode(params Node[] options) : Node
{
    public Node[] Options => options;

    public override int LeastNesting()
    {
        var least = Impossible;
        foreach (var option in options)
        {
            least = Math.Min(least, option.Nesting);
        }

        return least;
    }
}

/// <summary>The item <paramref name="least"/> to <paramref name="most"/> times. The item is never empty.</summary>
internal sealed class RepeatNode(Node item, int least, int most) : Node
{
    private RepeatNode? _rest;

    public Node Item => item;

    public int Least => least;

    public int Most => most;

    /// <summary>What is left after one item.</summary>
    public RepeatNode Rest => _rest ??= new RepeatNode(item, Math.Max(0, least - 1), most - 1) { Nesting = least > 1 ? item.Nesting : 0 };

    public override int LeastNesting() => least > 0 ? item.Nesting : 0;
}

/// <summary>An object or an array: one level deeper, or <paramref name="levels"/> where a tighter limit is wanted.</summary>
internal sealed class NestNode(Node inner, int levels = 1) : Node
{
    public Node Inner => inner;

    public NestEndNode End { get; } = new(levels);

    public override int LeastNesting() => Math.Min(Impossible, inner.Nesting + End.Levels);
}

/// <summary>Where a nesting ends; it has no text.</summary>
internal sealed class NestEndNode : Node
{
    public NestEndNode(int levels) => (Levels, Nesting) = (levels, 0);

    public int Levels { get; }

    public override int LeastNesting() => 0;
}

/// <summary>A definition that may lead back to itself.</summary>
internal sealed class ReferenceNode : Node
{
    public Node? Target { get; set; }

    public override int LeastNesting() => Target?.Nesting ?? Impossible;
}
