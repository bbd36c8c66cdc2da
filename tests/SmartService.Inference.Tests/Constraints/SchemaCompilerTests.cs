using System.Globalization;
using System.Text;
using SmartService.Inference.Constraints;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Constraints;

public sealed class SchemaCompilerTests
{
    private static readonly FakeVocabulary Vocabulary = new();

    [Theory]
    [InlineData("""{"type":"object","patternProperties":{"^a":{}}}""", "patternProperties")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "uniqueItems")]
    [InlineData("""{"type":"array","items":{"type":"array","prefixItems":[]}}""", "prefixItems")]
    [InlineData("""{"type":"object","properties":{"城市":{"not":{}}}}""", "not")]
    [InlineData("""{"type":"object","minProperties":1}""", "minProperties")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","minlength":3}}}""", "minlength")]
    [InlineData("""{"type":"string","format":"hostname"}""", "format")]
    [InlineData("""{"type":"number","multipleOf":0.3}""", "multipleOf")]
    [InlineData("""{"type":"string","enum":["a"],"maxLength":3}""", "enum")]
    [InlineData("""{"if":{},"then":{}}""", "if")]
    public void An_unsupported_keyword_is_refused_and_named(string schema, string keyword)
    {
        Assert.Contains($"'{keyword}'", Refused(schema).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_place_of_a_refused_keyword_is_named()
    {
        Assert.Contains("#/properties/城市/items", Refused("""{"type":"object","properties":{"城市":{"type":"array","items":{"contains":1}}}}""").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("""{"type":"text"}""")]
    [InlineData("""{"type":[]}""")]
    [InlineData("""{"type":"string","minLength":-1}""")]
    [InlineData("""{"type":"string","minLength":1.5}""")]
    [InlineData("""{"type":"string","minLength":5,"maxLength":4}""")]
    [InlineData("""{"type":"string","minLength":5000}""")]
    [InlineData("""{"type":"array","minItems":3,"maxItems":2}""")]
    [InlineData("""{"type":"array","minItems":100000}""")]
    [InlineData("""{"type":"integer","minimum":3,"maximum":2}""")]
    [InlineData("""{"type":"integer","minimum":1e40}""")]
    [InlineData("""{"type":"integer","exclusiveMinimum":1,"exclusiveMaximum":2}""")]
    [InlineData("""{"type":"integer","minimum":"3"}""")]
    [InlineData("""{"enum":[]}""")]
    [InlineData("""{"enum":"a"}""")]
    [InlineData("""{"type":"integer","enum":["a","b"]}""")]
    [InlineData("""{"anyOf":[]}""")]
    [InlineData("""{"type":"object","properties":[]}""")]
    [InlineData("""{"type":"object","properties":{"a":3}}""")]
    [InlineData("""{"type":"object","required":["a"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{"a":false},"required":["a"]}""")]
    [InlineData("""{"$ref":"#/$defs/a"}""")]
    [InlineData("""{"$ref":"https://example.com/schema"}""")]
    [InlineData("""{"type":"string","type":"integer"}""")]
    [InlineData("""{"type":"string","pattern":"^a{3}$","maxLength":2}""")]
    [InlineData("""{"const":"\ud800"}""")]
    [InlineData("false")]
    public void A_broken_or_contradictory_schema_is_refused(string schema)
    {
        Assert.NotEmpty(Refused(schema).Message);
    }

    [Theory]
    [InlineData("""{"$ref":"#"}""")]
    [InlineData("""{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}""")]
    [InlineData("""{"$defs":{"a":{"$ref":"#/$defs/a","minLength":3}},"$ref":"#/$defs/a"}""")]
    [InlineData("""{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"},{"type":"string"}]}},"$ref":"#/$defs/a"}""")]
    [InlineData("""{"$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"}]}},"$ref":"#/$defs/a"}""")]
    [InlineData("""{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}""")]
    public void A_reference_that_leads_back_to_itself_without_an_end_is_refused(string schema)
    {
        Assert.NotEmpty(Refused(schema).Message);
    }

    public static TheoryData<string> Hostile =>
    [
        "one megabyte of text", "one megabyte of properties", "a hundred thousand brackets", "a thousand levels", "ten thousand references", "doubling references", "doubling copies",
        "ten thousand options", "nested repetitions", "counted repetitions", "exponential states", "huge exponent", "deep groups", "long number",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_hostile_schema_is_refused_or_compiled_without_eating_the_machine(string kind)
    {
        var schema = kind switch
        {
            "one megabyte of text" => "{\"description\":\"" + new string('x', 1 << 20) + "\"}",
            "one megabyte of properties" => "{\"properties\":{" + string.Join(',', Enumerable.Range(0, 30_000).Select(at => $"\"p{at}\":{{\"type\":\"string\"}}")) + "}}",
            "a hundred thousand brackets" => new string('[', 100_000),
            "a thousand levels" => string.Concat(Enumerable.Repeat("{\"items\":", 1_000)) + "{}" + new string('}', 1_000),
            "ten thousand references" => "{\"$defs\":{" + string.Join(',', Enumerable.Range(0, 4_000).Select(at => $"\"d{at}\":{{\"$ref\":\"#/$defs/d{at + 1}\"}}")) + ",\"d4000\":{\"type\":\"string\"}},\"$ref\":\"#/$defs/d0\"}",
            "doubling references" => "{\"$defs\":{" + string.Join(',', Enumerable.Range(0, 60).Select(at => $"\"d{at}\":{{\"anyOf\":[{{\"$ref\":\"#/$defs/d{at + 1}\"}},{{\"$ref\":\"#/$defs/d{at + 1}\"}}]}}")) + ",\"d60\":{\"type\":\"string\"}},\"$ref\":\"#/$defs/d0\"}",
            "doubling copies" => "{\"$defs\":{" + string.Join(',', Enumerable.Range(0, 60).Select(at => $"\"d{at}\":{{\"anyOf\":[{{\"$ref\":\"#/$defs/d{at + 1}\",\"x{at}\":1,\"minLength\":1}},{{\"$ref\":\"#/$defs/d{at + 1}\",\"minLength\":1}}]}}")) + ",\"d60\":{\"type\":\"string\"}},\"$ref\":\"#/$defs/d0\"}",
            "ten thousand options" => "{\"anyOf\":[" + string.Join(',', Enumerable.Repeat("{\"type\":\"object\"}", 10_000)) + "]}",
            "nested repetitions" => """{"type":"string","pattern":"^(((((a*)*)*)*)*)*$"}""",
            "counted repetitions" => """{"type":"string","pattern":"((a{1,100}){1,100}){1,100}"}""",
            "exponential states" => """{"type":"string","pattern":"(a|b)*a(a|b){30}"}""",
            "huge exponent" => """{"type":"number","minimum":1e-999999999,"maximum":1e999999999}""",
            "deep groups" => "{\"type\":\"string\",\"pattern\":\"" + new string('(', 2_000) + "\"}",
            _ => "{\"type\":\"number\",\"minimum\":" + new string('9', 200_000) + "}",
        };
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var constraint = Compile(schema);
            var random = new Random(1);
            new Writer(Vocabulary, constraint).Write(allowed => allowed[random.Next(allowed.Count)], options => random.Next(options.Count), 200_000);
        }
        catch (ArgumentException exception)
        {
            Assert.True(exception.Message.Length < 400, "a message is one sentence, whatever the schema holds");
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_500_000_000);
    }

    [Fact]
    public void An_ambiguous_recursive_schema_stays_small_and_valid()
    {
        const string Schema = """
            {"$defs":{"n":{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/n"}},{"type":"array","items":{"$ref":"#/$defs/n"},"maxItems":3},{"type":"integer"}]}},"$ref":"#/$defs/n"}
            """;
        var writer = new Writer(Vocabulary, Compile(Schema));
        var opened = 0;
        var text = writer.Write(
            allowed => opened < 200 && allowed.Contains('[') ? '[' + (opened++ * 0) : allowed.Contains(']') ? ']' : allowed.Contains(Vocabulary.End) ? Vocabulary.End : allowed[0], _ => 0);

        Assert.True(SchemaCheck.IsValid(Schema, text));
        Assert.Contains(new string('[', 20), text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recursive_schema_is_written_to_a_depth_that_readers_accept()
    {
        const string Schema = """{"type":"object","properties":{"值":{"type":"integer"},"子":{"type":"array","items":{"$ref":"#"}}},"required":["值"],"additionalProperties":false}""";
        new Writer(Vocabulary, Compile(Schema)).Follow("""{"值":1,"子":[{"值":2,"子":[]},{"值":3}]}""", new Random(1));

        var writer = new Writer(Vocabulary, Compile(Schema));
        var isClosing = false;
        var text = writer.Write(
            allowed =>
            {
                // Down as far as it goes, and then straight up.
                isClosing |= allowed.Contains(']') && !allowed.Contains('{');
                byte[] wanted = isClosing ? "]}0"u8.ToArray() : "{[,0"u8.ToArray();
                return wanted.Select(value => (int)value).Where(allowed.Contains).Append(allowed[0]).First();
            },
            _ => 0);
        Assert.True(SchemaCheck.IsValid(Schema, text));
        Assert.InRange(text.Split('[').Length - 1, 10, 16);
    }

    [Fact]
    public void References_and_definitions_are_followed_with_what_stands_beside_them()
    {
        const string Schema = """
            {"$defs":{"名":{"type":"string","maxLength":3},"a/b":{"type":"boolean"}},"type":"object",
             "properties":{"x":{"$ref":"#/$defs/名","description":"短名","minLength":2},"y":{"$ref":"#/$defs/a~1b"}},"required":["x","y"],"additionalProperties":false}
            """;
        Follow(Schema, """{"x":"北京","y":true}""");
        Assert.ThrowsAny<Exception>(() => Follow(Schema, """{"x":"北","y":true}"""));
        Assert.ThrowsAny<Exception>(() => Follow(Schema, """{"x":"北京上海","y":true}"""));
    }

    [Fact]
    public void Options_share_what_is_said_beside_them()
    {
        const string Schema = """
            {"type":"object","properties":{"a":{"type":"integer","maximum":9,"minimum":0},"b":{"type":"boolean"}},"anyOf":[{"required":["a"]},{"required":["b"]}],"additionalProperties":false}
            """;
        Follow(Schema, """{"a":3}""");
        Follow(Schema, """{"b":true}""");
        Follow(Schema, """{"a":3,"b":true}""");
        Assert.ThrowsAny<Exception>(() => Follow(Schema, "{}"));
    }

    [Fact]
    public void OneOf_is_taken_only_when_its_options_exclude_each_other()
    {
        const string Schema = """
            {"oneOf":[{"type":"object","properties":{"kind":{"const":"退货"},"n":{"type":"integer"}},"required":["kind","n"],"additionalProperties":false},
                      {"type":"object","properties":{"kind":{"const":"换货"},"to":{"type":"string"}},"required":["kind","to"],"additionalProperties":false},{"type":"null"}]}
            """;
        Follow(Schema, """{"kind":"退货","n":3}""");
        Follow(Schema, """{"kind":"换货","to":"北京"}""");
        Follow(Schema, "null");
        Assert.Contains("oneOf", Refused("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""").Message, StringComparison.Ordinal);
        Assert.Contains("oneOf", Refused("""{"oneOf":[{"type":"string","maxLength":3},{"type":"string","minLength":2}]}""").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_without_a_shape_holds_anything_and_what_is_required()
    {
        Follow("""{"type":"object"}""", """{"a":1,"b":{"c":[null,"x",-1.5]}}""");
        Follow("""{"type":"object","required":["a"]}""", """{"a":[1],"b":true}""");
        Follow("""{"type":"array"}""", """["中文",{},[],0.25]""");
        Follow("""{"properties":{"a":{"type":"null"}}}""", """{"a":null}""");
        Assert.ThrowsAny<Exception>(() => Follow("""{"type":"object","required":["a"]}""", "{}"));
    }

    [Fact]
    public void Properties_that_the_schema_does_not_name_cannot_take_a_name_that_it_names()
    {
        const string Schema = """{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"boolean"}}""";
        Follow(Schema, """{"a":1,"ab":true,"":false,"中":true}""");
        Follow(Schema, """{"b":true}""");
        Assert.ThrowsAny<Exception>(() => Follow(Schema, """{"a":true}"""));
        Assert.ThrowsAny<Exception>(() => Follow(Schema, """{"b":true,"a":true}"""));
    }

    [Theory]
    [InlineData(0, 9)]
    [InlineData(1, 5)]
    [InlineData(-3, 3)]
    [InlineData(-120, -7)]
    [InlineData(95, 1234)]
    [InlineData(100, 100)]
    [InlineData(0, 0)]
    [InlineData(-1, 1000)]
    public void Exactly_the_whole_numbers_of_a_range_are_written(int low, int high)
    {
        var range = new NumberRange(low, high, 0);
        var automaton = Sealed(range.Root);
        for (var number = -1500; number <= 1500; number++)
        {
            Assert.Equal(number >= low && number <= high, automaton.Accepts(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture))));
        }

        Assert.All(["00", "01", "-0", "+1", "", "-", "1.0", "1e0"], text => Assert.False(automaton.Accepts(Encoding.UTF8.GetBytes(text))));
    }

    [Theory]
    [InlineData("-0.35", "0.2")]
    [InlineData("0.25", "0.25")]
    [InlineData("-12.5", "-0.75")]
    [InlineData("0", "10")]
    [InlineData("9.99", "100.01")]
    public void Exactly_the_decimals_of_a_range_are_written(string least, string most)
    {
        var (low, high) = (decimal.Parse(least, CultureInfo.InvariantCulture), decimal.Parse(most, CultureInfo.InvariantCulture));
        var automaton = Sealed(new NumberRange((Int128)(low * 100), (Int128)(high * 100), 2).Root);
        for (var hundredths = -1500; hundredths <= 10_500; hundredths++)
        {
            var number = hundredths / 100m;
            var isInside = number >= low && number <= high;
            Assert.Equal(isInside && !(number == 0 && hundredths < 0), automaton.Accepts(Encoding.UTF8.GetBytes(number.ToString("0.00", CultureInfo.InvariantCulture))));
            Assert.Equal(isInside, automaton.Accepts(Encoding.UTF8.GetBytes(number.ToString("0.##", CultureInfo.InvariantCulture))));
        }

        Assert.All(["-0.00", "-0", "0.", ".5", "1.234", "00.1"], text => Assert.False(automaton.Accepts(Encoding.UTF8.GetBytes(text))));
    }

    [Fact]
    public void Limits_are_exact_where_floating_point_is_not()
    {
        Follow("""{"type":"integer","maximum":100000000000000001,"minimum":100000000000000001}""", "100000000000000001");
        Assert.ThrowsAny<Exception>(() => Follow("""{"type":"number","exclusiveMinimum":0.1}""", "0.1"));
        Follow("""{"type":"number","exclusiveMinimum":0.1}""", "0.10000001");
        Assert.ThrowsAny<Exception>(() => Follow("""{"type":"number","minimum":1e-30}""", "0"));
        Follow("""{"type":"number","multipleOf":0.01,"minimum":0,"maximum":1e2}""", "99.99");
        Follow("""{"type":"integer","format":"int32","minimum":2147483000}""", "2147483647");
        Assert.ThrowsAny<Exception>(() => Follow("""{"type":"integer","format":"int32"}""", "2147483648"));
    }

    [Fact]
    public void Strings_are_strict_UTF_8_without_control_characters()
    {
        var automaton = Sealed(new FreeString(0, 50, new Nodes().Empty).Root);
        for (var point = 0; point <= 0x10FFFF; point += point < 0x3000 ? 1 : 37)
        {
            if (point is >= 0xD800 and <= 0xDFFF)
            {
                continue;
            }

            Assert.Equal(point >= 0x20 && point is not ('"' or '\\'), automaton.Accepts(Encoding.UTF8.GetBytes(char.ConvertFromUtf32(point) + "\"")));
        }

        byte[][] invalid = [[0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xE4, 0xBD], [0xFF]];
        Assert.All(invalid, bytes => Assert.False(automaton.Accepts([.. bytes, (byte)'"'])));
        Assert.All(["\\n", "\\/", "\\u0041", "\\u4e2d", "\\ud83d\\ude00", "\\uD83D\\uDE00"], text => Assert.True(automaton.Accepts(Encoding.UTF8.GetBytes(text + "\""))));
        Assert.All(["\\x", "\\ud83d", "\\ud83dx", "\\ud83d\\u0041", "\\ude00", "\\u12g4", "\\"], text => Assert.False(automaton.Accepts(Encoding.UTF8.GetBytes(text + "\""))));
    }

    [Fact]
    public void A_surrogate_pair_is_one_character_of_a_length()
    {
        Follow("""{"type":"string","minLength":2,"maxLength":2}""", "\"😀\\ud83d\\ude00\"");
        Assert.ThrowsAny<Exception>(() => Follow("""{"type":"string","maxLength":1}""", "\"😀😀\""));
        Assert.ThrowsAny<Exception>(() => Follow("""{"type":"string","minLength":2}""", "\"😀\""));
    }

    [Theory]
    [InlineData("date", "2024-02-29 2000-02-29 2026-12-31 1999-04-30", "2023-02-29 1900-02-29 2100-02-29 2024-13-01 2024-00-10 2024-04-31 2024-1-1 24-01-01")]
    [InlineData("date-time", "2026-11-27T08:10:00Z 2026-11-27T23:59:59.123+08:00", "2026-11-27T24:00:00Z 2026-11-27T08:60:00Z 2026-11-27T08:10:00 2026-11-27T08:10:00+15:00")]
    [InlineData("time", "08:10:00Z", "08:10Z 25:00:00Z")]
    [InlineData("email", "kefu@example.com a.b+c@mail.example.cn", "a@b @example.com a..b@example.com a@-x.com a@x_y.com")]
    [InlineData("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000")]
    [InlineData("uri", "https://example.com/a?b=c http://localhost", "example.com javascript:alert(1)")]
    public void A_format_is_checked_in_full(string format, string valid, string invalid)
    {
        var schema = $$"""{"type":"string","format":"{{format}}"}""";
        Assert.All(valid.Split(' '), text => Follow(schema, $"\"{text}\""));
        Assert.All(invalid.Split(' '), text => Assert.ThrowsAny<Exception>(() => Follow(schema, $"\"{text}\"")));
    }

    [Fact]
    public void Every_date_of_some_centuries_is_written_and_no_other_day()
    {
        var automaton = PatternParser.Parse("^(?:" + "\\d{4}-\\d{2}-\\d{2}" + ")$").ToDeterministic();
        Assert.True(automaton.IsMatch("2024-02-30"), "the plain pattern knows no calendar");
        var dates = Sealed(new SchemaProbe("""{"type":"string","format":"date"}""").Root);
        for (var year = 1890; year <= 2110; year += 5)
        {
            for (var month = 1; month <= 13; month++)
            {
                for (var day = 27; day <= 32; day++)
                {
                    var text = string.Create(CultureInfo.InvariantCulture, $"{year:0000}-{month:00}-{day:00}");
                    Assert.Equal(DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _), dates.Accepts(Encoding.UTF8.GetBytes($"\"{text}\"")));
                }
            }
        }
    }

    [Fact]
    public void Constants_of_any_kind_are_written_compactly_with_Chinese_as_it_is()
    {
        Follow("""{"const":{"城市":"北京","n":[1, 2.50, null],"q":"a\"b"}}""", """{"城市":"北京","n":[1,2.50,null],"q":"a\"b"}""");
        Follow("""{"anyOf":[{"const":"\u67e5\u8be2"},{"const":"退货","title":"x"},{"type":"null"}]}""", "\"查询\"");
        Follow("""{"type":["integer","null"],"enum":[1,12,"x",null]}""", "12");
    }

    private static void Follow(string schema, string document)
    {
        for (var seed = 0; seed < 3; seed++)
        {
            new Writer(Vocabulary, Compile(schema)).Follow(document, new Random(seed));
        }
    }

    private static ITokenConstraint Compile(string schema) => new ConstraintCompiler(Vocabulary).Compile(new OutputShape.Json(schema));

    private static ArgumentException Refused(string schema) => Assert.ThrowsAny<ArgumentException>(() => Compile(schema));

    private static Automaton Sealed(Node root) => new(root);

    private sealed class SchemaProbe
    {
        public SchemaProbe(string schema)
        {
            var nodes = new Nodes();
            Root = SchemaCompiler.Compile(schema, nodes);
            nodes.Seal(Root);
        }

        public Node Root { get; }
    }
}
