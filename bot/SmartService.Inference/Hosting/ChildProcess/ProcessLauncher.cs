using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using OsProcess = System.Diagnostics.Process;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>
/// Starts this program as the models' process and meets it on a Unix domain socket in a folder that only this user can enter.
/// The child proves with a token, given to it through its standard input, that it is the one.
/// </summary>
internal sealed class ProcessLauncher(ModelSupervisionOptions options, TimeProvider time, ILogger logger) : IChildLauncher
{
    private const int HelloLimit = 1024;

    // sockaddr_un holds 108 bytes on Linux and Windows, 104 on macOS.
    private const int LongestPath = 100;

    // The child says hello as soon as it is connected.
    private static readonly TimeSpan StrangerLimit = TimeSpan.FromSeconds(5);

    public async Task<IChild> LaunchAsync(CancellationToken cancellationToken)
    {
        var command = options.Command ?? ChildCommand.OfThisProgram();
        var folder = CreateFolder();
        try
        {
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            var path = Path.Combine(folder, "s");
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(4);
            var token = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
            var (process, tail) = Start(command, path);
            return await MeetAsync(process, tail, listener, token, cancellationToken);
        }
        finally
        {
            // A connected socket needs its name no more, and a killed server leaves nothing behind.
            Delete(folder);
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A cleaner of temporary files was faster, or holds it open; the child that is connected must not be lost for that.
        }
    }

    private static string CreateFolder()
    {
        // Readable by this user only (0700) on Unix; below the user's own profile on Windows.
        var folder = Directory.CreateTempSubdirectory("smartservice-").FullName;
        if (Encoding.UTF8.GetByteCount(folder) + 2 <= LongestPath)
        {
            return folder;
        }

        Directory.Delete(folder);
        if (OperatingSystem.IsWindows())
        {
            throw new ModelUnavailableException("The models' process cannot be reached, because the path of the folder for temporary files is too long for a socket; set TMP to a shorter one.");
        }

        folder = Path.Combine("/tmp", $"smartservice-{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return folder;
    }

    private (OsProcess Process, OutputTail Tail) Start(IReadOnlyList<string> command, string path)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (var argument in command.Skip(1).Append(ModelHostChild.Argument).Append(path))
        {
            start.ArgumentList.Add(argument);
        }

        SetEnvironment(start.Environment);
        try
        {
            var process = OsProcess.Start(start) ?? throw new ChildFailedException("was not started");
            return (process, new OutputTail { Line = line => Log.ChildWrote(logger, line) });
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new ChildFailedException($"could not be started ({exception.Message})", exception);
        }
    }

    private void SetEnvironment(IDictionary<string, string?> environment)
    {
        // Settings in the environment (Model__ApiKey, WeChat__Kf__Secret) are the server's; the process that runs native code
        // over customers' text has no use for them.
        foreach (var name in environment.Keys.Where(name => name.Contains("__", StringComparison.Ordinal)).ToList())
        {
            environment.Remove(name);
        }

        // ggml would start a debugger on an abort, which takes seconds and may hang.
        environment["GGML_NO_BACKTRACE"] = "1";
        // Pool threads that spin before they sleep take the cores from the threads that compute: the second process cost about
        // 90 us CPU per update without it and 125 with it (ChildOverheadTests, 16 streams at 50 a second, two busy cores).
        environment["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";
        // A web server's runtime settings would give the child a managed heap for every core; the memory belongs to the models.
        environment["DOTNET_gcServer"] = "0";
        foreach (var (name, value) in options.Environment)
        {
            environment[name] = value;
        }
    }

    private async Task<IChild> MeetAsync(OsProcess process, OutputTail tail, Socket listener, string token, CancellationToken cancellationToken)
    {
        var child = new LaunchedChild(process, tail);
        try
        {
            await child.WriteTokenAsync(token);
            using var limit = new CancellationTokenSource(options.ConnectLimit, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            var meeting = AcceptAsync(listener, token, either.Token);
            if (await Task.WhenAny(meeting, child.Exited) != meeting)
            {
                await either.CancelAsync();
            }

            child.Connect(await meeting);
            return child;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var ended = child.Exited.IsCompleted;
            child.Kill();
            var exit = await child.Exited;
            await child.DisposeAsync();
            throw new ChildFailedException(ended ? $"ended with {exit} before it was connected{Words(child)}" : $"did not connect within {options.ConnectLimit}{Words(child)}", exception);
        }
        catch
        {
            child.Kill();
            await child.DisposeAsync();
            throw;
        }
    }

    private static string Words(LaunchedChild child) => child.LastWords.Length > 0 ? $", and last wrote: {child.LastWords}" : "";

    private async Task<FrameConnection> AcceptAsync(Socket listener, string token, CancellationToken cancellationToken)
    {
        while (true)
        {
            var socket = await listener.AcceptAsync(cancellationToken);
            var connection = new FrameConnection(new NetworkStream(socket, ownsSocket: true), HelloLimit);
            using var limit = new CancellationTokenSource(StrangerLimit, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                if (await IsOursAsync(connection, token, either.Token))
                {
                    connection.MaxPayload = options.MaxMessageBytes;
                    return connection;
                }
            }
            catch (Exception exception) when (exception is IOException or ProtocolException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Somebody else of this user, silent or talking rubbish: the child may still come.
            }

            Log.StrangerRefused(logger);
            connection.Dispose();
        }
    }

    private static async Task<bool> IsOursAsync(FrameConnection connection, string token, CancellationToken cancellationToken)
    {
        if (await connection.ReadAsync(cancellationToken) is not { Kind: FrameKind.Hello } hello
            || !CryptographicOperations.FixedTimeEquals(hello.Payload.Span, Encoding.ASCII.GetBytes(token)))
        {
            return false;
        }

        // The same program on both ends, unless it was replaced on disk while it ran.
        return hello.Id == ModelHostChild.Version
            ? true
            : throw new ChildFailedException($"speaks version {hello.Id} and not {ModelHostChild.Version}: the program was replaced while it ran, so restart it");
    }
}
