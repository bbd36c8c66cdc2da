using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartService.Inference.Constraints;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Constraints;

public sealed class SchemaPropertyTests
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private static readonly FakeVocabulary Vocabulary = new();
    private static readonly ConstraintCompiler Compiler = new(Vocabulary);

    public static TheoryData<string> Samplers => ["random", "longest", "weird bytes", "never stops"];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Whatever_is_sampled_the_output_is_JSON_that_the_schema_accepts(string sampler)
    {
        for (var seed = 0; seed < 80; seed++)
        {
            var random = new Random(seed);
            var schema = Schema(random);
            var writer = Write(schema);
            writer.Write(allowed => Choose(sampler, allowed, random), options => random.Next(options.Count));
            Check(schema, writer, seed);
        }
    }

    [Fact]
    public void Every_document_that_the_schema_accepts_can_be_written()
    {
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var schema = Schema(random);
            using var parsed = JsonDocument.Parse(schema);
            for (var round = 0; round < 2; round++)
            {
                var document = new RandomSchema(random).Document(parsed.RootElement);
                Assert.True(SchemaCheck.IsValid(schema, document), $"seed {seed}: the sample {document} is no document of {schema}");
                try
                {
                    Write(schema).Follow(document, random);
                }
                catch (Exception exception)
                {
                    throw new Xunit.Sdk.XunitException($"seed {seed}: {document} under {schema}: {exception.Message}", exception);
                }
            }
        }
    }

    [Fact]
    public void A_document_that_the_schema_refuses_cannot_be_written()
    {
        var refused = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var (schema, other) = (Schema(random), Schema(random));
            using var parsed = JsonDocument.Parse(other);
            var document = new RandomSchema(random).Document(parsed.RootElement);
            if (SchemaCheck.IsValid(schema, document))
            {
                continue;
            }

            refused++;
            Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Write(schema).Follow(document, random));
        }

        Assert.True(refused > 50);
    }

    [Fact]
    public void Any_value_is_written_when_the_schema_is_empty_and_it_ends()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var writer = Write("{}");
            writer.Write(allowed => allowed[random.Next(allowed.Count)], options => random.Next(options.Count), most: 200_000);
            Check("{}", writer, seed);
        }
    }

    private static string Schema(Random random) => new RandomSchema(random).Schema().ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static Writer Write(string schema) => new(Vocabulary, Compiler.Compile(new OutputShape.Json(schema)));

    private static int Choose(string sampler, List<int> allowed, Random random) => sampler switch
    {
        "longest" => allowed.MaxBy(token => Vocabulary.Bytes(token).Length),
        "weird bytes" => allowed.MaxBy(token => Vocabulary.Bytes(token) is [>= 0x80, ..] bytes ? 1_000 + bytes[^1] + random.Next(64) : Vocabulary.Bytes(token) is [(byte)'\\', ..] ? 900 : random.Next(100)),
        "never stops" => allowed.Where(token => token != Vocabulary.End && !Vocabulary.Bytes(token).Contains((byte)'"')).DefaultIfEmpty(allowed[0]).ElementAt(0),
        _ => allowed[random.Next(allowed.Count)],
    };

    private static void Check(string schema, Writer writer, int seed)
    {
        var text = Strict.GetString(writer.Bytes);
        using var document = JsonDocument.Parse(text);
        Assert.True(SchemaCheck.IsValid(schema, text), $"seed {seed}: {text} is not accepted by {schema}");
        _ = JsonNode.Parse(text);
    }
}
