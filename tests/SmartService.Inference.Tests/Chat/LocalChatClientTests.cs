using System.Text.Json;
using Microsoft.Extensions.AI;
using SmartService.Inference.Chat;
using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Chat;

public sealed class LocalChatClientTests
{
    private static readonly ChatMessage[] s_question = [new(ChatRole.User, "订单A-1到哪了？")];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_arrives_in_pieces_and_ends_with_reason_and_usage()
    {
        await using var host = new ScriptedModelHost().Says(FinishReason.Stop, "已", "发货", "。");
        using var client = new LocalChatClient(host);
        var updates = await client.GetStreamingResponseAsync(s_question, cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(["已", "发货", "。", ""], updates.Select(update => update.Text));
        Assert.Equal([null, null, null, ChatFinishReason.Stop], updates.Select(update => update.FinishReason));
        Assert.Single(updates.Select(update => update.ResponseId).Distinct());
        Assert.All(updates, update => Assert.Equal("scripted", update.ModelId));
        var usage = Assert.Single(updates[^1].Contents.OfType<UsageContent>()).Details;
        Assert.Equal((100, 7, 107, 80), (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount, usage.CachedInputTokenCount));
        Assert.Equal((80, 3, 1, 30), (usage.AdditionalCounts![LocalUsageCounts.Cached], usage.AdditionalCounts[LocalUsageCounts.Fed],
            usage.AdditionalCounts[LocalUsageCounts.DroppedBlocks], usage.AdditionalCounts[LocalUsageCounts.FirstTokenMilliseconds]));
    }

    [Fact]
    public async Task What_is_asked_for_reaches_the_host()
    {
        await using var host = new ScriptedModelHost().Says(FinishReason.Stop, "好");
        using var client = new LocalChatClient(host);
        await client.GetResponseAsync(s_question, new ChatOptions
        {
            MaxOutputTokens = 33, Temperature = 0, TopK = 5, TopP = 0.5f, FrequencyPenalty = 0.1f, PresencePenalty = 0.2f, Seed = -1, StopSequences = ["完", ""],
            ConversationId = "c0",
            AdditionalProperties = new()
            {
                ["tenant"] = "shop", ["class"] = "background", ["conversation"] = "c1", ["time_limit"] = 2.5, ["repetition_penalty"] = 1.1, ["min_p"] = 0,
            },
        }, Token);
        var request = host.Requests.Single();
        Assert.Equal((33, "c1", "shop", RequestClass.Background, TimeSpan.FromSeconds(2.5)), (request.MaxTokens, request.Conversation, request.Tenant, request.Class, request.TimeLimit));
        Assert.Equal(new SamplingSettings
        {
            Temperature = 0, TopK = 5, TopP = 0.5f, MinP = 0, FrequencyPenalty = 0.1f, PresencePenalty = 0.2f, RepetitionPenalty = 1.1f, Seed = ulong.MaxValue,
        }, request.Sampling);
        Assert.Equal(["完"], request.Stop);
        Assert.Null(request.Shape);
    }

    [Theory]
    [InlineData("tenant", 1)]
    [InlineData("class", "urgent")]
    [InlineData("time_limit", "soon")]
    [InlineData("thinking", "yes")]
    [InlineData("shape", "json")]
    public async Task A_property_of_a_wrong_type_is_refused_by_name(string name, object value)
    {
        await using var host = new ScriptedModelHost();
        using var client = new LocalChatClient(host);
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() =>
            client.GetResponseAsync(s_question, new ChatOptions { AdditionalProperties = new() { [name] = value } }, Token));
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FinishReason.Length, "length")]
    [InlineData(FinishReason.Deadline, "deadline")]
    [InlineData(FinishReason.StopText, "stop")]
    public async Task A_cut_off_answer_is_never_reported_as_a_whole_one(FinishReason finish, string expected)
    {
        await using var host = new ScriptedModelHost().Says(finish, "{\"a\": ");
        using var client = new LocalChatClient(host);
        var response = await client.GetResponseAsync(s_question, new ChatOptions { ResponseFormat = ChatResponseFormat.Json }, Token);
        Assert.Equal(expected, response.FinishReason?.Value);
    }

    [Fact]
    public async Task An_output_that_just_ends_is_an_error()
    {
        await using var host = new ScriptedModelHost().Says(_ => [new GenerationUpdate("半")]);
        using var client = new LocalChatClient(host);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => client.GetResponseAsync(s_question, cancellationToken: Token));
    }

    [Fact]
    public async Task A_schema_becomes_a_shape_and_its_output_is_passed_on_as_it_is()
    {
        await using var host = new ScriptedModelHost().Says(FinishReason.Stop, " {\"tag\": \"<tool_call>\"}");
        using var client = new LocalChatClient(host);
        var schema = JsonElement.Parse("""{"type":"object","properties":{"tag":{"type":"string"}}}""");
        var response = await client.GetResponseAsync(s_question, new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) }, Token);
        Assert.Equal(" {\"tag\": \"<tool_call>\"}", response.Text);
        Assert.Equal(schema.GetRawText(), Assert.IsType<OutputShape.Json>(host.Requests.Single().Shape).Schema);
    }

    [Fact]
    public async Task Offered_tools_make_a_trigger_and_required_ones_a_call()
    {
        await using var host = new ScriptedModelHost().Says(FinishReason.Stop, "好").Says(FinishReason.Stop, "好").Says(FinishReason.Stop, "好");
        using var client = new LocalChatClient(host);
        var tools = Dialogues.ToolSet("shop");
        await client.GetResponseAsync(s_question, new ChatOptions { Tools = tools }, Token);
        await client.GetResponseAsync(s_question, new ChatOptions { Tools = tools, ToolMode = ChatToolMode.RequireSpecific("refund") }, Token);
        await client.GetResponseAsync(s_question, new ChatOptions { Tools = tools, ToolMode = ChatToolMode.None }, Token);

        var free = Assert.IsType<OutputShape.FreeText>(host.Requests[0].Shape);
        Assert.Equal(("<tool_call>", false), (free.Trigger, free.AtStartOnly));
        Assert.Equal(2, Assert.IsType<OutputShape.Choice>(free.Then).Options.Count);

        var parts = Assert.IsType<OutputShape.InOrder>(host.Requests[1].Shape).Parts;
        Assert.Equal(new OutputShape.Literal("<tool_call>"), parts[0]);
        var call = Assert.IsType<OutputShape.InOrder>(parts[1]).Parts;
        Assert.Equal(new OutputShape.Literal("\n{\"name\": \"refund\", \"arguments\": "), call[0]);
        Assert.Equal(((AIFunctionDeclaration)tools[1]).JsonSchema.GetRawText(), Assert.IsType<OutputShape.Json>(call[1]).Schema);
        Assert.Equal(new OutputShape.Literal("}\n</tool_call>"), call[2]);

        Assert.Null(host.Requests[2].Shape);
        Assert.DoesNotContain("# Tools", ChatTemplateTests.Text(host.Requests[2].Prompt), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_required_tool_that_is_not_there_is_refused()
    {
        await using var host = new ScriptedModelHost();
        using var client = new LocalChatClient(host);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync(
            s_question, new ChatOptions { Tools = Dialogues.ToolSet("orders"), ToolMode = ChatToolMode.RequireSpecific("refund") }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync(s_question, new ChatOptions { ToolMode = ChatToolMode.RequireAny }, Token));
    }

    [Fact]
    public async Task A_tool_whose_schema_cannot_be_enforced_is_still_usable()
    {
        await using var host = new ScriptedModelHost()
            .Says(request => throw new ArgumentException("Keyword patternProperties is not supported.", nameof(request)))
            .Says(FinishReason.Stop, """<tool_call>{"name": "find_order", "arguments": {}}</tool_call>""");
        using var client = new LocalChatClient(host);
        var response = await client.GetResponseAsync(s_question, new ChatOptions { Tools = Dialogues.ToolSet("orders") }, Token);
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        var then = Assert.IsType<OutputShape.InOrder>(Assert.IsType<OutputShape.FreeText>(host.Requests[1].Shape).Then);
        Assert.Equal("""{"type":"object"}""", Assert.IsType<OutputShape.Json>(then.Parts[1]).Schema);
    }

    [Fact]
    public async Task A_schema_that_the_caller_asked_for_is_never_silently_given_up()
    {
        await using var host = new ScriptedModelHost().Says(request => throw new ArgumentException("Keyword not is not supported.", nameof(request)));
        using var client = new LocalChatClient(host);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync(s_question, new ChatOptions { ResponseFormat = ChatResponseFormat.Json }, Token));
    }

    [Fact]
    public async Task A_tool_round_trip_works_through_the_standard_function_invoker()
    {
        await using var host = new ScriptedModelHost()
            .Says(FinishReason.Stop, "我查", "一下。\n<tool", "_call>\n{\"name\": \"find_order\", \"arguments\": {\"order_id\": \"A-1\"}}\n</tool_call>")
            .Says(FinishReason.Stop, "A-1 已发货。");
        using var client = new LocalChatClient(host).AsBuilder().UseFunctionInvocation().Build();
        var asked = new List<string>();
        var tool = AIFunctionFactory.Create((string order_id) => { asked.Add(order_id); return new { status = "已发货" }; }, "find_order", "查订单");
        var options = new ChatOptions { Tools = [tool], AdditionalProperties = new() { ["conversation"] = "c" } };
        var response = await client.GetResponseAsync(s_question, options, Token);
        Assert.Equal(["A-1"], asked);
        Assert.EndsWith("A-1 已发货。", response.Text, StringComparison.Ordinal);
        Assert.Equal(["c", "c"], host.Requests.Select(request => request.Conversation));
        Assert.EndsWith(
            "<|im_start|>assistant\n我查一下。\n<tool_call>\n{\"name\": \"find_order\", \"arguments\": {\"order_id\": \"A-1\"}}\n</tool_call><|im_end|>\n" +
            "<|im_start|>user\n<tool_response>\n{\"status\": \"已发货\"}\n</tool_response><|im_end|>\n<|im_start|>assistant\n",
            ChatTemplateTests.Text(host.Requests[1].Prompt), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FinishReason.Stop, "<tool_call>{\"name\": \"drop_table\", \"arguments\": {}}</tool_call>", "broken_tool_call", ToolCallProblem.UnknownTool)]
    [InlineData(FinishReason.Stop, "<tool_call>{\"name\"</tool_call>", "broken_tool_call", ToolCallProblem.Malformed)]
    [InlineData(FinishReason.Length, "<tool_call>{\"name\": \"find_order\", \"arguments\": {}}", "length", ToolCallProblem.Cut)]
    public async Task A_broken_call_is_an_error_content_and_no_call(FinishReason finish, string output, string reason, string code)
    {
        await using var host = new ScriptedModelHost().Says(finish, output);
        using var client = new LocalChatClient(host);
        var response = await client.GetResponseAsync(s_question, new ChatOptions { Tools = Dialogues.ToolSet("orders") }, Token);
        Assert.Equal(reason, response.FinishReason?.Value);
        Assert.Equal("", response.Text);
        var contents = response.Messages.SelectMany(message => message.Contents).ToList();
        Assert.Equal(code, Assert.Single(contents.OfType<ErrorContent>()).ErrorCode);
        Assert.Empty(contents.OfType<FunctionCallContent>());
    }

    [Fact]
    public async Task One_call_at_a_time_stops_at_its_end()
    {
        await using var host = new ScriptedModelHost().Says(FinishReason.StopText, "<tool_call>\n{\"name\": \"find_order\", \"arguments\": {}}\n");
        using var client = new LocalChatClient(host);
        var response = await client.GetResponseAsync(s_question, new ChatOptions { Tools = Dialogues.ToolSet("orders"), AllowMultipleToolCalls = false }, Token);
        Assert.Equal(["</tool_call>"], host.Requests.Single().Stop);
        Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
    }

    [Fact]
    public async Task Thoughts_are_no_text_and_off_unless_wanted()
    {
        await using var host = new ScriptedModelHost("<|im_start|><think>enable_thinking", "qwen3")
            .Says(FinishReason.Stop, "好").Says(FinishReason.Stop, "<think>\n他急。\n</think>\n\n马上查。").Says(FinishReason.Stop, "{}");
        using var client = new LocalChatClient(host);
        await client.GetResponseAsync(s_question, cancellationToken: Token);
        var thinking = new ChatOptions { AdditionalProperties = new() { ["thinking"] = true } };
        var response = await client.GetResponseAsync(s_question, thinking, Token);
        thinking.ResponseFormat = ChatResponseFormat.Json;
        await client.GetResponseAsync(s_question, thinking, Token);
        Assert.Equal("马上查。", response.Text);
        Assert.Equal("他急。", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        string[] prompts = [.. host.Requests.Select(request => ChatTemplateTests.Text(request.Prompt))];
        Assert.EndsWith("<think>\n\n</think>\n\n", prompts[0], StringComparison.Ordinal);
        Assert.EndsWith("<|im_start|>assistant\n", prompts[1], StringComparison.Ordinal);
        Assert.EndsWith("<think>\n\n</think>\n\n", prompts[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thought_that_nothing_opened_is_no_part_of_a_whole_answer()
    {
        await using var host = new ScriptedModelHost().Says(FinishReason.Stop, "他问退", "货。\n</thi", "nk>\n\n七天内", "可退。").Says(FinishReason.Stop, "\"</think>\"");
        using var client = new LocalChatClient(host);
        var response = await client.GetResponseAsync(s_question, cancellationToken: Token);
        Assert.Equal("七天内可退。", response.Text);
        Assert.Equal("他问退货。", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);

        // In JSON it is a text like any other.
        Assert.Equal("\"</think>\"", (await client.GetResponseAsync(s_question, new ChatOptions { ResponseFormat = ChatResponseFormat.Json }, Token)).Text);
    }

    [Fact]
    public async Task Control_tokens_of_the_call_format_are_asked_for()
    {
        await using var host = new ScriptedModelHost().Says(FinishReason.Stop, "好").Says(FinishReason.Stop, "好");
        using var client = new LocalChatClient(host, new LocalChatOptions { Family = ChatFamily.MistralTekken });
        await client.GetResponseAsync(s_question, new ChatOptions { Tools = Dialogues.ToolSet("orders") }, Token);
        await client.GetResponseAsync(s_question, cancellationToken: Token);
        Assert.Contains("[TOOL_CALLS]", host.Requests[0].ControlMarks);
        Assert.Empty(host.Requests[1].ControlMarks);
    }

    [Fact]
    public async Task A_reader_that_leaves_frees_the_host()
    {
        await using var host = new ScriptedModelHost().Says(FinishReason.Stop, "一", "二", "三");
        using var client = new LocalChatClient(host);
        await foreach (var update in client.GetStreamingResponseAsync(s_question, cancellationToken: Token))
        {
            Assert.Equal("一", update.Text);
            break;
        }

        Assert.Equal(1, host.Abandoned);
    }

    [Fact]
    public async Task Host_and_metadata_are_services()
    {
        await using var host = new ScriptedModelHost().Says(FinishReason.Stop, "好");
        using var client = new LocalChatClient(host);
        await client.GetResponseAsync(s_question, cancellationToken: Token);
        Assert.Same(host, client.GetService<IModelHost>());
        Assert.Same(client, client.GetService<LocalChatClient>());
        Assert.Equal("scripted", client.GetService<ChatClientMetadata>()?.DefaultModelId);
    }

    [Fact]
    public async Task Labels_are_scored_through_decorators()
    {
        await using var host = new ScriptedModelHost().Says(_ =>
            [new GenerationUpdate("投诉") { Finish = FinishReason.Stop, ChoiceScores = [[0.2f, 0.7f, 0.1f]] }]);
        using var client = new LocalChatClient(host).AsBuilder().UseFunctionInvocation().Build();
        var scores = await client.ClassifyAsync(s_question, ["咨询", "投诉", "其他"], options: null, Token);
        Assert.Equal([0.2f, 0.7f, 0.1f], scores);
        Assert.Equal(["咨询", "投诉", "其他"], Assert.IsType<OutputShape.Choice>(host.Requests.Single().Shape).Options.Select(option => ((OutputShape.Literal)option).Text));
    }

    [Fact]
    public async Task A_client_without_scores_is_taken_at_its_word_or_refused()
    {
        await using var host = new ScriptedModelHost().Says(FinishReason.Stop, "投诉 ").Says(FinishReason.Stop, "我觉得是投诉");
        using var client = new LocalChatClient(host);
        Assert.Equal([0, 1], await client.ClassifyAsync(s_question, ["咨询", "投诉"], options: null, Token));
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.ClassifyAsync(s_question, ["咨询", "投诉"], options: null, Token));
    }
}
