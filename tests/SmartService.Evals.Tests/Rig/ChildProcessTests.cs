using SmartService.Evals.Rig;
using SmartService.Testing.Stores;

namespace SmartService.Evals.Tests.Rig;

public sealed class ChildProcessTests
{
    private readonly string _log = Path.Combine(TempFolder.Create(), "child.log");

    [Fact]
    public async Task Output_reaches_the_log_and_the_listener()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "Needs /bin/sh.");
        var lines = new List<string>();
        await using (var child = ChildProcess.Start("/bin/sh", ["-c", "echo out $NAME; echo err >&2; exit 3"], new Dictionary<string, string> { ["NAME"] = "值" }, _log, lines.Add))
        {
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);

            Assert.Equal(3, child.ExitCode);
            Assert.Contains("err", child.LastLines, StringComparison.Ordinal);
        }

        Assert.Equal(["out 值"], lines);
        Assert.Equal(["err", "out 值"], (await File.ReadAllLinesAsync(_log, TestContext.Current.CancellationToken)).Order());
    }

    [Fact]
    public async Task A_polite_request_ends_a_process_that_listens_to_it()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "Needs /bin/sh.");
        await using var child = ChildProcess.Start("/bin/sh", ["-c", "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done"], new Dictionary<string, string>(), _log);
        await UpAsync(child);

        Assert.True(await child.TerminateAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(0, child.ExitCode);
    }

    [Fact]
    public async Task A_process_that_does_not_listen_is_killed()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "Needs /bin/sh.");
        await using var child = ChildProcess.Start("/bin/sh", ["-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"], new Dictionary<string, string>(), _log);
        await UpAsync(child);

        Assert.False(await child.TerminateAsync(TimeSpan.FromMilliseconds(200)));
        Assert.True(child.HasExited);
    }

    private static async Task UpAsync(ChildProcess child)
    {
        while (!child.LastLines.Contains("up", StringComparison.Ordinal))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
