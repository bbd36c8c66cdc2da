using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using OsProcess = System.Diagnostics.Process;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>
/// The models' process: this program once more, started by <see cref="ChildProcessModelHost"/>. A program that wants models in a
/// process of their own calls <see cref="RunIfRequestedAsync"/> before anything else and returns what it returns.
/// </summary>
public static class ModelHostChild
{
    // Not a word that a person types; followed by the socket's path. Everything else, the token first, comes over pipes that
    // other users cannot read.
    internal const string Argument = "__model-host";

    internal const int Version = 2;

    private const int HelloLimit = 1024;

    /// <summary>Whether this program has asked for it, so that starting it again starts a child and not another server.</summary>
    internal static bool IsSupported { get; private set; }

    /// <summary>Whether the program was started as the models' process.</summary>
    public static bool IsRequested(IReadOnlyList<string> arguments) => arguments.Count == 2 && arguments[0] == Argument;

    /// <summary>
    /// Serves the models if the program was started for that, and returns the exit code when the parent is done with it; null:
    /// an ordinary start, go on.
    /// </summary>
    /// <param name="arguments">The program's arguments.</param>
    /// <param name="create">Makes the host that runs the models in this process. It may write to standard error what helps after a crash, but nothing of prompts and outputs.</param>
    /// <param name="cancellationToken">Ends the child.</param>
    public static async Task<int?> RunIfRequestedAsync(
        IReadOnlyList<string> arguments, Func<LocalModelOptions, IModelHost> create, CancellationToken cancellationToken)
    {
        IsSupported = true;
        if (!IsRequested(arguments))
        {
            return null;
        }

        var token = await ReadTokenAsync(cancellationToken);
        EndWithParent();
        PreferAsVictim();
        // A terminal's Ctrl+C and a service manager's stop reach the whole group; the parent drains first and then says so.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static signal => signal.Cancel = true);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, static signal => signal.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static signal => signal.Cancel = true);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(arguments[1]), cancellationToken);
        using var connection = new FrameConnection(new NetworkStream(socket, ownsSocket: false), HelloLimit);
        await ServeAsync(connection, token, create, cancellationToken);
        return 0;
    }

    /// <summary>Says hello and serves one parent until it closes the connection or asks to end.</summary>
    internal static async Task ServeAsync(
        FrameConnection connection, string token, Func<LocalModelOptions, IModelHost> create, CancellationToken cancellationToken)
    {
        connection.MaxPayload = int.MaxValue / 2;
        connection.Send(FrameKind.Hello, Version, Encoding.ASCII.GetBytes(token));
        await using var server = new ChildServer(connection, create);
        await server.RunAsync(cancellationToken);
    }

    private static async Task<string> ReadTokenAsync(CancellationToken cancellationToken)
    {
        var input = Console.OpenStandardInput();
        var line = new List<byte>();
        var next = new byte[1];
        while (await input.ReadAsync(next, cancellationToken) == 1 && next[0] != (byte)'\n')
        {
            line.Add(next[0]);
        }

        return Encoding.ASCII.GetString([.. line]);
    }

    // The parent holds our standard input open and never writes again: its end is the parent's end, whatever else hangs here.
    // PR_SET_PDEATHSIG would also fire when the parent's thread that started us ends, and pool threads do.
    private static void EndWithParent()
    {
        var thread = new Thread(static () =>
        {
            var rest = new byte[64];
            try
            {
                while (Console.OpenStandardInput().Read(rest) > 0)
                {
                }
            }
            finally
            {
                // Not Environment.Exit: it would wait for handlers, and native code may hold locks.
                OsProcess.GetCurrentProcess().Kill();
            }
        })
        {
            IsBackground = true,
            Name = "parent watch",
        };
        thread.Start();
    }

    // Under memory pressure the kernel should end the process that can be brought back, not the server.
    private static void PreferAsVictim()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "700");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Only a hint; some sandboxes do not let it be changed.
        }
    }
}
