using System.Globalization;
using System.Net;

namespace SmartService.Evals.Rig;

/// <summary>One server under test; can be killed and started again on the same port and store.</summary>
internal sealed class ServerProcess(string executable, IReadOnlyDictionary<string, string> environment, string logPath) : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private ChildProcess? _child;

    public int Port { get; } = FreePort.Next();

    public bool Running => _child is { HasExited: false };

    public void Start() =>
        _child = ChildProcess.Start(executable, ["serve", "--port", Port.ToString(CultureInfo.InvariantCulture)], environment, logPath);

    /// <summary>Waits until the server says that it can work.</summary>
    /// <exception cref="EvalException">It ended, or was not ready in time.</exception>
    public async Task WaitReadyAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var child = _child ?? throw new InvalidOperationException("The server was not started.");
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(patience);
        while (!await IsReadyAsync(timeout.Token))
        {
            if (child.HasExited)
            {
                await child.HeardOutAsync(cancellationToken);
                throw new EvalException($"The server ended with code {child.ExitCode}:{Environment.NewLine}{child.LastLines}");
            }

            if (timeout.IsCancellationRequested)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new EvalException($"The server was not ready after {patience.TotalSeconds:0} s:{Environment.NewLine}{child.LastLines}");
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    public async Task KillAsync()
    {
        if (_child is { } child)
        {
            await child.DisposeAsync();
            _child = null;
        }
    }

    /// <summary>Asks the server to stop; true when it did so by itself.</summary>
    public async Task<bool> StopAsync()
    {
        if (_child is not { } child)
        {
            return true;
        }

        var stopped = await child.TerminateAsync(TimeSpan.FromSeconds(30));
        await KillAsync();
        return stopped;
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await Http.GetAsync(new Uri($"http://127.0.0.1:{Port}/health/ready"), cancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
