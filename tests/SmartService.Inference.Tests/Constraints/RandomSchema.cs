using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartService.Inference.Constraints;

namespace SmartService.Inference.Tests.Constraints;

/// <summary>Random schemas, and for each of them random documents that it accepts, in the form that is written (compact, schema order).</summary>
internal sealed class RandomSchema(Random random)
{
    private static readonly string[] Names = ["intent", "意图", "订单号", "city", "城市", "a", "ab", "name", "数量", "quote\"d", "x/y"];
    private static readonly string[] Words = ["查询订单", "查询物流", "查询", "退货", "a", "ab", "", "he said \"hi\"", "换\n行", "😀表情"];

    // Each with a sample maker that does not use the pattern's parser.
    private static readonly (string Pattern, Func<Random, string> Sample)[] Patterns =
    [
        ("^[A-Z]{2}\\d{4,6}$", random => $"{(char)('A' + random.Next(26))}{(char)('A' + random.Next(26))}{random.Next(1_000, 1_000_000).ToString(CultureInfo.InvariantCulture)}"),
        ("^(红|绿|蓝)色?$", random => new[] { "红", "绿色", "蓝" }[random.Next(3)]),
        ("^1[3-9]\\d{9}$", random => "1" + random.Next(3, 10).ToString(CultureInfo.InvariantCulture) + random.Next(100_000_000, 1_000_000_000).ToString(CultureInfo.InvariantCulture)),
        ("^[\u4e00-\u9fa5]+$", random => string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => (char)random.Next(0x4e00, 0x9fa6)))),
        ("@", random => "某" + new string('x', random.Next(4)) + "@" + new string('y', random.Next(4))),
    ];

    public JsonNode Schema(int depth = 0) => random.Next(depth > 2 ? 7 : 11) switch
    {
        0 => String(),
        1 => Integer(),
        2 => Number(),
        3 => new JsonObject { ["type"] = "boolean" },
        4 => Enumeration(),
        5 => Pattern(),
        6 => new JsonObject { ["type"] = new JsonArray("string", "null"), ["maxLength"] = random.Next(8) },
        7 => new JsonObject { ["type"] = "array", ["items"] = Schema(depth + 1), ["minItems"] = random.Next(3), ["maxItems"] = random.Next(2, 5) },
        8 => new JsonObject { ["anyOf"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Schema(depth + 1))]) },
        _ => Object(depth),
    };

    private JsonObject String()
    {
        var least = random.Next(4);
        return new JsonObject { ["type"] = "string", ["minLength"] = least, ["maxLength"] = least + random.Next(12), ["description"] = "任意" };
    }

    private JsonObject Integer()
    {
        var schema = new JsonObject { ["type"] = "integer" };
        var low = random.Next(5) switch { 0 => 0, 1 => -random.Next(2_000), _ => random.Next(300) };
        if (random.Next(4) > 0)
        {
            schema[random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = low;
        }

        if (random.Next(4) > 0)
        {
            schema["maximum"] = low + 1 + random.Next(random.Next(2) == 0 ? 5 : 100_000);
        }

        return schema;
    }

    private JsonObject Number()
    {
        var schema = new JsonObject { ["type"] = "number" };
        var low = decimal.Round((decimal)((random.NextDouble() * 200) - 100), random.Next(4));
        if (random.Next(3) > 0)
        {
            schema[random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = low;
        }

        if (random.Next(3) > 0)
        {
            schema[random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = low + decimal.Round((decimal)(random.NextDouble() * 10), 3) + 0.01m;
        }

        if (random.Next(4) == 0)
        {
            schema["multipleOf"] = 0.01m;
        }

        return schema;
    }

    private JsonObject Enumeration()
    {
        var values = Words.OrderBy(_ => random.Next()).Take(random.Next(1, 5)).Select(word => (JsonNode?)JsonValue.Create(word)).ToList();
        switch (random.Next(4))
        {
            case 0:
                values.Add(null);
                break;
            case 1:
                values.Add(random.Next(20));
                values.Add(true);
                break;
        }

        return new JsonObject { ["enum"] = new JsonArray([.. values]) };
    }

    private JsonObject Pattern() => new() { ["type"] = "string", ["pattern"] = Patterns[random.Next(Patterns.Length)].Pattern, ["maxLength"] = 12 };

    private JsonObject Object(int depth)
    {
        var names = Names.OrderBy(_ => random.Next()).Take(random.Next(0, 5)).ToArray();
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(names.Select(name => KeyValuePair.Create(name, (JsonNode?)Schema(depth + 1)))),
            ["required"] = new JsonArray([.. names.Where(_ => random.Next(3) > 0).Select(name => (JsonNode?)name)]),
        };
        schema["additionalProperties"] = random.Next(3) == 0 ? new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = 20 } : false;
        return schema;
    }

    /// <summary>A document that the schema accepts.</summary>
    public string Document(JsonElement schema)
    {
        if (schema.TryGetProperty("enum", out var values))
        {
            return Text(values[random.Next(values.GetArrayLength())]);
        }

        if (schema.TryGetProperty("anyOf", out var options))
        {
            return Document(options[random.Next(options.GetArrayLength())]);
        }

        var type = schema.GetProperty("type");
        return (type.ValueKind == JsonValueKind.Array ? type[random.Next(2)] : type).GetString() switch
        {
            "null" => "null",
            "boolean" => random.Next(2) == 0 ? "true" : "false",
            "string" when schema.TryGetProperty("pattern", out var pattern) => Text(Patterns.First(known => known.Pattern == pattern.GetString()).Sample(random)),
            "string" => Text(RandomText(schema)),
            "integer" => Whole(schema),
            "number" => Fraction(schema),
            "array" => "[" + string.Join(',', Enumerable.Range(0, random.Next(schema.GetProperty("minItems").GetInt32(), schema.GetProperty("maxItems").GetInt32() + 1))
                .Select(_ => Document(schema.GetProperty("items")))) + "]",
            _ => ObjectText(schema),
        };
    }

    private string RandomText(JsonElement schema)
    {
        var least = schema.TryGetProperty("minLength", out var value) ? value.GetInt32() : 0;
        var text = new StringBuilder();
        for (var count = random.Next(least, schema.GetProperty("maxLength").GetInt32() + 1); count > 0; count--)
        {
            text.Append(random.Next(6) switch { 0 => "\"", 1 => "\\", 2 => "😀", 3 => "\n", 4 => ((char)random.Next(0x4e00, 0x9fa6)).ToString(), _ => ((char)random.Next(32, 127)).ToString() });
        }

        return text.ToString();
    }

    private string Whole(JsonElement schema)
    {
        var low = schema.TryGetProperty("minimum", out var minimum) ? minimum.GetInt64()
            : schema.TryGetProperty("exclusiveMinimum", out var above) ? above.GetInt64() + 1
            : schema.TryGetProperty("maximum", out var most) ? most.GetInt64() - 500 : -1_000_000;
        var high = schema.TryGetProperty("maximum", out var maximum) ? maximum.GetInt64() : low + 1_000_000;
        return random.NextInt64(low, high + 1).ToString(CultureInfo.InvariantCulture);
    }

    private string Fraction(JsonElement schema)
    {
        var low = Limit("minimum") ?? Limit("exclusiveMinimum") ?? ((Limit("maximum") ?? Limit("exclusiveMaximum") ?? 50) - 100);
        var high = Limit("maximum") ?? Limit("exclusiveMaximum") ?? (low + 100);
        var digits = schema.TryGetProperty("multipleOf", out _) ? 2 : random.Next(1, 9);
        while (true)
        {
            var value = decimal.Round(low + ((high - low) * (decimal)random.NextDouble()), digits);
            var isInside = value >= low && value <= high && !(value == low && Limit("exclusiveMinimum") == low) && !(value == high && Limit("exclusiveMaximum") == high);
            if (isInside)
            {
                var text = value.ToString(CultureInfo.InvariantCulture);
                return value == 0 ? "0" : text;
            }

            digits = digits == 2 && schema.TryGetProperty("multipleOf", out _) ? 2 : 8;
        }

        decimal? Limit(string name) => schema.TryGetProperty(name, out var value) ? value.GetDecimal() : null;
    }

    private string ObjectText(JsonElement schema)
    {
        var required = schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()).ToHashSet();
        var members = schema.GetProperty("properties").EnumerateObject().Where(property => required.Contains(property.Name) || random.Next(2) == 0)
            .Select(property => Text(property.Name) + ":" + Document(property.Value)).ToList();
        if (schema.GetProperty("additionalProperties").ValueKind == JsonValueKind.Object && random.Next(2) == 0)
        {
            members.Add("\"inten\":7");
            members.Add("\"更多\":19");
        }

        return "{" + string.Join(',', members) + "}";
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? Text(value.GetString()!) : value.GetRawText();

    // What has to be escaped, and nothing else.
    private static string Text(string value) => "\"" + value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n") + "\"";
}
