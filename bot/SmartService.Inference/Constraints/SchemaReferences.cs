using System.Globalization;
using System.Text.Json;

namespace SmartService.Inference.Constraints;

/// <summary>Follows <c>$ref</c> inside one document, and says whether options of <c>oneOf</c> exclude each other.</summary>
internal sealed class SchemaReferences(JsonElement root)
{
    private const int MaxHops = 64;
    private const int MaxOptions = 256;

    /// <exception cref="ArgumentException">The reference leads outside of the document or nowhere.</exception>
    public JsonElement Resolve(string pointer)
    {
        if (pointer == "#")
        {
            return root;
        }

        if (!pointer.StartsWith("#/", StringComparison.Ordinal))
        {
            throw new ShapeException("A $ref of the schema leads outside of it, which is not supported.");
        }

        var place = root;
        foreach (var step in pointer[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (place.ValueKind == JsonValueKind.Object && place.TryGetProperty(name, out var member))
            {
                place = member;
            }
            else if (place.ValueKind == JsonValueKind.Array && int.TryParse(name, CultureInfo.InvariantCulture, out var index) && index >= 0 && index < place.GetArrayLength())
            {
                place = place[index];
            }
            else
            {
                throw new ShapeException("A $ref of the schema leads nowhere.");
            }
        }

        return place;
    }

    /// <summary>The keywords of a schema and of what its <c>$ref</c> leads to.</summary>
    public SchemaKeywords Flat(JsonElement schema, string path)
    {
        var keywords = SchemaKeywords.Read(schema, path);
        for (var hop = 0; keywords.Take("$ref") is { } reference; hop++)
        {
            if (hop > MaxHops)
            {
                throw new ShapeException("A $ref of the schema leads back to itself with nothing in between.");
            }

            var target = Resolve(SchemaKeywords.Expect(reference, JsonValueKind.String, "$ref", path).GetString()!);
            if (target.ValueKind == JsonValueKind.Object)
            {
                keywords = keywords.And(SchemaKeywords.Read(target, path), path);
            }
        }

        return keywords;
    }

    /// <summary>Exactly one option may hold, so their texts may be alternatives only if no value satisfies two of them.</summary>
    /// <exception cref="ArgumentException">It cannot be shown that the options exclude each other.</exception>
    public void RefuseOverlap(JsonElement[] options, string path)
    {
        if (options.Length > MaxOptions)
        {
            throw new ShapeException($"'oneOf' at {path} has more than {MaxOptions} options.");
        }

        var all = Array.ConvertAll(options, option => option.ValueKind == JsonValueKind.Object ? Flat(option, path + "/oneOf") : null);
        for (var left = 0; left < all.Length; left++)
        {
            for (var right = left + 1; right < all.Length; right++)
            {
                if (!Exclude(all[left], all[right], path))
                {
                    throw new ShapeException($"'oneOf' at {path} has options that might both hold (no type, constant or required constant property tells them apart); use 'anyOf'.");
                }
            }
        }
    }

    private bool Exclude(SchemaKeywords? left, SchemaKeywords? right, string path)
    {
        if (left is null || right is null)
        {
            return false;
        }

        if (left.Types is { } leftTypes && right.Types is { } rightTypes && !leftTypes.Widened().HasAny(rightTypes.Widened()))
        {
            return true;
        }

        if (Constants(left) is { } leftValues && Constants(right) is { } rightValues)
        {
            return !leftValues.Overlaps(rightValues);
        }

        foreach (var (name, leftProperty) in left.Properties)
        {
            if (left.Required.Contains(name) && right.Required.Contains(name) && left.Types == JsonTypes.Object && right.Types == JsonTypes.Object
                && right.Properties.Find(property => property.Name == name) is { Name: not null } rightProperty
                && leftProperty.ValueKind == JsonValueKind.Object && rightProperty.Schema.ValueKind == JsonValueKind.Object
                && Constants(Flat(leftProperty, path)) is { } leftConstants && Constants(Flat(rightProperty.Schema, path)) is { } rightConstants
                && !leftConstants.Overlaps(rightConstants))
            {
                return true;
            }
        }

        return false;
    }

    // Only strings are compared: 1 and 1.0 are one value.
    private static HashSet<string>? Constants(SchemaKeywords keywords)
    {
        JsonElement[]? values = keywords.Get("const") is { } value ? [value]
            : keywords.Get("enum") is { ValueKind: JsonValueKind.Array } values1 ? [.. values1.EnumerateArray()]
            : null;
        return values is not null && Array.TrueForAll(values, item => item.ValueKind == JsonValueKind.String)
            ? values.Select(item => item.GetString()!).ToHashSet(StringComparer.Ordinal)
            : null;
    }
}
