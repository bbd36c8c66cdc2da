using System.Text.Json;

namespace SmartService.Inference.Constraints;

/// <summary>
/// JSON Schema (2020-12, the subset below) to nodes. What is written is always valid under the schema, but not every valid document
/// is written: JSON is compact, members come in the schema's order, and lengths, counts, digits and depth have limits, so that every
/// output ends. A keyword that is not understood is an error, never ignored: dropped keywords are what users of such engines
/// report most (xgrammar #104, #895; outlines-core #261; sglang #28804).
/// </summary>
internal sealed class SchemaCompiler
{
    private const int MaxSchema = 256 * 1024;
    private const int MaxCompileDepth = 128;

    private readonly Nodes _nodes;
    private readonly SchemaReferences _references;
    private readonly ValueCompiler _values;
    private readonly Dictionary<string, ReferenceNode> _compiled = new(StringComparer.Ordinal);

    private SchemaCompiler(JsonElement root, Nodes nodes)
    {
        _nodes = nodes;
        _references = new SchemaReferences(root);
        _values = new ValueCompiler(nodes, Compile);
    }

    /// <exception cref="ArgumentException">Not a schema, contradictory, or with a keyword that is not supported; the message names it.</exception>
    public static Node Compile(string schema, Nodes nodes)
    {
        if (schema.Length > MaxSchema)
        {
            throw new ShapeException($"The schema has more than {MaxSchema / 1024} Ki characters.");
        }

        try
        {
            using var document = JsonDocument.Parse(schema.Length == 0 ? "{}" : schema, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return new SchemaCompiler(document.RootElement, nodes).Compile(document.RootElement, "#", 0);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // A lone surrogate in a string is found only when the string is read.
            throw new ShapeException("The schema is not JSON.", exception);
        }
    }

    private Node Compile(JsonElement schema, string path, int depth)
    {
        if (depth > MaxCompileDepth)
        {
            throw new ShapeException($"The schema is nested deeper than {MaxCompileDepth} levels, or a $ref leads back to itself.");
        }

        return schema.ValueKind switch
        {
            JsonValueKind.True => _values.Any,
            JsonValueKind.False => _nodes.Never,
            JsonValueKind.Object => Compile(SchemaKeywords.Read(schema, path), path, depth),
            _ => throw new ShapeException($"The schema at {path} is {schema.ValueKind}, not an object."),
        };
    }

    private Node Compile(SchemaKeywords keywords, string path, int depth)
    {
        if (depth > MaxCompileDepth)
        {
            throw new ShapeException($"The schema is nested deeper than {MaxCompileDepth} levels, or a $ref leads back to itself.");
        }

        if (keywords.Take("$ref") is { } reference)
        {
            var pointer = SchemaKeywords.Expect(reference, JsonValueKind.String, "$ref", path).GetString()!;
            return keywords.IsEmpty ? CompileReference(pointer, depth) : CompileBoth(keywords, _references.Resolve(pointer), path, pointer, depth);
        }

        if (keywords.Take("allOf") is { } all)
        {
            var parts = SchemaKeywords.Expect(all, JsonValueKind.Array, "allOf", path).EnumerateArray().ToArray();
            foreach (var part in parts)
            {
                if (part.ValueKind == JsonValueKind.False)
                {
                    return _nodes.Never;
                }

                if (part.ValueKind == JsonValueKind.Object)
                {
                    keywords = keywords.And(_references.Flat(part, path + "/allOf"), path);
                }
            }

            return Compile(keywords, path, depth + 1);
        }

        var name = keywords.Has("anyOf") ? "anyOf" : "oneOf";
        if (keywords.Take(name) is { } any)
        {
            return CompileOptions(keywords, SchemaKeywords.Expect(any, JsonValueKind.Array, name, path), name, path, depth);
        }

        return _values.Compile(keywords, path, depth);
    }

    private Node CompileOptions(SchemaKeywords keywords, JsonElement any, string name, string path, int depth)
    {
        var options = any.EnumerateArray().ToArray();
        if (options.Length == 0)
        {
            throw new ShapeException($"'{name}' at {path} is empty.");
        }

        if (name == "oneOf")
        {
            _references.RefuseOverlap(options, path);
        }

        if (_values.ClosedChoice(options, keywords, path) is { } choice)
        {
            return choice;
        }

        return _nodes.Alternative([.. options.Select((option, at) => keywords.IsEmpty
            ? Compile(option, $"{path}/{name}/{at}", depth + 1)
            : CompileBoth(keywords, option, path, $"{path}/{name}/{at}", depth))]);
    }

    private ReferenceNode CompileReference(string pointer, int depth)
    {
        if (!_compiled.TryGetValue(pointer, out var node))
        {
            node = _nodes.Reference();
            _compiled.Add(pointer, node);
            node.Target = Compile(_references.Resolve(pointer), pointer, depth + 1);
        }

        return node;
    }

    // Both must hold for one value: $ref with siblings, anyOf with siblings.
    private Node CompileBoth(SchemaKeywords keywords, JsonElement schema, string path, string otherPath, int depth) => schema.ValueKind switch
    {
        JsonValueKind.True => Compile(keywords, path, depth + 1),
        JsonValueKind.False => _nodes.Never,
        JsonValueKind.Object => Compile(keywords.And(SchemaKeywords.Read(schema, otherPath), path), path, depth + 1),
        _ => throw new ShapeException($"The schema at {otherPath} is {schema.ValueKind}, not an object."),
    };
}
