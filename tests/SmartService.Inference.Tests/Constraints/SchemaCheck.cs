using System.Text.Json;
using System.Text.RegularExpressions;
using SmartService.Inference.Constraints;

namespace SmartService.Inference.Tests.Constraints;

/// <summary>A small JSON Schema validator, written from the specification and not from the compiler.</summary>
internal sealed class SchemaCheck(JsonElement root)
{
    public static bool IsValid(string schema, string document)
    {
        using var parsedSchema = JsonDocument.Parse(schema);
        using var parsedDocument = JsonDocument.Parse(document);
        return new SchemaCheck(parsedSchema.RootElement).IsValid(parsedSchema.RootElement, parsedDocument.RootElement);
    }

    private bool IsValid(JsonElement schema, JsonElement value)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return schema.ValueKind == JsonValueKind.True;
        }

        return schema.EnumerateObject().All(keyword => Holds(keyword.Name, keyword.Value, schema, value));
    }

    private bool Holds(string keyword, JsonElement argument, JsonElement schema, JsonElement value) => keyword switch
    {
        "type" => argument.ValueKind == JsonValueKind.Array ? argument.EnumerateArray().Any(type => IsType(type.GetString()!, value)) : IsType(argument.GetString()!, value),
        "enum" => argument.EnumerateArray().Any(item => JsonElement.DeepEquals(item, value)),
        "const" => JsonElement.DeepEquals(argument, value),
        "anyOf" => argument.EnumerateArray().Any(option => IsValid(option, value)),
        "oneOf" => argument.EnumerateArray().Count(option => IsValid(option, value)) == 1,
        "allOf" => argument.EnumerateArray().All(option => IsValid(option, value)),
        "$ref" => IsValid(Resolve(argument.GetString()!), value),
        "minLength" => value.ValueKind != JsonValueKind.String || Length(value) >= argument.GetInt32(),
        "maxLength" => value.ValueKind != JsonValueKind.String || Length(value) <= argument.GetInt32(),
        "pattern" => value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, argument.GetString()!, RegexOptions.ECMAScript, TimeSpan.FromSeconds(5)),
        "minimum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() >= argument.GetDecimal(),
        "maximum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() <= argument.GetDecimal(),
        "exclusiveMinimum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() > argument.GetDecimal(),
        "exclusiveMaximum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() < argument.GetDecimal(),
        "multipleOf" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() % argument.GetDecimal() == 0,
        "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= argument.GetInt32(),
        "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= argument.GetInt32(),
        "items" => value.ValueKind != JsonValueKind.Array || value.EnumerateArray().All(item => IsValid(argument, item)),
        "required" => value.ValueKind != JsonValueKind.Object || argument.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
        "properties" => value.ValueKind != JsonValueKind.Object
            || argument.EnumerateObject().All(property => value.EnumerateObject().Where(member => member.Name == property.Name).All(member => IsValid(property.Value, member.Value))),
        "additionalProperties" => value.ValueKind != JsonValueKind.Object
            || value.EnumerateObject().All(member => (schema.TryGetProperty("properties", out var named) && named.TryGetProperty(member.Name, out _)) || IsValid(argument, member.Value)),
        "$defs" or "title" or "description" or "default" => true,
        _ => throw new NotSupportedException(keyword),
    };

    private JsonElement Resolve(string pointer) =>
        pointer == "#" ? root : pointer[2..].Split('/').Aggregate(root, (place, name) => place.GetProperty(name));

    private static bool IsType(string type, JsonElement value) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDecimal() % 1 == 0,
        "number" => value.ValueKind == JsonValueKind.Number,
        "string" => value.ValueKind == JsonValueKind.String,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => false,
    };

    private static int Length(JsonElement value) => value.GetString()!.EnumerateRunes().Count();
}
