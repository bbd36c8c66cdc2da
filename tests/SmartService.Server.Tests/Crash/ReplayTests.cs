using SmartService.Evals.Replay;
using SmartService.Evals.Suites;
using SmartService.Testing.Stores;

namespace SmartService.Server.Tests.Crash;

/// <summary>The replay suite against the built server, with a few dialogues made up here instead of recorded ones.</summary>
public sealed class ReplayTests
{
    [Fact]
    public async Task A_small_replay_answers_everything_and_measures_it()
    {
        var data = TempFolder.Create();
        var folder = Directory.CreateDirectory(Path.Combine(data, "dialogue", "ecd_sample_zh"));
        await File.WriteAllLinesAsync(
            Path.Combine(folder.FullName, "made-up.jsonl"),
            Enumerable.Repeat("""{"context":["在吗","在的","云朵沙发多少钱","2999元","怎么退货"]}""", 4), TestContext.Current.CancellationToken);

        var result = await new ReplaySuite().RunAsync(
            new RunOptions
            {
                Out = TempFolder.Create(), Data = data, Server = BuiltServer.Path, Messages = 12, Customers = 4, Rate = 20, Settings = ["Turns:Debounce=00:00:00.3"],
            },
            new NoProgress(), TestContext.Current.CancellationToken);

        var values = result.Metrics.ToDictionary(metric => metric.Name, metric => metric.Value);
        Assert.True(result.Clean, string.Join(' ', result.Findings));
        Assert.Equal(12, values["recorded_messages"]);
        Assert.Equal(values["messages"], values["messages_accepted"]);
        Assert.True(values["reply_after_debounce_p99"] > 0 && values["acknowledgement_p99"] > 0, "Nothing was timed.");
        Assert.DoesNotContain("云朵", string.Join(' ', result.Findings.Concat(result.Settings.Values)), StringComparison.Ordinal);
    }
}
