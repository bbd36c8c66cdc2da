using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;
using SmartService.Inference.Chat;
using SmartService.Inference.Chat.Output;

namespace SmartService.Inference.Tests.Chat;

public sealed class OutputParserTests
{
    private const string Call = """{"name": "find_order", "arguments": {"order_id": "A-1"}}""";
    private const string Found = """call find_order {"order_id":"A-1"}""";

    private static readonly ToolDescription[] s_tools =
    [
        new("find_order", "", JsonElement.Parse("""{"type":"object","properties":{"order_id":{"type":"string"},"n":{"type":"integer"},"flag":{"type":"boolean"},"any":{}}}""")),
        new("refund", "", JsonElement.Parse("""{"type":"object"}""")),
    ];

    /// <summary>Family, output, whether it is whole, and what must come of it: a line per text, thought, call or problem.</summary>
    public static TheoryData<ChatFamily, string, bool, string> Outputs => new()
    {
        // Text.
        { ChatFamily.Qwen25, "您好，一般 3 天内发货。", true, "text 您好，一般 3 天内发货。" },
        { ChatFamily.Qwen25, " a <b> </tool <tool_cal \n", true, "text  a <b> </tool <tool_cal \n" },
        { ChatFamily.Qwen25, "1 < 2 <tool_ca", false, "text 1 < 2 " },
        { ChatFamily.Qwen25, "", true, "" },
        { ChatFamily.Qwen25, " \n", true, "text  \n" },

        // Qwen and Hermes.
        { ChatFamily.Qwen25, $"<tool_call>\n{Call}\n</tool_call>", true, Found },
        { ChatFamily.Qwen25, $"我查一下。\n\n<tool_call>\n{Call}\n</tool_call>\n<tool_call>\n{Call}\n</tool_call>\n", true, $"text 我查一下。|{Found}|{Found}" },
        { ChatFamily.Qwen25, $"<tool_call>{Call}</tool_call>好", true, $"{Found}|text 好" },
        { ChatFamily.Qwen25, $"<tool_call>\n{Call}", true, Found },
        { ChatFamily.Qwen25, $"<tool_call>\n{Call}\n<tool_call>\n{Call}\n</tool_call>", true, $"{Found}|{Found}" },
        { ChatFamily.Qwen25, """<tool_call>{"name": "refund", "arguments": {"why": "</tool_call> }\" {"}}</tool_call>""", true, """call refund {"why":"</tool_call> }\" {"}""" },
        { ChatFamily.Qwen25, """<tool_call>{"name": "refund"}</tool_call>""", true, "call refund {}" },
        { ChatFamily.Qwen25, """<tool_call>{"name": "refund", "arguments": "{\"a\": 1}"}</tool_call>""", true, """call refund {"a":1}""" },
        { ChatFamily.Qwen25, $"<tool_call>\n{Call}", false, "problem tool_call_cut" },
        { ChatFamily.Qwen25, $"好的<tool_call>\n{Call[..^5]}", false, "text 好的|problem tool_call_cut" },
        { ChatFamily.Qwen25, $"<tool_call>\n{Call[..^1]}\n</tool_call>", true, "problem tool_call_malformed" },
        { ChatFamily.Qwen25, $"<tool_call>\n{Call}}}\n</tool_call>", true, "problem tool_call_malformed" },
        { ChatFamily.Qwen25, "<tool_call>find_order(A-1)</tool_call>好", true, "problem tool_call_malformed|text 好" },
        { ChatFamily.Qwen25, "<tool_call>", true, "problem tool_call_malformed" },
        { ChatFamily.Qwen25, "<tool_call>", false, "problem tool_call_cut" },
        { ChatFamily.Qwen25, """<tool_call>{"name": "refund", "arguments": [1]}</tool_call>""", true, "problem tool_call_malformed" },
        { ChatFamily.Qwen25, """<tool_call>{"name": "refund", "arguments": {"a": "\ud800"}}</tool_call>""", true, "problem tool_call_malformed" },
        { ChatFamily.Qwen25, """<tool_call>{"name": "drop_table", "arguments": {}}</tool_call>""", true, "problem tool_call_unknown_tool" },

        { ChatFamily.Qwen25, "```json\n" + Call + "\n```", true, Found },
        { ChatFamily.Qwen3, "<think>\n查\n</think>\n\n" + Call, true, $"thought 查|{Found}" },
        { ChatFamily.Qwen25, "```json\n{\"name\": \"find_订单\", \"arguments\": {}}\n```", true, "problem tool_call_unknown_tool" },
        { ChatFamily.Qwen25, "```json\n{\"水果\": 1}\n```\n好", true, "text ```json\n{\"水果\": 1}\n```\n好" },
        { ChatFamily.Qwen25, "```json\n" + Call[..^3], false, "problem tool_call_cut" },

        // Thoughts.
        { ChatFamily.Qwen3, "<think>\n他问订单。\n</think>\n\n您好", true, "thought 他问订单。|text 您好" },
        { ChatFamily.Qwen3, $"<think>\n查\n</think>\n\n<tool_call>\n{Call}\n</tool_call>", true, $"thought 查|{Found}" },
        { ChatFamily.Qwen3, "<think>\n\n</think>\n\n您好", true, "text 您好" },
        { ChatFamily.Qwen3, "好<think>想</think>的</think>", true, "text 好|thought 想|text 的</think>" },
        { ChatFamily.Qwen3, "<think>\n想到一半 </thin", false, "thought 想到一半 </thin" },
        { ChatFamily.Qwen25, "<think>想</think>答", true, "thought 想|text 答" },
        { ChatFamily.Qwen25, "他问退货。\n</think>\n\n七天内可退。", true, "text 他问退货。</think>七天内可退。" },
        { ChatFamily.Llama31, "想</think>\n{\"name\": \"refund\", \"parameters\": {}}", true, "text 想</think>|call refund {}" },
        { ChatFamily.Gemma3, "</think>\n答", true, "text 答" },
        { ChatFamily.Qwen25, "标签是 <think> 这样", true, "text 标签是 <think> 这样" },
        { ChatFamily.DeepSeekV31, "</think>您好", true, "text 您好" },

        // Qwen3-Coder.
        {
            ChatFamily.Qwen3Coder,
            "查。\n<tool_call>\n<function=find_order>\n<parameter=order_id>\n007\n</parameter>\n<parameter=n>\n7\n</parameter>\n<parameter=flag>\nTrue\n</parameter>\n" +
            "<parameter=any>\n{\"k\": [1]}\n</parameter>\n</function>\n</tool_call>", true,
            """text 查。|call find_order {"order_id":"007","n":7,"flag":true,"any":{"k":[1]}}"""
        },
        { ChatFamily.Qwen3Coder, "<tool_call>\n<function=find_order>\n<parameter=order_id>\na\n\nb>\n</parameter>\n</function>", true, """call find_order {"order_id":"a\n\nb>"}""" },
        { ChatFamily.Qwen3Coder, "<tool_call>\n<function=refund>\n</function>\n</tool_call>", true, "call refund {}" },
        { ChatFamily.Qwen3Coder, "<tool_call>\n<function=refund>\n<parameter=a>\n1", false, "problem tool_call_cut" },
        { ChatFamily.Qwen3Coder, "<tool_call>\n<function=refund>\n<parameter=a>\n1\n</parameter>\n</tool_call>", true, "problem tool_call_malformed" },
        { ChatFamily.Qwen3Coder, "<tool_call>\n{}</tool_call>", true, "problem tool_call_malformed" },

        // Llama.
        { ChatFamily.Llama31, """{"name": "find_order", "parameters": {"order_id": "A-1"}}""", true, Found },
        { ChatFamily.Llama31, """ {"type": "function", "name": "find_order", "parameters": {"order_id": "A-1"}}""", true, Found },
        { ChatFamily.Llama31, """<|python_tag|>{"name": "find_order", "parameters": {"order_id": "A-1"}}""", true, Found },
        { ChatFamily.Llama31, "<|python_tag|>print(1)", true, "problem tool_call_malformed" },
        { ChatFamily.Llama31, """{"name": "张三"}""", true, """text {"name": "张三"}""" },
        { ChatFamily.Llama31, """{"nam": 1}""", true, """text {"nam": 1}""" },
        { ChatFamily.Llama31, """{"name": "find_order", "parameters": {"order_id": """, false, "problem tool_call_cut" },
        { ChatFamily.Llama31, """{"na""", false, "problem tool_call_cut" },
        { ChatFamily.Llama31, """{"name": "find_order", "parameters": {"order_id": """, true, "problem tool_call_malformed" },
        { ChatFamily.Llama31, "结果：{\"name\": \"find_order\", \"parameters\": {}}", true, "text 结果：{\"name\": \"find_order\", \"parameters\": {}}" },

        // Gemma.
        { ChatFamily.Gemma3, "```json\n{\"name\": \"find_order\", \"parameters\": {\"order_id\": \"A-1\"}}\n```", true, Found },
        { ChatFamily.Gemma3, "```tool_code\n{\"name\": \"find_order\", \"parameters\": {\"order_id\": \"A-1\"}}", true, Found },
        { ChatFamily.Gemma3, "```python\nprint(1)\n```", true, "text ```python\nprint(1)\n```" },
        { ChatFamily.Gemma3, "```json\n{\"a\": 1}\n```", true, "text ```json\n{\"a\": 1}\n```" },
        { ChatFamily.Gemma3, "{\"name\": \"refund\", \"parameters\": {}}\n{\"name\": \"refund\", \"parameters\": {}}", true, "call refund {}|call refund {}" },

        // Mistral.
        { ChatFamily.MistralTekken, $"[TOOL_CALLS][{Call}, {Call}]", true, $"{Found}|{Found}" },
        { ChatFamily.MistralV3, $"[TOOL_CALLS] [{Call}]", true, Found },
        { ChatFamily.MistralV3, $" [{Call}]", true, Found },
        { ChatFamily.MistralV3, "[1] 见下", true, "text [1] 见下" },
        { ChatFamily.MistralV3, $"[TOOL_CALLS] [{Call}", true, "problem tool_call_malformed" },
        { ChatFamily.MistralV11, """好[TOOL_CALLS]find_order[ARGS]{"order_id": "A-1"}[TOOL_CALLS]refund[CALL_ID]abcdefghi[ARGS]{}""", true, $"text 好|{Found}|call refund {{}}" },
        { ChatFamily.MistralV11, """[TOOL_CALLS]find_order[ARGS]{"order_id": """, false, "problem tool_call_cut" },

        // DeepSeek.
        {
            ChatFamily.DeepSeekV31,
            """<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>find_order<｜tool▁sep｜>{"order_id": "A-1"}<｜tool▁call▁end｜><｜tool▁call▁begin｜>refund<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>""",
            true, $"{Found}|call refund {{}}"
        },
        {
            ChatFamily.DeepSeekR1,
            "查<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>find_order\n```json\n{\"order_id\": \"A-1\"}\n```<｜tool▁call▁end｜>\n" +
            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>refund\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            true, $"text 查|{Found}|call refund {{}}"
        },
        { ChatFamily.DeepSeekV31, "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>find_order<｜tool▁call▁end｜>", true, "problem tool_call_malformed" },
        { ChatFamily.DeepSeekV31, "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>find_order<｜tool▁sep｜>{\"a\"", false, "problem tool_call_cut" },
    };

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Output_is_separated_the_same_however_it_is_cut(ChatFamily family, string output, bool whole, string expected)
    {
        Assert.Equal(expected, Read(family, [output], whole));
        Assert.Equal(expected, Read(family, output.Select(character => character.ToString()), whole));
        for (var cut = 1; cut < output.Length; cut++)
        {
            Assert.Equal(expected, Read(family, [output[..cut], output[cut..]], whole));
        }
    }

