using System.Globalization;
using System.Text;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Constraints;

/// <summary>Equal for equal shapes; records that hold lists compare those by reference.</summary>
internal static class ShapeKey
{
    /// <exception cref="ArgumentException">The shape is nested too deep.</exception>
    public static string Of(OutputShape shape)
    {
        var key = new StringBuilder();
        Add(shape, key, 0);
        return key.ToString();
    }

    private static void Add(OutputShape? shape, StringBuilder key, int depth)
    {
        if (depth > ShapeCompiler.MaxDepth)
        {
            throw new ShapeException($"The output's shape is nested deeper than {ShapeCompiler.MaxDepth} levels.");
        }

        switch (shape)
        {
            case OutputShape.Literal literal:
                Add('L', literal.Text, key);
                break;
            case OutputShape.Json json:
                Add('J', json.Schema, key);
                break;
            case OutputShape.Choice choice:
                AddAll('C', choice.Options, key, depth);
                break;
            case OutputShape.InOrder inOrder:
                AddAll('I', inOrder.Parts, key, depth);
                break;
            case OutputShape.FreeText text:
                Add('F', text.Trigger ?? "", key);
                key.Append(text.AtStartOnly ? 's' : '-').Append(text.Required ? 'r' : '-').Append(text.Trigger is null ? 'n' : '-');
                Add(text.Then, key, depth + 1);
                break;
            default:
                key.Append('-');
                break;
        }
    }

    private static void AddAll(char kind, IReadOnlyList<OutputShape> shapes, StringBuilder key, int depth)
    {
        key.Append(kind).Append(CultureInfo.InvariantCulture, $"{shapes.Count}:");
        foreach (var shape in shapes)
        {
            Add(shape, key, depth + 1);
        }
    }

    // Lengths first, so that no text can imitate another shape.
    private static void Add(char kind, string text, StringBuilder key) => key.Append(kind).Append(CultureInfo.InvariantCulture, $"{text.Length}:").Append(text);
}
