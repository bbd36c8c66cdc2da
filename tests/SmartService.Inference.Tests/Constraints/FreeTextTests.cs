using SmartService.Inference.Constraints;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Constraints;

public sealed class FreeTextTests
{
    private static readonly OutputShape Call = new OutputShape.InOrder(
        [new OutputShape.Literal("\n"), new OutputShape.Json("""{"type":"object","properties":{"name":{"const":"查询"},"n":{"type":"integer","minimum":1,"maximum":9}},"required":["name","n"]}"""), new OutputShape.Literal("\n</tool_call>")]);

    private readonly FakeVocabulary _vocabulary = new();

    [Fact]
    public void Free_text_may_be_anything_and_end_anywhere()
    {
        var constraint = Compile(new OutputShape.FreeText());

        Assert.True(constraint.CanEnd);
        Assert.False(constraint.IsComplete);
        Assert.False(constraint.Forced([]));
        Assert.True(Enumerable.Range(0, _vocabulary.Count).All(token => constraint.Allows(token) != _vocabulary.IsEnd(token)));
        constraint.Accept(0xFF);
        constraint.Accept(_vocabulary.End);
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void After_the_trigger_the_call_must_follow_and_then_text_is_free_again()
    {
        var constraint = Compile(new OutputShape.FreeText("<tool_call>", Call));
        AcceptText(constraint, "你好", " ", "<tool", "_call>");

        var tokens = new List<int>();
        Assert.True(constraint.Forced(tokens));
        Assert.Equal("\n{\"name\":\"查询\",\"n\":", _vocabulary.Text(tokens));
        Assert.False(constraint.CanEnd);
        AcceptText(constraint, "7");
        tokens.Clear();
        Assert.True(constraint.Forced(tokens));
        Assert.Equal("}\n</tool_call>", _vocabulary.Text(tokens));
        Assert.True(constraint.CanEnd);
        AcceptText(constraint, "\n", "<tool", "_call>");
        tokens.Clear();
        Assert.True(constraint.Forced(tokens));
        Assert.StartsWith("\n{", _vocabulary.Text(tokens));
    }

    [Fact]
    public void A_token_that_holds_the_end_of_the_trigger_and_more_is_allowed_only_if_the_more_fits()
    {
        var vocabulary = new FakeVocabulary(["_call>\n", "_call>\n\n", "_call>hello"]);
        var constraint = new ConstraintCompiler(vocabulary).Compile(new OutputShape.FreeText("<tool_call>", Call));
        Assert.True(constraint.Allows(vocabulary.Token("_call>hello")), "without its beginning it is no trigger");
        constraint.Accept(vocabulary.Token("<tool"));

        Assert.True(constraint.Allows(vocabulary.Token("_call>\n")));
        Assert.False(constraint.Allows(vocabulary.Token("_call>\n\n")));
        Assert.False(constraint.Allows(vocabulary.Token("_call>hello")));
        constraint.Accept(vocabulary.Token("_call>\n"));
        var tokens = new List<int>();
        Assert.True(constraint.Forced(tokens));
        Assert.StartsWith("{\"name", vocabulary.Text(tokens));
    }

    [Fact]
    public void A_trigger_that_begins_again_inside_itself_is_seen()
    {
        var constraint = Compile(new OutputShape.FreeText("aab", new OutputShape.Literal("!")));
        AcceptText(constraint, "a", "a", "a", "b");
        var tokens = new List<int>();

        Assert.True(constraint.Forced(tokens));
        Assert.Equal("!", _vocabulary.Text(tokens));
    }

    [Fact]
    public void A_trigger_that_counts_only_at_the_start_is_text_later()
    {
        var shape = new OutputShape.FreeText("{\"name", new OutputShape.Literal("!"), AtStartOnly: true);
        var constraint = Compile(shape);
        AcceptText(constraint, " ", "{\"", "name");
        Assert.False(constraint.Forced([]));
        Assert.True(constraint.CanEnd);

        constraint = Compile(shape);
        AcceptText(constraint, "{\"", "name");
        var tokens = new List<int>();
        Assert.True(constraint.Forced(tokens));
        Assert.Equal("!", _vocabulary.Text(tokens));
        AcceptText(constraint, "{\"", "name", "hello");
        Assert.True(constraint.CanEnd);
    }

    [Fact]
    public void A_required_trigger_keeps_the_turn_open_until_it_was_written()
    {
        var constraint = Compile(new OutputShape.FreeText("<tool_call>", Call, Required: true));
        AcceptText(constraint, "你好");
        Assert.False(constraint.CanEnd);
        AcceptText(constraint, "<tool", "_call>");
        new Writer(_vocabulary, constraint).Write(allowed => allowed[^1], _ => 0);
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void A_trigger_that_is_required_at_the_start_is_fed()
    {
        var constraint = Compile(new OutputShape.FreeText("<tool_call>", Call, AtStartOnly: true, Required: true));
        var tokens = new List<int>();

        Assert.True(constraint.Forced(tokens));
        Assert.StartsWith("<tool_call>\n{\"name\":", _vocabulary.Text(tokens));
    }

    [Fact]
    public void A_trigger_may_be_one_control_token()
    {
        var vocabulary = new FakeVocabulary(control: ["[CALL]", "[END]", "[SEP]"]);
        var call = new OutputShape.InOrder([new OutputShape.Literal("查询[SEP]"), new OutputShape.Json("""{"const":1}"""), new OutputShape.Literal("[END]")]);
        var constraint = new ConstraintCompiler(vocabulary).Compile(new OutputShape.FreeText("[CALL]", call));
        var mask = new bool[vocabulary.Count];
        constraint.Mask(mask);
        Assert.True(mask[vocabulary.Control("[CALL]")]);
        Assert.False(mask[vocabulary.Control("[END]")]);
        Assert.True(constraint.Allows(vocabulary.Control("[CALL]")));

        foreach (var value in "[CALL]"u8)
        {
            constraint.Accept(value);
        }

        Assert.False(constraint.Forced([]), "spelled out it is text");
        constraint.Accept(vocabulary.Control("[CALL]"));
        var tokens = new List<int>();
        Assert.True(constraint.Forced(tokens));
        Assert.Equal([vocabulary.Token("查询"), vocabulary.Control("[SEP]"), vocabulary.Token("1"), vocabulary.Control("[END]")], tokens);
        Assert.True(constraint.CanEnd);
    }

    [Fact]
    public void Free_text_is_the_last_part_of_a_shape()
    {
        var before = new OutputShape.InOrder([new OutputShape.FreeText(), new OutputShape.Literal("a")]);

        Assert.Contains("Free text", Assert.ThrowsAny<ArgumentException>(() => Compile(before)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => Compile(new OutputShape.FreeText("x", new OutputShape.FreeText())));
        Compile(new OutputShape.Choice([new OutputShape.FreeText(), new OutputShape.Literal("a")]));
        Compile(new OutputShape.InOrder([new OutputShape.Literal("a"), new OutputShape.FreeText()]));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Random_text_around_calls_always_holds_whole_calls(bool atStartOnly, bool required)
    {
        var compiler = new ConstraintCompiler(_vocabulary);
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var writer = new Writer(_vocabulary, compiler.Compile(new OutputShape.FreeText("<tool_call>", Call, atStartOnly, required)));
            int[] likely = [_vocabulary.Token("<tool"), _vocabulary.Token("_call>"), _vocabulary.Token("<"), _vocabulary.Token("hello"), _vocabulary.End];
            var text = writer.Write(allowed => likely.Intersect(allowed).ToArray() is { Length: > 0 } some ? some[random.Next(some.Length)] : allowed[random.Next(allowed.Count)], options => random.Next(options.Count));
            var parts = text.Split("<tool_call>");
            var calls = atStartOnly ? parts[0].Length == 0 ? parts.Skip(1).Take(1) : [] : parts.Skip(1);
            Assert.All(calls, call => Assert.Matches("""^\n\{"name":"查询","n":[1-9]\}\n</tool_call>""", call));
            Assert.True(!required || calls.Any());
        }
    }

    private ITokenConstraint Compile(OutputShape shape) => new ConstraintCompiler(_vocabulary).Compile(shape);

    private void AcceptText(ITokenConstraint constraint, params string[] tokens)
    {
        foreach (var text in tokens)
        {
            Assert.True(constraint.Allows(_vocabulary.Token(text)), text);
            constraint.Accept(_vocabulary.Token(text));
        }
    }
}