    [Fact]
    public void Random_marks_are_separated_the_same_however_they_are_cut()
    {
        string[] pieces =
        [
            "<think>", "</think>", "<tool_call>", "</tool_call>", Call, "{", "}", "\"", "\n", " ", "好", "a<b", "<function=refund>", "<parameter=a>", "</parameter>",
            "</function>", "[TOOL_CALLS]", "[", "]", "[ARGS]", "refund", "```json\n", "```", "{\"name\"", "<|python_tag|>", "<｜tool▁calls▁begin｜>",
            "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>", "\\", ": ",
        ];
        var random = new Random(20261127);
        for (var round = 0; round < 4000; round++)
        {
            var family = s_families[random.Next(s_families.Length)];
            var output = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => pieces[random.Next(pieces.Length)]));
            var whole = random.Next(3) > 0;
            var expected = Read(family, [output], whole);
            var cut = new List<string>();
            for (var at = 0; at < output.Length;)
            {
                var length = Math.Min(output.Length - at, random.Next(1, 6));
                cut.Add(output.Substring(at, length));
                at += length;
            }

            var isSame = expected == Read(family, cut, whole);
            Assert.True(isSame, $"{family}: {output}\n{expected}\n{Read(family, cut, whole)}");
        }
    }

    [Fact]
    public void A_thought_that_the_prompt_opened_is_a_thought()
    {
        Assert.Equal("thought 他要退款。|text 可以退。", Read(ChatFamily.DeepSeekR1, ["他要退", "款。\n</th", "ink>\n\n可以退。"], whole: true, inThought: true));
        Assert.Equal("thought 他要退款。|text 可以退。", Read(ChatFamily.DeepSeekR1, ["<think>\n他要退款。</think>可以退。"], whole: true, inThought: true));
        Assert.Equal("thought 没想完", Read(ChatFamily.DeepSeekR1, ["没想完"], whole: false, inThought: true));
    }

    [Fact]
    public void Without_tools_a_call_is_still_never_text()
    {
        var parser = new OutputParser(ChatFormat.Of(ChatFamily.Qwen25), [], inThought: false);
        Assert.Equal("problem tool_call_unknown_tool", Describe([.. parser.Push($"<tool_call>{Call}</tool_call>"), .. parser.End(whole: true)]));
    }

    [Fact]
    public void Ids_of_calls_differ_and_fit_every_template()
    {
        var parser = new OutputParser(ChatFormat.Of(ChatFamily.Qwen25), s_tools, inThought: false);
        var calls = parser.Push(string.Concat(Enumerable.Repeat($"<tool_call>{Call}</tool_call>", 50))).Cast<FunctionCallContent>().ToList();
        Assert.Equal(50, calls.Select(call => call.CallId).Distinct().Count());
        Assert.All(calls, call => Assert.Matches("^[0-9a-zA-Z]{9}$", call.CallId));
    }

    [Fact]
    public void More_calls_than_wanted_are_dropped()
    {
        var parser = new OutputParser(ChatFormat.Of(ChatFamily.Qwen25), s_tools, inThought: false, maxCalls: 1);
        Assert.Equal(Found, Describe([.. parser.Push($"<tool_call>{Call}</tool_call><tool_call>{Call}</tool_call>"), .. parser.End(whole: true)]));
    }

    private static readonly JsonSerializerOptions s_readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly ChatFamily[] s_families = [.. Enum.GetValues<ChatFamily>().Where(family => family != ChatFamily.Auto)];

    private static string Read(ChatFamily family, IEnumerable<string> pieces, bool whole, bool inThought = false)
    {
        var parser = new OutputParser(ChatFormat.Of(family), s_tools, inThought);
        var contents = new List<AIContent>();
        foreach (var piece in pieces)
        {
            contents.AddRange(parser.Push(piece));
        }

        contents.AddRange(parser.End(whole));
        return Describe(contents);
    }

    private static string Describe(IReadOnlyList<AIContent> contents)
    {
        var lines = new List<string>();
        foreach (var content in contents)
        {
            var (kind, text) = content switch
            {
                TextReasoningContent thought => ("thought ", thought.Text),
                TextContent part => ("text ", part.Text),
                FunctionCallContent call => ("call ", $"{call.Name} {JsonSerializer.Serialize(call.Arguments, s_readable)}"),
                ErrorContent error => ("problem ", error.ErrorCode),
                _ => throw new InvalidOperationException(content.GetType().Name),
            };
            var joins = kind is "thought " or "text " && lines.Count > 0 && lines[^1].StartsWith(kind, StringComparison.Ordinal);
            if (joins)
            {
                lines[^1] += text;
            }
            else
            {
                lines.Add(kind + text);
            }
        }

        return string.Join('|', lines);
    }
}
