using SmartService.Inference.Chat;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Chat;

public sealed class ChatFamilyGuessTests
{
    // Marks of real templates, as short as they may be.
    [Theory]
    [InlineData("'<|im_start|>' + message.role", "qwen2", ChatFamily.ChatML)]
    [InlineData("<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. <tool_call>", "qwen2", ChatFamily.Qwen25)]
    [InlineData("<|im_start|> enable_thinking '<think>\n\n</think>'", "qwen3", ChatFamily.Qwen3)]
    [InlineData("{{- '<|im_start|>assistant\\n<think>\\n' }}", "qwen3", ChatFamily.Qwen3Thinking)]
    [InlineData("'<|im_start|>' '</think>' '<think>'", "qwen3", ChatFamily.ChatML)]
    [InlineData("<|im_start|> <tool_call>\n<function=", "qwen3moe", ChatFamily.Qwen3Coder)]
    [InlineData("<|im_start|> <tool_call>\n<function= <think>", "qwen35", ChatFamily.Qwen35)]
    [InlineData("'<|start_header_id|>' + message['role']", "llama", ChatFamily.Llama3)]
    [InlineData("<|start_header_id|> Cutting Knowledge Date", "llama", ChatFamily.Llama31)]
    [InlineData("<|start_header_id|> Cutting Knowledge Date strftime_now", "llama", ChatFamily.Llama32)]
    [InlineData("<start_of_turn> System role not supported", "gemma2", ChatFamily.Gemma2)]
    [InlineData("<start_of_turn> first_user_prefix", "gemma3", ChatFamily.Gemma3)]
    [InlineData("[INST] [AVAILABLE_TOOLS] [", "llama", ChatFamily.MistralV3)]
    [InlineData("[INST] [AVAILABLE_TOOLS][", "llama", ChatFamily.MistralTekken)]
    [InlineData("[SYSTEM_PROMPT] [INST] [AVAILABLE_TOOLS] [ARGS]", "llama", ChatFamily.MistralV11)]
    [InlineData("'<｜User｜>' '<｜Assistant｜><think>\\n'", "qwen2", ChatFamily.DeepSeekR1)]
    [InlineData("ns.is_last_user '<｜Assistant｜>'", "deepseek2", ChatFamily.DeepSeekV31)]
    [InlineData(null, "qwen3", ChatFamily.Qwen3)]
    [InlineData("", "gemma3", ChatFamily.Gemma3)]
    public void The_family_is_told_from_the_template(string? template, string architecture, ChatFamily expected) =>
        Assert.Equal(expected, ChatFamilyGuess.Of(template, architecture));

    [Theory]
    [InlineData("[INST] <<SYS>>", "llama")]
    [InlineData("<|turn>user", "gemma4")]
    [InlineData("[gMASK]<sop>", "glm4")]
    [InlineData("'<｜Assistant｜>' ｜DSML｜", "deepseek2")]
    [InlineData(null, "llama")]
    public void An_unknown_format_is_not_guessed(string? template, string architecture) => Assert.Null(ChatFamilyGuess.Of(template, architecture));

    [Fact]
    public async Task A_model_of_an_unknown_family_is_refused_with_a_sentence_and_served_when_the_family_is_set()
    {
        await using var host = new ScriptedModelHost("[gMASK]<sop>", "glm4").Says(FinishReason.Stop, "好");
        using var client = new LocalChatClient(host);
        var refusal = await Assert.ThrowsAsync<ModelUnavailableException>(() => client.GetResponseAsync([new(Microsoft.Extensions.AI.ChatRole.User, "在吗")]));
        Assert.Contains("scripted (glm4)", refusal.Message, StringComparison.Ordinal);
        using var told = new LocalChatClient(host, new LocalChatOptions { Family = ChatFamily.ChatML });
        Assert.Equal("好", (await told.GetResponseAsync([new(Microsoft.Extensions.AI.ChatRole.User, "在吗")])).Text);
    }
}
