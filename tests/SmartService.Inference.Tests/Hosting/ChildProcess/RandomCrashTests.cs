using System.Collections.Concurrent;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>Whatever happens to the children, a request ends with its whole text or with an exception.</summary>
public sealed class RandomCrashTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_request_is_lost_or_cut_in_three_hundred_kills(int seed)
    {
        var launcher = new LocalLauncher();
        await using var process = await ModelProcess.StartAsync(launcher: launcher);
        await RunAsync(process, kills: 300, mostLife: 12, launcher.KillLast, () => launcher.Launched, seed, "die");
        Assert.True(launcher.Launched > 300);
    }

    [Fact]
    public async Task No_request_is_lost_or_cut_when_real_processes_are_killed()
    {
        await using var process = await ModelProcess.StartAsync();
        await RunAsync(process, kills: 12, mostLife: 200, () => KillChild(process), () => process.Host.Status.Restarts + 1, 3, "abort");
    }

    private static void KillChild(ModelProcess process)
    {
        // None is left when it killed itself just now; 0 would be this process's own group.
        if (process.Host.ChildProcess is > 0 and var child)
        {
            ScriptedModelHost.Kill(child, 9);
        }
    }

    private static async Task RunAsync(ModelProcess process, int kills, int mostLife, Action kill, Func<int> starts, int seed, string suicide)
    {
        using var done = new CancellationTokenSource();
        var outcomes = new ConcurrentDictionary<string, int>();
        var clients = Enumerable.Range(0, 12).Select(client => Task.Run(() => ClientAsync(process, new Random((seed * 1000) + client), suicide, outcomes, done.Token))).ToList();
        var random = new Random(seed);
        for (var at = 0; at < kills; at++)
        {
            var before = starts();
            await ModelProcess.EventuallyAsync(() => process.Host.Status.IsReady || starts() > before);
            await Task.Delay(random.Next(mostLife));
            kill();
            await ModelProcess.EventuallyAsync(() => starts() > before);
        }

        await done.CancelAsync();
        await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(outcomes.GetValueOrDefault("whole") > 0, string.Join(", ", outcomes));
        // When nothing is killed any more, everything works, and nobody is left waiting.
        Assert.Equal(ScriptedModelHost.Text(30), await process.TextAsync("count=30"));
        Assert.Equal(0, process.Host.Status.Waiting);
    }

    private static async Task ClientAsync(ModelProcess process, Random random, string suicide, ConcurrentDictionary<string, int> outcomes, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            var count = random.Next(1, 60);
            var script = $"count={count};every={random.Next(3)}" + (random.Next(20) == 0 ? $";at={random.Next(count)};do={suicide};once={process.NewFile()}" : "");
            var request = ScriptedModelHost.Request(script);
            if (random.Next(3) == 0)
            {
                request = request with { Shape = new OutputShape.Json("") };
            }

            using var cancel = new CancellationTokenSource();
            if (random.Next(8) == 0)
            {
                cancel.CancelAfter(random.Next(20));
            }

            string outcome;
            try
            {
                var text = string.Concat((await process.UpdatesAsync(request, cancel.Token)).Select(update => update.Text));
                Assert.Equal(ScriptedModelHost.Text(count), text);
                outcome = "whole";
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                outcome = "cancelled";
            }
            catch (ModelUnavailableException)
            {
                outcome = "failed";
            }

            outcomes.AddOrUpdate(outcome, 1, (_, times) => times + 1);
        }
    }
}
