using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Constraints;

/// <summary>Turns a shape into nodes.</summary>
internal sealed class ShapeCompiler
{
    /// <summary>Shapes inside shapes.</summary>
    public const int MaxDepth = 32;

    private readonly Nodes _nodes = new();
    private readonly Vocabulary _vocabulary;

    private ShapeCompiler(Vocabulary vocabulary) => _vocabulary = vocabulary;

    /// <exception cref="ArgumentException">The shape contradicts itself or holds a schema that is not supported.</exception>
    public static Automaton Compile(OutputShape shape, Vocabulary vocabulary)
    {
        var compiler = new ShapeCompiler(vocabulary);
        var root = compiler.Compile(shape, isLast: true, 0);
        compiler._nodes.Seal(root);
        return new Automaton(root);
    }

    private Node Compile(OutputShape shape, bool isLast, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ShapeException($"The output's shape is nested deeper than {MaxDepth} levels.");
        }

        return shape switch
        {
            OutputShape.Literal literal => _nodes.TemplateText(literal.Text, _vocabulary),
            OutputShape.Json json => SchemaCompiler.Compile(json.Schema, _nodes),
            OutputShape.Choice choice => Compile(choice, isLast, depth),
            OutputShape.InOrder inOrder => _nodes.Sequence(
                [.. inOrder.Parts.Select((part, at) => Compile(part, isLast && at == inOrder.Parts.Count - 1, depth + 1))]),
            OutputShape.FreeText text => isLast ? Compile(text, depth) : throw new ShapeException("Free text goes up to the end of the turn, so nothing can come after it in a shape."),
            _ => throw new ShapeException($"The shape {shape?.GetType().Name} is not known."),
        };
    }

    private Node Compile(OutputShape.Choice choice, bool isLast, int depth)
    {
        if (choice.Options.Count == 0)
        {
            throw new ShapeException("A choice has no options.");
        }

        var texts = choice.Options.OfType<OutputShape.Literal>().Select(option => option.Text).ToArray();
        var isClosed = texts.Length == choice.Options.Count && texts.Length > 1 && !Array.Exists(texts, text => text.Length == 0 || HasControl(text));
        if (!isClosed)
        {
            return _nodes.Alternative([.. choice.Options.Select(option => Compile(option, isLast, depth + 1))]);
        }

        return texts.Distinct(StringComparer.Ordinal).Count() == texts.Length
            ? new LiteralSet(texts, closing: 0, isAsked: true, _nodes).Root
            : throw new ShapeException("A choice has the same option twice.");
    }

    private FreeTextNode Compile(OutputShape.FreeText text, int depth)
    {
        if (string.IsNullOrEmpty(text.Trigger))
        {
            return text.Then is null && !text.Required
                ? new FreeText("", -1, _nodes.Empty, atStartOnly: false, isRequired: false).Root
                : throw new ShapeException("Free text that must turn into something needs a trigger.");
        }

        // A special token of the template, for example <tool_call>, may be one control token, which has no bytes to look out for.
        var tokens = _vocabulary.Tokenize(text.Trigger, special: true);
        var control = tokens.Length > 0 && _vocabulary.IsControl(tokens[0]) ? tokens[0] : -1;
        if (control < 0 ? HasControl(text.Trigger) : tokens.Length > 1)
        {
            throw new ShapeException("A trigger is either one control token or text without control tokens; the rest belongs to what follows it.");
        }

        var again = text.AtStartOnly
            ? new FreeText("", -1, _nodes.Empty, atStartOnly: false, isRequired: false).Root
            : Looping(text, control, depth);
        return text.AtStartOnly || text.Required
            ? new FreeText(control < 0 ? text.Trigger : "", control, Fired(text, again, depth), text.AtStartOnly, text.Required).Root
            : again;
    }

    // After each call the text looks out for the next one.
    private FreeTextNode Looping(OutputShape.FreeText text, int control, int depth)
    {
        var self = _nodes.Reference();
        var root = new FreeText(control < 0 ? text.Trigger! : "", control, Fired(text, self, depth), atStartOnly: false, isRequired: false).Root;
        self.Target = root;
        return root;
    }

    private Node Fired(OutputShape.FreeText text, Node again, int depth) =>
        text.Then is null ? again : _nodes.Sequence(Compile(text.Then, isLast: false, depth + 1), again);

    private bool HasControl(string text) => Array.Exists(_vocabulary.Tokenize(text, special: true), token => _vocabulary.IsControl(token));
}
