using Microsoft.Extensions.AI;
using SmartService.Inference.Chat;
using SmartService.Inference.Hosting.InProcess;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests;

/// <summary>The sample of the project's README, line by line, over a tiny model.</summary>
public sealed class ReadmeTests
{
    private static async Task SampleAsync(string path, TextWriter output)
    {
        var options = new LocalModelOptions { Path = path };
        await using var host = new InProcessModelHost(options);
        using IChatClient client = new LocalChatClient(host);
        await foreach (var update in client.GetStreamingResponseAsync("用一句话介绍你自己"))
        {
            output.Write(update.Text);
        }
    }

    [Fact]
    public async Task The_sample_writes_an_answer()
    {
        await using var output = new StringWriter();
        await SampleAsync(TinyModel.Chat, output);
        Assert.NotEqual("", output.ToString());
    }

    [Fact]
    public async Task The_readme_shows_this_sample()
    {
        var root = SourceTree.Root;
        Assert.NotNull(root);
        var readme = await File.ReadAllTextAsync(Path.Combine(root, "bot/SmartService.Inference/README.md"), TestContext.Current.CancellationToken);
        var source = await File.ReadAllTextAsync(Path.Combine(root, "tests/SmartService.Inference.Tests/ReadmeTests.cs"), TestContext.Current.CancellationToken);
        var sample = readme.Split("```csharp\n")[1].Split("```")[0].TrimEnd('\n').Split('\n');
        Assert.Contains(string.Join('\n', sample.Select(line => "        " + line)), source, StringComparison.Ordinal);
    }
}
