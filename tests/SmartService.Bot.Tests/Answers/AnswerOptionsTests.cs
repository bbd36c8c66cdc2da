using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartService.Testing;

namespace SmartService.Bot.Tests.Answers;

public sealed class AnswerOptionsTests
{
    [Theory]
    [InlineData("Answers:ModelSeconds", "0")]
    [InlineData("Answers:MaxTokens", "1")]
    [InlineData("Answers:Passages", "0")]
    [InlineData("Answers:LocalPassageTokens", "1")]
    [InlineData("Answers:LocalMaxTokens", "1")]
    [InlineData("Answers:BusySeconds", "0")]
    [InlineData("Handoff:DeclinesBeforeHandoff", "0")]
    [InlineData("Tools:TimeoutSeconds", "1000")]
    [InlineData("Tools:MaxResultBytes", "1")]
    [InlineData("Attempts:Limit", "0")]
    public void Settings_out_of_range_stop_the_start(string setting, string value)
    {
        using var services = TestBot.Services(settings: new Dictionary<string, string?> { [setting] = value }).BuildServiceProvider();
        var error = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains(setting + " must", error.Message, StringComparison.Ordinal);
    }
}
