using System.Text;
using SmartService.Inference.Engine;

namespace SmartService.Inference.Constraints;

/// <summary>Makes the nodes of one shape, counts them, and checks them as a whole.</summary>
internal sealed class Nodes
{
    /// <summary>More nodes than any sensible schema has; past it a schema is refused instead of eating memory.</summary>
    private const int MaxNodes = 50_000;

    private readonly List<Node> _made = [];
    private int _bytes;

    public Node Empty { get; }

    /// <summary>What no output satisfies.</summary>
    public Node Never { get; }

    public Nodes()
    {
        Empty = Add(new SequenceNode());
        Never = Add(new AlternativeNode());
    }

    public Node Sequence(params Node[] parts) => parts.Length == 1 ? parts[0] : Add(new SequenceNode(parts));

    public Node Alternative(params Node[] options) => options.Length == 1 ? options[0] : Add(new AlternativeNode(options));

    public Node Repeat(Node item, int least, int most) => Add(new RepeatNode(item, least, most));

    public Node Nest(Node inner, int levels = 1) => Add(new NestNode(inner, levels));

    public ReferenceNode Reference() => Add(new ReferenceNode());

    public Node Literal(string text) => Literal(Encoding.UTF8.GetBytes(text));

    public Node Literal(ReadOnlySpan<byte> text)
    {
        Count(text.Length);
        var node = Empty;
        for (var at = text.Length - 1; at >= 0; at--)
        {
            node = new LiteralNode(text[at], node);
        }

        return node;
    }

    /// <summary>Text of a template, in which control tokens stand for themselves (<see cref="Vocabulary.IsControl"/>); all else is bytes.</summary>
    public Node TemplateText(string text, Vocabulary vocabulary)
    {
        var tokens = vocabulary.Tokenize(text, special: true);
        if (!Array.Exists(tokens, token => vocabulary.IsControl(token)))
        {
            return Literal(text);
        }

        var parts = new List<Node>();
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (vocabulary.IsControl(token))
            {
                parts.Add(Literal([.. bytes]));
                parts.Add(Add(new ControlNode(token)));
                bytes.Clear();
            }
            else
            {
                bytes.AddRange(vocabulary.Bytes(token));
            }
        }

        parts.Add(Literal([.. bytes]));
        return Sequence([.. parts]);
    }

    public T Add<T>(T node)
        where T : Node
    {
        if (_made.Count >= MaxNodes)
        {
            throw new ShapeException($"The schema is too large: more than {MaxNodes} parts.");
        }

        _made.Add(node);
        return node;
    }

    /// <summary>Counts literal text against the limit.</summary>
    public void Count(int bytes)
    {
        _bytes += bytes;
        if (_bytes > 1 << 20)
        {
            throw new ShapeException("The schema is too large: more than 1 MiB of fixed text.");
        }
    }

    /// <summary>Computes <see cref="Node.Nesting"/> of all nodes; children were made before parents, so only references need another pass.</summary>
    /// <exception cref="ArgumentException">The root cannot be completed within <see cref="Automaton.MaxNesting"/>, or a reference leads to itself with nothing in between.</exception>
    public void Seal(Node root)
    {
        var changed = true;
        for (var pass = 0; changed && pass < 200; pass++)
        {
            changed = false;
            foreach (var node in _made)
            {
                var least = node.LeastNesting();
                changed |= least < node.Nesting;
                node.Nesting = Math.Min(node.Nesting, least);
            }
        }

        if (root.Nesting > Automaton.MaxNesting)
        {
            throw new ShapeException($"No output of at most {Automaton.MaxNesting} nested levels can satisfy the schema.");
        }

        RefuseEmptyLoops();
    }

    // "a": {"$ref": "a"} and "a": {"anyOf": [{"$ref": "a"}, …]} say nothing and would be expanded for ever.
    private void RefuseEmptyLoops()
    {
        var done = new HashSet<Node>();
        var open = new HashSet<Node>();
        foreach (var node in _made)
        {
            Visit(node, 0);
        }

        void Visit(Node? node, int depth)
        {
            if (node is not (AlternativeNode or ReferenceNode) || done.Contains(node))
            {
                return;
            }

            if (!open.Add(node) || depth > 1_000)
            {
                throw new ShapeException("A $ref of the schema leads back to itself with nothing in between.");
            }

            if (node is ReferenceNode reference)
            {
                Visit(reference.Target, depth + 1);
            }
            else if (node is AlternativeNode alternative)
            {
                foreach (var option in alternative.Options)
                {
                    Visit(option, depth + 1);
                }
            }

            open.Remove(node);
            done.Add(node);
        }
    }
}
