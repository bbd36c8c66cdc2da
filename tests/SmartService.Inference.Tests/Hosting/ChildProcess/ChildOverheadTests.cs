using System.Diagnostics;
using System.Globalization;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;
using OsProcess = System.Diagnostics.Process;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>What the second process costs per update. Prints numbers and decides nothing; run with <c>-explicit only</c>.</summary>
public sealed class ChildOverheadTests
{
    [Theory(Explicit = true)]
    [InlineData(1, 100_000, "", "0")]
    [InlineData(16, 10_000, "", "0")]
    [InlineData(1, 300, ";pace=1", "0")]
    [InlineData(16, 300, ";pace=1", "0")]
    [InlineData(16, 300, ";pace=1", "46")]
    public async Task Cost_of_one_update(int streams, int count, string pace, string spins)
    {
        var script = $"count={count}{pace}";
        await using var local = new ScriptedModelHost(new());
        await using var process = await ModelProcess.StartAsync(new ModelSupervisionOptions
        {
            // Hexadecimal; 46 is the runtime's default.
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = spins },
        });
        await MeasureAsync(local, streams, "count=5000", null);
        await MeasureAsync(process.Host, streams, "count=5000", process.Host.ChildProcess);
        var inProcess = await MeasureAsync(local, streams, script, null);
        var inChild = await MeasureAsync(process.Host, streams, script, process.Host.ChildProcess);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{streams} streams of {count} updates{(pace.Length > 0 ? ", 50 a second" : "")}: in process {inProcess.Cpu:0.0} us CPU, {inProcess.Wall:0.0} us wall per update; with a child (spin limit {spins}) {inChild.Cpu:0.0} us CPU here, {inChild.ChildCpu:0.0} us there, {inChild.Wall:0.0} us wall"));
    }

    private static async Task<(double Cpu, double ChildCpu, double Wall)> MeasureAsync(IModelHost host, int streams, string script, int? child)
    {
        var (cpu, childCpu, wall, updates) = (Cpu(Environment.ProcessId), Cpu(child), Stopwatch.GetTimestamp(), 0L);
        await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => Task.Run(async () =>
        {
            await foreach (var _ in host.GenerateAsync(ScriptedModelHost.Request(script), CancellationToken.None))
            {
                Interlocked.Increment(ref updates);
            }
        })));
        return ((Cpu(Environment.ProcessId) - cpu).TotalMicroseconds / updates, (Cpu(child) - childCpu).TotalMicroseconds / updates, Stopwatch.GetElapsedTime(wall).TotalMicroseconds / updates);
    }

    private static TimeSpan Cpu(int? id)
    {
        using var process = id is { } known ? OsProcess.GetProcessById(known) : null;
        return process?.TotalProcessorTime ?? TimeSpan.Zero;
    }
}
