using System.Text.Json;

namespace SmartService.Inference.Constraints;

[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Number = 8,
    String = 16,
    Array = 32,
    Object = 64,
    All = 127,
}

internal static class JsonTypesExtensions
{
    public static bool HasAny(this JsonTypes types, JsonTypes some) => (types & some) != JsonTypes.None;

    /// <summary>A whole number is a number.</summary>
    public static JsonTypes Widened(this JsonTypes types) => types.HasAny(JsonTypes.Number) ? types | JsonTypes.Integer : types;
}

/// <summary>The keywords of one schema object, annotations left out.</summary>
internal sealed class SchemaKeywords
{
    private static readonly HashSet<string> Annotations =
        ["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$schema", "$comment", "$id", "$defs", "definitions"];

    private static readonly HashSet<string> Known =
    [
        "$ref", "allOf", "anyOf", "oneOf", "enum", "const", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "multipleOf", "additionalProperties", "items", "minItems", "maxItems",
    ];

    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);

    /// <summary>What <c>type</c> says; null: nothing.</summary>
    public JsonTypes? Types { get; private set; }

    public List<(string Name, JsonElement Schema)> Properties { get; } = [];

    /// <summary>Whether <c>properties</c> is there at all.</summary>
    public bool HasProperties { get; private set; }

    public List<string> Required { get; } = [];

    public bool IsEmpty => IsOnlyTypes && Types is null;

    /// <summary>Nothing but perhaps <c>type</c>.</summary>
    public bool IsOnlyTypes => _values.Count == 0 && !HasProperties && Required.Count == 0;

    public bool Has(string keyword) => _values.ContainsKey(keyword);

    public JsonElement? Get(string keyword) => _values.TryGetValue(keyword, out var value) ? value : null;

    /// <summary>Takes a keyword out.</summary>
    public JsonElement? Take(string keyword) => _values.Remove(keyword, out var value) ? value : null;

    /// <exception cref="ArgumentException">A keyword is not supported or malformed; the message names it and the place.</exception>
    public static SchemaKeywords Read(JsonElement schema, string path)
    {
        var keywords = new SchemaKeywords();
        foreach (var member in schema.EnumerateObject())
        {
            switch (member.Name)
            {
                case "type":
                    keywords.Types = ReadTypes(member.Value, path);
                    break;
                case "properties":
                    keywords.HasProperties = true;
                    keywords.Properties.AddRange(Expect(member.Value, JsonValueKind.Object, member.Name, path).EnumerateObject().Select(property => (property.Name, property.Value)));
                    break;
                case "required":
                    keywords.Required.AddRange(Expect(member.Value, JsonValueKind.Array, member.Name, path).EnumerateArray()
                        .Select(name => Expect(name, JsonValueKind.String, member.Name, path).GetString()!).Distinct(StringComparer.Ordinal));
                    break;
                // Says only what is not supported when it is true.
                case "uniqueItems" when member.Value.ValueKind == JsonValueKind.False:
                    break;
                default:
                    if (Known.Contains(member.Name))
                    {
                        keywords._values.Add(member.Name, member.Value);
                    }
                    else if (!Annotations.Contains(member.Name) && !member.Name.StartsWith("x-", StringComparison.Ordinal))
                    {
                        throw new ShapeException($"The schema keyword '{member.Name}' at {path} is not supported.");
                    }

                    break;
            }
        }

        return keywords;
    }

    /// <summary>Adds the keywords of a schema that must hold as well.</summary>
    /// <exception cref="ArgumentException">Both say something about the same thing.</exception>
    public SchemaKeywords And(SchemaKeywords other, string path)
    {
        if ((Has("additionalProperties") && other.HasProperties) || (other.Has("additionalProperties") && HasProperties))
        {
            throw new ShapeException($"'additionalProperties' at {path} beside properties that come from another part of the schema is not supported.");
        }

        var both = new SchemaKeywords { Types = Types is { } left && other.Types is { } right ? left.Widened() & right.Widened() : Types ?? other.Types, HasProperties = HasProperties || other.HasProperties };
        foreach (var (keyword, value) in _values.Concat(other._values))
        {
            if (!both._values.TryAdd(keyword, value) && both._values[keyword].GetRawText() != value.GetRawText())
            {
                throw new ShapeException($"The schema keyword '{keyword}' is said twice for one value, at {path} and where that leads; this is not supported.");
            }
        }

        foreach (var (name, schema) in Properties.Concat(other.Properties))
        {
            if (both.Properties.Find(property => property.Name == name) is not { Name: not null } known)
            {
                both.Properties.Add((name, schema));
            }
            else if (known.Schema.GetRawText() != schema.GetRawText())
            {
                throw new ShapeException($"A property is described twice, at {path} and where that leads; this is not supported.");
            }
        }

        both.Required.AddRange(Required.Union(other.Required, StringComparer.Ordinal));
        return both;
    }

    /// <summary>The types that the schema is about: what <c>type</c> says, else what the keywords are about, else all.</summary>
    public JsonTypes EffectiveTypes
    {
        get
        {
            if (Types is { } types)
            {
                return types;
            }

            var about = JsonTypes.None;
            about |= HasProperties || Required.Count > 0 || Has("additionalProperties") ? JsonTypes.Object : JsonTypes.None;
            about |= Has("items") || Has("minItems") || Has("maxItems") ? JsonTypes.Array : JsonTypes.None;
            about |= Has("minLength") || Has("maxLength") || Has("pattern") || Has("format") ? JsonTypes.String : JsonTypes.None;
            about |= Has("minimum") || Has("maximum") || Has("exclusiveMinimum") || Has("exclusiveMaximum") || Has("multipleOf") ? JsonTypes.Number : JsonTypes.None;
            return about == JsonTypes.None ? JsonTypes.All : about;
        }
    }

    /// <summary>A count such as <c>minLength</c>, at most <paramref name="limit"/>.</summary>
    public int Count(string keyword, int missing, int limit, string path) =>
        Get(keyword) is not { } value ? missing
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var count) && count >= 0 ? (int)Math.Min(count, limit)
        : throw new ShapeException($"'{keyword}' at {path} is not a whole number of at least 0.");

    public static JsonElement Expect(JsonElement value, JsonValueKind kind, string keyword, string path) =>
        value.ValueKind == kind ? value : throw new ShapeException($"'{keyword}' at {path} is {value.ValueKind}, not {kind}.");

    private static JsonTypes ReadTypes(JsonElement value, string path)
    {
        var types = JsonTypes.None;
        foreach (var name in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value])
        {
            types |= Expect(name, JsonValueKind.String, "type", path).GetString() switch
            {
                "null" => JsonTypes.Null,
                "boolean" => JsonTypes.Boolean,
                "integer" => JsonTypes.Integer,
                "number" => JsonTypes.Number,
                "string" => JsonTypes.String,
                "array" => JsonTypes.Array,
                "object" => JsonTypes.Object,
                _ => throw new ShapeException($"'type' at {path} names a type that JSON does not have."),
            };
        }

        return types != JsonTypes.None ? types : throw new ShapeException($"'type' at {path} is an empty list.");
    }
}
