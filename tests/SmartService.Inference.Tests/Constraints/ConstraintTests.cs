using SmartService.Inference.Constraints;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Constraints;

public sealed class ConstraintTests
{
    private const string Intent = """
        {"type":"object","properties":{"intent":{"enum":["查询订单","查询物流","退货"]},"订单号":{"type":"string","maxLength":20},"urgent":{"type":"boolean"}},
         "required":["intent","订单号","urgent"],"additionalProperties":false}
        """;

    private readonly FakeVocabulary _vocabulary = new();

    [Fact]
    public void The_skeleton_of_an_intent_object_is_fed_in_pieces_and_closed_choices_are_scored()
    {
        var writer = Writer(new OutputShape.Json(Intent));
        var said = new Queue<string>(["1", "2", "\",\""]);
        var text = writer.Write(allowed => allowed[allowed.IndexOf(_vocabulary.Token(said.Dequeue()))], options => 1);

        Assert.Equal("""{"intent":"查询物流","订单号":"12","urgent":false}""", text);
        Assert.Equal(2, writer.Choices.Count);
        Assert.Equal(["查询订单", "查询物流", "退货"], writer.Choices[0].Select(_vocabulary.Text));
        Assert.Equal(["true", "false"], writer.Choices[1].Select(_vocabulary.Text));
        Assert.Equal(3, writer.Sampled);
        Assert.Equal(["{\"", "intent", "\":\""], Pieces(writer.Tokens.Take(3)));
    }

    [Fact]
    public void A_literal_is_fed_whole_and_nothing_may_follow()
    {
        var constraint = Compile(new OutputShape.Literal("你好，请帮我"));
        var tokens = new List<int>();

        Assert.True(constraint.Forced(tokens));
        Assert.Equal(_vocabulary.Tokenize("你好，请帮我", special: false), tokens);
        Assert.True(constraint.IsComplete);
        Assert.True(constraint.CanEnd);
        Assert.False(constraint.Forced(tokens));
        Assert.Null(constraint.Options);
        Assert.DoesNotContain(Enumerable.Range(0, _vocabulary.Count), constraint.Allows);
    }

