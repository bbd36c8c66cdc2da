using System.Diagnostics;
using System.Globalization;

namespace SmartService.Server.Bench.Model;

/// <summary>One number of one side; the unit says whether more is better.</summary>
internal sealed record Measured(string Scenario, string Side, double Value, string Unit);

/// <summary>What is measured, the same for every side.</summary>
internal sealed class Scenarios(BenchPrompts prompts)
{
    private int _salt = Random.Shared.Next(1_000_000);

    /// <summary>Output tokens per second of all conversations together, from the first submission to the last end.</summary>
    public Task<Measured> ThroughputAsync(IModelSide side, int parallel, int maxTokens, CancellationToken cancellationToken)
    {
        var salt = NextSalt();
        return TokensPerSecondAsync($"throughput, {parallel} parallel", side, [.. Enumerable.Range(0, parallel).Select(at => prompts.Short(salt, at, maxTokens))], cancellationToken);
    }

    /// <summary>As above, and all share the same new system text.</summary>
    public Task<Measured> SharedThroughputAsync(IModelSide side, int parallel, int sharedTokens, int maxTokens, CancellationToken cancellationToken)
    {
        var salt = NextSalt();
        return TokensPerSecondAsync(
            $"throughput, {parallel} parallel, {sharedTokens} shared", side, [.. Enumerable.Range(0, parallel).Select(at => prompts.Shared(salt, at, sharedTokens, maxTokens))], cancellationToken);
    }

    /// <summary>Mean time to the first token of new conversations whose system text another one had before.</summary>
    public async Task<Measured> FirstTokenAsync(IModelSide side, int parallel, int sharedTokens, CancellationToken cancellationToken)
    {
        var salt = NextSalt();
        await DrainAsync(side, prompts.Shared(salt, 99, sharedTokens, 2), cancellationToken);
        var times = await Task.WhenAll(Enumerable.Range(0, parallel).Select(at => FirstAsync(side, prompts.Shared(salt, at, sharedTokens, 4), cancellationToken)));
        return new Measured($"first token of {parallel} new, {sharedTokens} shared and warm", side.Name, times.Average(time => time.TotalMilliseconds), "ms");
    }

    /// <summary>The longest pause of a running answer while a long prompt arrives.</summary>
    public async Task<Measured> StallAsync(IModelSide side, int promptTokens, CancellationToken cancellationToken)
    {
        var salt = NextSalt();
        var (worst, last) = (TimeSpan.Zero, 0L);
        var running = new TaskCompletionSource();
        var arrived = 0L;
        var ended = 0L;
        var answer = Task.Run(
            async () =>
            {
                var outputs = 0;
                await foreach (var _ in side.StreamAsync(prompts.Short(salt, 1, 400), cancellationToken))
                {
                    var now = Stopwatch.GetTimestamp();
                    if (Volatile.Read(ref arrived) != 0 && last != 0)
                    {
                        worst = TimeSpan.FromTicks(Math.Max(worst.Ticks, Stopwatch.GetElapsedTime(last, now).Ticks));
                    }

                    last = now;
                    if (++outputs == 8)
                    {
                        running.TrySetResult();
                    }

                    // Once the long prompt is answered, what the first one still writes says nothing any more.
                    if (Volatile.Read(ref ended) != 0)
                    {
                        break;
                    }
                }

                running.TrySetResult();
            },
            cancellationToken);
        await running.Task;
        Volatile.Write(ref arrived, Stopwatch.GetTimestamp());
        await FirstAsync(side, prompts.Long(salt, promptTokens, 2), cancellationToken);
        Volatile.Write(ref ended, 1);
        await answer;
        return new Measured($"worst pause while {promptTokens} prompt tokens arrive", side.Name, worst.TotalMilliseconds, "ms");
    }

    /// <summary>From cancelling a running answer until the side holds nothing for it any more; the median of several.</summary>
    public async Task<Measured> CancelAsync(IModelSide side, int times, CancellationToken cancellationToken)
    {
        var measured = new List<double>();
        for (var at = 0; at < times; at++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var outputs = 0;
            var clock = 0L;
            try
            {
                await foreach (var _ in side.StreamAsync(prompts.Short(NextSalt(), at, 400), stop.Token))
                {
                    if (++outputs == 5)
                    {
                        clock = Stopwatch.GetTimestamp();
                        await stop.CancelAsync();
                    }
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // That is what is measured.
            }

            while (side.Running > 0)
            {
                await Task.Yield();
            }

            measured.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
        }

        return new Measured("cancellation", side.Name, Median(measured), "ms");
    }

    /// <summary>A three-field intent object, one request after another; the mean.</summary>
    public async Task<Measured> IntentAsync(IModelSide side, int times, CancellationToken cancellationToken)
    {
        var salt = NextSalt();
        await DrainAsync(side, prompts.Intent(salt, 0), cancellationToken);
        var clock = Stopwatch.StartNew();
        for (var at = 1; at <= times; at++)
        {
            await DrainAsync(side, prompts.Intent(salt, at), cancellationToken);
        }

        return new Measured("intent JSON of three fields", side.Name, clock.Elapsed.TotalMilliseconds / times, "ms");
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static async Task<Measured> TokensPerSecondAsync(string scenario, IModelSide side, IReadOnlyList<BenchRequest> requests, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var tokens = await Task.WhenAll(requests.Select(request => Task.Run(() => DrainAsync(side, request, cancellationToken), cancellationToken)));
        return new Measured(scenario, side.Name, tokens.Sum() / clock.Elapsed.TotalSeconds, "tokens/s");
    }

    private static async Task<int> DrainAsync(IModelSide side, BenchRequest request, CancellationToken cancellationToken)
    {
        var tokens = 0;
        await foreach (var output in side.StreamAsync(request, cancellationToken))
        {
            tokens += output.Tokens;
        }

        return tokens;
    }

    private static async Task<TimeSpan> FirstAsync(IModelSide side, BenchRequest request, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        TimeSpan? first = null;
        await foreach (var _ in side.StreamAsync(request, cancellationToken))
        {
            first ??= clock.Elapsed;
        }

        return first ?? clock.Elapsed;
    }

    private string NextSalt() => (++_salt).ToString(CultureInfo.InvariantCulture);
}
