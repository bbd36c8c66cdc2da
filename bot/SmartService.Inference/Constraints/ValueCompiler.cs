using System.Text.Json;

namespace SmartService.Inference.Constraints;

/// <summary>Compiles one value: constants, and each type with its keywords.</summary>
/// <param name="nodes">Makes the nodes.</param>
/// <param name="compile">Compiles a schema inside: schema, place, depth.</param>
internal sealed class ValueCompiler(Nodes nodes, Func<JsonElement, string, int, Node> compile)
{
    // An unknown value may be four levels deep per level of MaxNesting: eight are enough for data that nobody described.
    private const int AnyLevels = 4;

    private readonly StringCompiler _strings = new(nodes);
    private Node? _any;

    /// <summary>Any JSON value.</summary>
    public Node Any
    {
        get
        {
            if (_any is not null)
            {
                return _any;
            }

            var self = nodes.Reference();
            _any = self;
            var text = _strings.Free;
            var pair = nodes.Sequence(nodes.Literal("\""), _strings.FreeName, nodes.Literal(":"), self);
            self.Target = nodes.Alternative(
                text,
                NumberCompiler.Any,
                Literals(["true", "false", "null"]),
                nodes.Nest(List(self, 0, SchemaLimits.AnyItems, "[", "]"), AnyLevels),
                nodes.Nest(List(pair, 0, SchemaLimits.ExtraProperties, "{", "}"), AnyLevels));
            return _any;
        }
    }

    public Node Compile(SchemaKeywords keywords, string path, int depth)
    {
        if (Constants(keywords, path) is { } constants)
        {
            var types = keywords.Types ?? JsonTypes.All;
            return keywords.IsOnlyTypes
                ? Literals([.. constants.Where(value => types.Widened().HasAny(TypeOf(value))).Select(JsonLiteral.Of)])
                : throw new ShapeException($"'enum' or 'const' at {path} beside other keywords than 'type' is not supported.");
        }

        if (keywords.IsEmpty)
        {
            return Any;
        }

        var wanted = keywords.EffectiveTypes;
        var options = new List<Node>();
        if (wanted.HasAny(JsonTypes.String))
        {
            options.Add(_strings.Compile(keywords, path));
        }

        if (wanted.HasAny(JsonTypes.Number | JsonTypes.Integer))
        {
            options.Add(NumberCompiler.Compile(keywords, !wanted.HasAny(JsonTypes.Number), path));
        }

        if (wanted.HasAny(JsonTypes.Array))
        {
            options.Add(Array(keywords, path, depth));
        }

        if (wanted.HasAny(JsonTypes.Object))
        {
            options.Add(Object(keywords, path, depth));
        }

        if (wanted.HasAny(JsonTypes.Boolean | JsonTypes.Null))
        {
            options.Add(Literals([.. FixedTexts(wanted)]));
        }

        return nodes.Alternative([.. options]);
    }

