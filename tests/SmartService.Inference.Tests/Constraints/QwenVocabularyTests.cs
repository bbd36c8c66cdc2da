using System.Text;
using SmartService.Inference.Constraints;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Constraints;

/// <summary>What the seams between fixed text and free text look like in a real vocabulary.</summary>
public sealed class QwenVocabularyTests
{
    private const string Intent = """
        {"type":"object","properties":{"intent":{"enum":["查询订单","查询物流","退货"]},"order":{"type":"string","maxLength":20},"urgent":{"type":"boolean"}},
         "required":["intent","order","urgent"],"additionalProperties":false}
        """;

    [Theory]
    [InlineData("""{"intent":"查询订单","order":"A12345","urgent":true}""")]
    [InlineData("""{"intent":"退货","order":"没有","urgent":false}""")]
    public void Fed_and_scored_tokens_are_those_of_the_whole_text(string document)
    {
        var vocabulary = QwenVocabulary.OrSkip();
        var whole = vocabulary.Tokenize(document, special: false);
        var constraint = new ConstraintCompiler(vocabulary).Compile(new OutputShape.Json(Intent));
        var tokens = new List<int>();
        while (!constraint.IsComplete)
        {
            var before = tokens.Count;
            if (!constraint.Forced(tokens))
            {
                if (constraint.Options is { } options)
                {
                    var option = options.Single(option => document.AsSpan(Text(vocabulary, tokens).Length).StartsWith(Text(vocabulary, option)));
                    constraint.Choose(options.ToList().IndexOf(option));
                    tokens.AddRange(option);
                }
                else
                {
                    Assert.True(constraint.Allows(whole[tokens.Count]));
                    constraint.Accept(whole[tokens.Count]);
                    tokens.Add(whole[tokens.Count]);
                }
            }

            Assert.Equal(whole[before..tokens.Count], tokens.Skip(before));
        }

        Assert.Equal(whole.Length, tokens.Count);
    }

    [Fact]
    public void A_nullable_string_begins_with_the_token_that_the_model_knows()
    {
        var vocabulary = QwenVocabulary.OrSkip();
        var constraint = new ConstraintCompiler(vocabulary).Compile(new OutputShape.Json("""{"type":"object","properties":{"city":{"type":["string","null"]}},"required":["city"]}"""));
        var tokens = new List<int>();
        constraint.Forced(tokens);

        Assert.Equal("{\"city", Text(vocabulary, tokens));
        Assert.True(constraint.Allows(vocabulary.Tokenize("\":\"", special: false).Single()));
        Assert.True(constraint.Allows(vocabulary.Tokenize("\":", special: false).Single()));
    }

    [Fact]
    public void The_tool_call_token_of_the_template_is_a_trigger()
    {
        var vocabulary = QwenVocabulary.OrSkip();
        var trigger = vocabulary.Tokenize("<tool_call>", special: true).Single();
        var call = new OutputShape.InOrder([new OutputShape.Literal("\n"), new OutputShape.Json(Intent), new OutputShape.Literal("\n</tool_call>")]);
        var constraint = new ConstraintCompiler(vocabulary).Compile(new OutputShape.FreeText("<tool_call>", call));
        constraint.Accept(vocabulary.Tokenize("好的", special: false)[0]);
        Assert.True(constraint.Allows(trigger));
        constraint.Accept(trigger);
        var tokens = new List<int>();

        Assert.True(constraint.Forced(tokens));
        Assert.Equal("\n{\"intent\":\"", Text(vocabulary, tokens));
    }

    [Fact]
    public void Mask_and_single_answers_agree_about_the_whole_vocabulary()
    {
        var vocabulary = QwenVocabulary.OrSkip();
        var compiler = new ConstraintCompiler(vocabulary);
        var mask = new bool[vocabulary.Count];
        foreach (var schema in (string[])["""{"type":"string","maxLength":7}""", """{"type":"number","minimum":-3}""", "{}", Intent, """{"type":"string","pattern":"^\\p{Script=Han}{2,4}$"}"""])
        {
            var constraint = compiler.Compile(new OutputShape.Json(schema));
            constraint.Forced([]);
            constraint.Mask(mask);
            Assert.Equal(mask, Enumerable.Range(0, vocabulary.Count).Select(constraint.Allows));
            Assert.Contains(true, mask);
        }
    }

    private static string Text(QwenVocabulary vocabulary, IEnumerable<int> tokens) => Encoding.UTF8.GetString([.. tokens.SelectMany(token => vocabulary.Bytes(token).ToArray())]);
}
