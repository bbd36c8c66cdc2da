using System.Diagnostics;
using System.Globalization;
using SmartService.Inference.Hosting;
using OsProcess = System.Diagnostics.Process;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>What the second process costs per update. Prints numbers and decides nothing; run with <c>-explicit only</c>.</summary>
public sealed class ChildOverheadTests
{
    [Theory(Explicit = true)]
    [InlineData(1, 200_000, "")]
    [InlineData(16, 20_000, "")]
    [InlineData(1, 500, ";pace=1")]
    [InlineData(16, 500, ";pace=1")]
    public async Task Cost_of_one_update(int streams, int count, string pace)
    {
        var script = $"count={count}{pace}";
        await using var local = new ScriptedModelHost(new());
        await using var process = await ModelProcess.StartAsync(new());
        await MeasureAsync(local, streams, "count=5000", null);
        await MeasureAsync(process.Host, streams, "count=5000", process.Host.ChildProcess);
        var inProcess = await MeasureAsync(local, streams, script, null);
        var inChild = await MeasureAsync(process.Host, streams, script, process.Host.ChildProcess);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{streams} streams of {count} updates{(pace.Length > 0 ? ", 50 a second" : "")}: in process {inProcess.Cpu:0.0} us CPU, {inProcess.Wall:0.0} us wall per update; child {inChild.Cpu:0.0} us CPU, {inChild.Wall:0.0} us wall"));
    }

    private static async Task<(double Cpu, double Wall)> MeasureAsync(IModelHost host, int streams, string script, int? child)
    {
        var (cpu, wall, updates) = (Cpu(child), Stopwatch.GetTimestamp(), 0L);
        await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => Task.Run(async () =>
        {
            await foreach (var _ in host.GenerateAsync(ScriptedModelHost.Request(script), CancellationToken.None))
            {
                Interlocked.Increment(ref updates);
            }
        })));
        return ((Cpu(child) - cpu).TotalMicroseconds / updates, Stopwatch.GetElapsedTime(wall).TotalMicroseconds / updates);
    }

    private static TimeSpan Cpu(int? child)
    {
        using var own = OsProcess.GetCurrentProcess();
        using var other = child is { } id ? OsProcess.GetProcessById(id) : null;
        return own.TotalProcessorTime + (other?.TotalProcessorTime ?? TimeSpan.Zero);
    }
}