    /// <summary>The options of <c>anyOf</c> as one closed choice, if all are constants and nothing else is said; else null.</summary>
    public Node? ClosedChoice(JsonElement[] options, SchemaKeywords beside, string path)
    {
        if (!beside.IsEmpty)
        {
            return null;
        }

        var texts = new List<string>();
        foreach (var option in options)
        {
            if (option.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var keywords = SchemaKeywords.Read(option, path);
            var constants = Constants(keywords, path);
            if (constants is not null && keywords.IsEmpty)
            {
                texts.AddRange(constants.Select(JsonLiteral.Of));
            }
            else if (constants is null && keywords is { IsOnlyTypes: true, Types: not null } && !keywords.EffectiveTypes.HasAny(JsonTypes.All & ~(JsonTypes.Boolean | JsonTypes.Null)))
            {
                texts.AddRange(FixedTexts(keywords.EffectiveTypes));
            }
            else
            {
                return null;
            }
        }

        return Literals([.. texts]);
    }

    private static IEnumerable<string> FixedTexts(JsonTypes types) =>
        [.. types.HasAny(JsonTypes.Boolean) ? ["true", "false"] : System.Array.Empty<string>(), .. types.HasAny(JsonTypes.Null) ? ["null"] : System.Array.Empty<string>()];

    private Node Literals(string[] texts)
    {
        texts = [.. texts.Distinct(StringComparer.Ordinal)];
        return texts.Length switch
        {
            0 => nodes.Never,
            1 => nodes.Literal(texts[0]),
            // The opening quotation mark is fixed, so it is fed with what comes before it.
            _ when System.Array.TrueForAll(texts, text => text[0] == '"') => nodes.Sequence(
                nodes.Literal("\""), new LiteralSet([.. texts.Select(text => text[1..])], closing: 1, isAsked: false, nodes).Root),
            _ => new LiteralSet(texts, closing: 0, isAsked: false, nodes).Root,
        };
    }

    private Node Array(SchemaKeywords keywords, string path, int depth)
    {
        var least = keywords.Count("minItems", 0, SchemaLimits.Items + 1, path);
        var most = keywords.Count("maxItems", SchemaLimits.Items, SchemaLimits.Items, path);
        if (least > most)
        {
            throw new ShapeException($"'minItems' at {path} is more than 'maxItems', or more than the {SchemaLimits.Items} that are written.");
        }

        var item = keywords.Get("items") is { } items ? compile(items, path + "/items", depth + 1) : Any;
        return nodes.Nest(List(item, least, most, "[", "]"));
    }

    private Node Object(SchemaKeywords keywords, string path, int depth)
    {
        var extra = keywords.Get("additionalProperties") switch
        {
            null => keywords.HasProperties ? null : Any,
            { ValueKind: JsonValueKind.False } => null,
            { } schema => compile(schema, path + "/additionalProperties", depth + 1),
        };
        var members = keywords.Properties.ConvertAll(property =>
            (property.Name, Value: compile(property.Schema, $"{path}/properties/{property.Name}", depth + 1), IsRequired: keywords.Required.Contains(property.Name)));
        foreach (var name in keywords.Required.Except(members.Select(member => member.Name), StringComparer.Ordinal).ToArray())
        {
            members.Add((name, extra ?? (keywords.Has("additionalProperties") ? nodes.Never : Any), IsRequired: true));
        }

        // From the end: what may come when members were written already, and when none was.
        var (after, first) = ObjectEnd(extra, members.Select(member => member.Name));
        for (var at = members.Count - 1; at >= 0; at--)
        {
            var (name, value, isRequired) = members[at];
            var key = JsonLiteral.Of(name) + ":";
            var writtenAfter = nodes.Sequence(nodes.Literal("," + key), value, after);
            var writtenFirst = nodes.Sequence(nodes.Literal(key), value, after);
            (after, first) = isRequired ? (writtenAfter, writtenFirst) : (nodes.Alternative(writtenAfter, after), nodes.Alternative(writtenFirst, first));
        }

        return nodes.Nest(nodes.Sequence(nodes.Literal("{"), first));
    }

    private (Node After, Node First) ObjectEnd(Node? extra, IEnumerable<string> names)
    {
        var end = nodes.Literal("}");
        if (extra is null)
        {
            return (end, end);
        }

        var pair = nodes.Sequence(nodes.Literal("\""), _strings.NameExcept(names), nodes.Literal(":"), extra);
        var more = nodes.Sequence(nodes.Literal(","), pair);
        return (nodes.Sequence(nodes.Repeat(more, 0, SchemaLimits.ExtraProperties), end),
            nodes.Alternative(nodes.Sequence(pair, nodes.Repeat(more, 0, SchemaLimits.ExtraProperties - 1), end), end));
    }

    private Node List(Node item, int least, int most, string open, string close)
    {
        if (most == 0)
        {
            return nodes.Literal(open + close);
        }

        var items = nodes.Sequence(item, nodes.Repeat(nodes.Sequence(nodes.Literal(","), item), Math.Max(0, least - 1), most - 1), nodes.Literal(close));
        return nodes.Sequence(nodes.Literal(open), least > 0 ? items : nodes.Alternative(items, nodes.Literal(close)));
    }

    private static JsonElement[]? Constants(SchemaKeywords keywords, string path)
    {
        var one = keywords.Take("const");
        JsonElement[]? many = keywords.Take("enum") is { } values ? [.. SchemaKeywords.Expect(values, JsonValueKind.Array, "enum", path).EnumerateArray()] : null;
        return one is not { } constant ? many
            : many is null ? [constant]
            : [.. many.Where(value => JsonElement.DeepEquals(value, constant))];
    }

    private static JsonTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Object => JsonTypes.Object,
        _ => value.TryGetInt64(out _) ? JsonTypes.Integer : JsonTypes.Number,
    };
}
