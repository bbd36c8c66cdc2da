using System.Net;
using System.Net.Sockets;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>Children that run here, over real sockets, and are "killed" by cutting theirs: a thousand of them take seconds.</summary>
internal sealed class LocalLauncher(Func<LocalModelOptions, Action, IModelHost>? create = null) : IChildLauncher
{
    private volatile Child? _last;

    public int Launched { get; private set; }

    public void KillLast() => _last?.Kill();

    public async Task<IChild> LaunchAsync(CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var theirs = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await theirs.ConnectAsync(listener.LocalEndPoint!, cancellationToken);
        var ours = await listener.AcceptAsync(cancellationToken);
        var child = new Child(theirs, new FrameConnection(new NetworkStream(ours, ownsSocket: true), 1 << 24), create ?? ((options, die) => new ScriptedModelHost(options, die)));
        Assert.Equal(FrameKind.Hello, (await child.Connection.ReadAsync(cancellationToken))?.Kind);
        Launched++;
        _last = child;
        return child;
    }

    private sealed class Child : IChild
    {
        private readonly TaskCompletionSource<string> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _stop = new();
        private readonly Socket _theirs;

        public Child(Socket theirs, FrameConnection connection, Func<LocalModelOptions, Action, IModelHost> create)
        {
            (_theirs, Connection) = (theirs, connection);
            _ = Task.Run(() => RunAsync(create));
        }

        public FrameConnection Connection { get; }

        public int ProcessId => 0;

        public Task<string> Exited => _exited.Task;

        public string LastWords => "";

        // Nothing gets out of it any more, as from a killed process; what it had sent arrives.
        public void Kill()
        {
            try
            {
                _theirs.Shutdown(SocketShutdown.Both);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Killed before.
            }

            _exited.TrySetResult("SIGKILL");
            _stop.Cancel();
        }

        public ValueTask DisposeAsync()
        {
            Kill();
            Connection.Dispose();
            return ValueTask.CompletedTask;
        }

        private async Task RunAsync(Func<LocalModelOptions, Action, IModelHost> create)
        {
            try
            {
                using var connection = new FrameConnection(new NetworkStream(_theirs, ownsSocket: true), 1 << 24);
                await ModelHostChild.ServeAsync(connection, "", options => create(options, Kill), _stop.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // Killed.
            }

            _exited.TrySetResult("exit code 0");
        }
    }
}
