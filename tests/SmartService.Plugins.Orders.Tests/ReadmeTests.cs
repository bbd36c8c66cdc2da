using System.Runtime.CompilerServices;
using SmartService.Bot.Plugins;
using SmartService.Plugins.Stores;
using SmartService.Testing;

namespace SmartService.Plugins.Orders.Tests;

/// <summary>The example of <c>plugins/README.md</c> is compiled into this project; here it runs, and the page holds the same text.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public async Task The_example_works()
    {
        await using var conversation = TestBot.Conversation(add: services => services.AddPlugin<StoresPlugin>());

        Assert.Equal("地址：文二路 1 号。回复「确认」为您预约。", await conversation.SayAsync("我要预约到店"));
        Assert.Equal("杭州预约成功，编号 visi", await conversation.SayAsync("确认"));
    }

    [Theory]
    [InlineData("StoresPlugin.cs")]
    [InlineData("StoreTools.cs")]
    [InlineData("VisitFlow.cs")]
    public void The_page_shows_the_code_that_was_compiled(string file)
    {
        var here = Path.GetDirectoryName(Here())!;
        var code = File.ReadAllText(Path.Combine(here, "Readme", file));
        var page = File.ReadAllText(Path.Combine(here, "..", "..", "plugins", "README.md"));

        // The page leaves out the usings.
        Assert.Contains(code[code.IndexOf("public sealed class", StringComparison.Ordinal)..].Trim(), page, StringComparison.Ordinal);
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
