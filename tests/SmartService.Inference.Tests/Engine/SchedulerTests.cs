using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using static SmartService.Inference.Tests.Engine.SchedulerRig;

namespace SmartService.Inference.Tests.Engine;

public sealed class SchedulerTests
{
    [Fact]
    public async Task A_greedy_text_is_what_the_model_says_token_by_token()
    {
        await using var rig = new SchedulerRig();
        var (text, last) = await rig.RunAsync(Ask("<|im_start|>请问有货吗"));
        Assert.Equal(rig.Expected("<|im_start|>请问有货吗"), text);
        Assert.Equal(FinishReason.Stop, last.Finish);
        Assert.Equal(6, last.Usage!.PromptTokens);
        Assert.Equal(0, last.Usage.CachedTokens);
        Assert.Equal(rig.Model.Greedy(rig.Model.Vocabulary.Tokenize("<|im_start|>请问有货吗", true), 64).Count, last.Usage.OutputTokens);
    }

    [Fact]
    public async Task Requests_at_once_get_the_texts_that_they_get_alone()
    {
        await using var rig = new SchedulerRig();
        var prompts = Enumerable.Range(0, 40).Select(number => $"<|im_start|>客户 {number} 问:{new string('x', number * 7)}").ToList();
        var texts = await Task.WhenAll(prompts.Select(prompt => rig.TextAsync(Ask(prompt))));
        Assert.Equal(prompts.Select(prompt => rig.Expected(prompt)), texts);
    }

    [Fact]
    public async Task The_token_limit_cuts_off_and_says_so()
    {
        await using var rig = new SchedulerRig();
        var (text, last) = await rig.RunAsync(Ask("一二三", 3));
        Assert.Equal(FinishReason.Length, last.Finish);
        Assert.Equal(3, last.Usage!.OutputTokens);
        Assert.Equal(rig.Expected("一二三", 3), text);
    }
}