    [Fact]
    public void The_unique_rest_of_an_enum_member_is_fed()
    {
        // Too many members to score: the model writes until the rest is clear.
        var members = Enumerable.Range(0, 80).Select(number => $"\"类别{number:00}甲乙丙丁\"");
        var constraint = Compile(new OutputShape.Json($$"""{"enum":[{{string.Join(',', members)}}]}"""));
        var tokens = new List<int>();
        Assert.True(constraint.Forced(tokens));
        Assert.Equal("\"", _vocabulary.Text(tokens));
        Assert.Null(constraint.Options);
        foreach (var token in _vocabulary.Tokenize("类别42", special: false))
        {
            Assert.True(constraint.Allows(token));
            constraint.Accept(token);
        }

        tokens.Clear();
        Assert.True(constraint.Forced(tokens));
        Assert.Equal("甲乙丙丁\"", _vocabulary.Text(tokens));
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void Where_the_model_wrote_half_a_character_the_other_half_is_fed()
    {
        var members = Enumerable.Range(0, 80).Select(number => $"\"{(char)(0x4E00 + (number * 64))}\"");
        var constraint = Compile(new OutputShape.Json($$"""{"enum":[{{string.Join(',', members)}}]}"""));
        var tokens = new List<int>();
        constraint.Accept(_vocabulary.Token("\""));
        constraint.Accept(0xE5);
        constraint.Accept(0x80);
        tokens.Clear();

        Assert.True(constraint.Forced(tokens));
        Assert.Equal([0x80, _vocabulary.Token("\"")], tokens);
    }

    [Fact]
    public void At_a_choice_of_structure_the_last_fixed_token_is_left_to_the_model()
    {
        // {"a":" is one way to go on, {"a":null another; feeding ": would make the first one unlikely.
        var constraint = Compile(new OutputShape.Json("""{"type":"object","properties":{"name":{"type":["string","null"]}},"required":["name"]}"""));
        var tokens = new List<int>();
        Assert.True(constraint.Forced(tokens));
        Assert.Equal("{\"name", _vocabulary.Text(tokens));
        Assert.False(constraint.Forced(tokens));
        Assert.True(constraint.Allows(_vocabulary.Token("\":\"")));
        Assert.True(constraint.Allows(_vocabulary.Token("\":")));
        Assert.False(constraint.Allows(_vocabulary.Token("\"")), "what is held back is not taken apart");

        constraint.Accept(_vocabulary.Token("\":"));
        Assert.False(constraint.Forced(tokens));
        Assert.True(constraint.Allows(_vocabulary.Token("null")));
        Assert.True(constraint.Allows(_vocabulary.Token("\"")));
    }

    [Fact]
    public void A_closed_choice_with_null_is_scored_from_the_token_that_was_held_back()
    {
        var constraint = Compile(new OutputShape.Json("""{"type":"object","properties":{"name":{"enum":["你好","查询",null]}},"required":["name"]}"""));
        var tokens = new List<int>();
        constraint.Forced(tokens);

        Assert.Equal("{\"name", _vocabulary.Text(tokens));
        Assert.Equal(["\":\"|你好|\"", "\":\"|查询|\"", "\":|null"], constraint.Options!.Select(option => string.Join('|', Pieces(option))));
        constraint.Choose(2);
        constraint.Forced(tokens);
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void Before_the_content_of_a_string_nothing_is_held_back()
    {
        var constraint = Compile(new OutputShape.Json("""{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"""));
        var tokens = new List<int>();
        Assert.True(constraint.Forced(tokens));

        Assert.Equal(["{\"", "name", "\":\""], Pieces(tokens));
        Assert.True(constraint.Allows(_vocabulary.Token("你好")));
    }

    [Fact]
    public void A_token_may_end_a_string_and_go_on_with_the_skeleton()
    {
        var constraint = Compile(new OutputShape.Json("""{"type":"object","properties":{"a":{"type":"string"},"ab":{"type":"string"}},"required":["a","ab"]}"""));
        var tokens = new List<int>();
        constraint.Forced(tokens);
        constraint.Accept(_vocabulary.Token("你好"));
        constraint.Accept(_vocabulary.Token("\",\""));
        tokens.Clear();
        constraint.Forced(tokens);

        Assert.Equal("ab\":\"", _vocabulary.Text(tokens));
    }

    [Fact]
    public void An_option_that_begins_another_is_scored_with_what_follows_it()
    {
        var constraint = Compile(new OutputShape.Json("""{"type":"object","properties":{"intent":{"enum":["查询","查询订单","退货"]},"name":{"type":"string"}},"required":["intent","name"]}"""));
        constraint.Forced([]);

        Assert.Equal(["查询\",\"", "查询订单", "退货"], constraint.Options!.Select(_vocabulary.Text));
        constraint.Choose(0);
        var tokens = new List<int>();
        constraint.Forced(tokens);
        Assert.Equal("name\":\"", _vocabulary.Text(tokens));
    }

    [Fact]
    public void A_last_option_that_begins_another_is_scored_with_the_end_of_the_turn()
    {
        var shape = new OutputShape.Choice([new OutputShape.Literal("订单"), new OutputShape.Literal("订单查询"), new OutputShape.Literal("退货")]);
        var constraint = Compile(shape);

        Assert.Equal(_vocabulary.End, constraint.Options![0][^1]);
        Assert.Equal(["订单", "订单查询", "退货"], constraint.Options.Select(_vocabulary.Text));
        constraint.Choose(0);
        Assert.True(constraint.IsComplete);

        var without = new FakeVocabulary(knowsEnd: false);
        constraint = new ConstraintCompiler(without).Compile(shape);
        Assert.Null(constraint.Options);
        Assert.Equal("订单查询", new Writer(without, constraint).Write(allowed => allowed.First(token => token != without.End), _ => 0));
    }

    [Fact]
    public void Options_keep_the_order_in_which_they_were_given()
    {
        string[] labels = ["丙", "甲", "乙", "zz", "aa"];
        var constraint = Compile(new OutputShape.Choice([.. labels.Select(label => new OutputShape.Literal(label))]));

        Assert.Equal(labels, constraint.Options!.Select(_vocabulary.Text));
        constraint.Choose(3);
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void Options_that_what_follows_cannot_tell_apart_are_left_to_the_tokens()
    {
        // "a" + free text may be "ab" + free text.
        var constraint = Compile(new OutputShape.InOrder([new OutputShape.Choice([new OutputShape.Literal("a"), new OutputShape.Literal("ab")]), new OutputShape.FreeText()]));

        Assert.Null(constraint.Options);
    }

    [Fact]
    public void A_tokenizer_that_puts_a_space_first_does_not_put_it_into_the_output()
    {
        var vocabulary = new FakeVocabulary(putsSpaceFirst: true);
        var writer = new Writer(vocabulary, new ConstraintCompiler(vocabulary).Compile(new OutputShape.Json(Intent)));
        var random = new Random(1);

        writer.Follow("""{"intent":"退货","订单号":"A1","urgent":true}""", random);
    }

    [Fact]
    public void Control_and_end_tokens_are_never_allowed_inside()
    {
        var vocabulary = new FakeVocabulary(control: ["<|im_start|>", "<|im_end|>"]);
        var constraint = new ConstraintCompiler(vocabulary).Compile(new OutputShape.Json("""{"type":"string"}"""));
        constraint.Accept(vocabulary.Token("\""));
        constraint.Accept(vocabulary.Token("你好"));

        Assert.False(constraint.Allows(vocabulary.End));
        Assert.False(constraint.Allows(vocabulary.Control("<|im_end|>")));
        Assert.False(constraint.CanEnd);
        Assert.Throws<InvalidOperationException>(() => constraint.Accept(vocabulary.End));
        Assert.Throws<InvalidOperationException>(() => constraint.Accept(vocabulary.Control("<|im_start|>")));
        constraint.Accept(vocabulary.Token("\""));
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void A_refused_token_changes_nothing()
    {
        var constraint = Compile(new OutputShape.Json("""{"type":"integer","minimum":0}"""));
        Assert.Throws<InvalidOperationException>(() => constraint.Accept(_vocabulary.Token("abc")));
        constraint.Accept(_vocabulary.Token("12"));
        Assert.True(constraint.CanEnd);
        Assert.False(constraint.IsComplete);
        constraint.Accept(_vocabulary.End);
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void Requests_with_equal_shapes_do_not_disturb_each_other()
    {
        var compiler = new ConstraintCompiler(_vocabulary);
        OutputShape Shape() => new OutputShape.InOrder([new OutputShape.Literal("["), new OutputShape.Json(Intent), new OutputShape.Literal("]")]);
        Parallel.For(0, 16, seed =>
        {
            var random = new Random(seed);
            for (var round = 0; round < 10; round++)
            {
                var writer = new Writer(_vocabulary, compiler.Compile(Shape()));
                var text = writer.Write(allowed => allowed[random.Next(allowed.Count)], options => random.Next(options.Count));
                Assert.True(SchemaCheck.IsValid(Intent, text[1..^1]));
            }
        });
    }

    [Fact]
    public void Shapes_are_told_apart_however_their_texts_look()
    {
        OutputShape[] shapes =
        [
            new OutputShape.Literal("a1:b"), new OutputShape.InOrder([new OutputShape.Literal("a"), new OutputShape.Literal("b")]), new OutputShape.Choice([new OutputShape.Literal("a"), new OutputShape.Literal("b")]),
            new OutputShape.InOrder([new OutputShape.Literal("aL1:b")]), new OutputShape.Json("a"), new OutputShape.FreeText("a"), new OutputShape.FreeText("a", AtStartOnly: true), new OutputShape.FreeText("a", Required: true),
            new OutputShape.FreeText("a", new OutputShape.Literal("b")), new OutputShape.FreeText(), new OutputShape.FreeText(""),
        ];

        Assert.Equal(shapes.Length, shapes.Select(ShapeKey.Of).Distinct().Count());
        Assert.Equal(ShapeKey.Of(new OutputShape.Choice([new OutputShape.Literal("a")])), ShapeKey.Of(new OutputShape.Choice([new OutputShape.Literal("a")])));
    }

    [Fact]
    public void A_long_string_is_followed_without_new_answers_for_each_character()
    {
        var constraint = Compile(new OutputShape.Json("""{"type":"string","maxLength":1500}"""));
        constraint.Accept(_vocabulary.Token("\""));
        var mask = new bool[_vocabulary.Count];
        var token = _vocabulary.Token("你好");
        for (var round = 0; round < 600; round++)
        {
            Assert.True(constraint.Allows(token));
            constraint.Accept(token);
            constraint.Mask(mask);
            Assert.True(mask[token]);
        }

        for (var round = 0; round < 300; round++)
        {
            constraint.Accept(_vocabulary.Token("a"));
        }

        Assert.False(constraint.Allows(_vocabulary.Token("a")));
        Assert.True(constraint.Allows(_vocabulary.Token("\"")));
    }

    private ITokenConstraint Compile(OutputShape shape) => new ConstraintCompiler(_vocabulary).Compile(shape);

    private Writer Writer(OutputShape shape) => new(_vocabulary, Compile(shape));

    private IEnumerable<string> Pieces(IEnumerable<int> tokens) => tokens.Select(token => _vocabulary.Text([token]));
}
