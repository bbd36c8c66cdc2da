using System.Globalization;

namespace SmartService.Evals.Rig;

/// <summary>The stand-in WeCom in its own process, so that it remembers what a killed server forgot.</summary>
internal sealed class StandInProcess : IAsyncDisposable
{
    /// <summary>The kf account that the stand-in has by default.</summary>
    public const string Account = "wkStandInShop000000000000000001";

    private const string ReadyLine = "READY";
    private readonly ChildProcess _child;

    private StandInProcess(ChildProcess child, IReadOnlyDictionary<string, string> serverEnvironment, StandInControl control)
    {
        _child = child;
        ServerEnvironment = serverEnvironment;
        Control = control;
    }

    /// <summary>The settings that make a server talk to this stand-in.</summary>
    public IReadOnlyDictionary<string, string> ServerEnvironment { get; }

    public StandInControl Control { get; }

    /// <exception cref="EvalException">The stand-in did not start.</exception>
    public static async Task<StandInProcess> StartAsync(string executable, Uri callback, string logPath, CancellationToken cancellationToken)
    {
        var port = FreePort.Next();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var child = ChildProcess.Start(
            executable,
            ["standin", "--port", port.ToString(CultureInfo.InvariantCulture), "--callback", callback.AbsoluteUri],
            new Dictionary<string, string>(),
            logPath,
            line => Read(line, environment, ready));
        try
        {
            var ended = child.WaitForExitAsync(cancellationToken);
            if (await Task.WhenAny(ready.Task, ended, Task.Delay(TimeSpan.FromSeconds(60), cancellationToken)) != ready.Task)
            {
                throw new EvalException($"The stand-in did not start:{Environment.NewLine}{child.LastLines}");
            }

            return new StandInProcess(child, environment, new StandInControl(new Uri($"http://127.0.0.1:{port}/standin/control/")));
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes <c>NAME=VALUE</c> lines until <c>READY</c>. Public settings names hold no spaces, log lines do.</summary>
    internal static void Read(string line, Dictionary<string, string> environment, TaskCompletionSource ready)
    {
        if (ready.Task.IsCompleted)
        {
            return;
        }

        if (line.Trim() == ReadyLine)
        {
            ready.SetResult();
            return;
        }

        var equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && line.StartsWith("WeChat__", StringComparison.Ordinal) && !line[..equals].Contains(' ', StringComparison.Ordinal))
        {
            environment[line[..equals]] = line[(equals + 1)..].Trim();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Control.Dispose();
        await _child.DisposeAsync();
    }
}
