using System.Text;
using OsProcess = System.Diagnostics.Process;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>A child that is a process of its own.</summary>
internal sealed class LaunchedChild : IChild
{
    private readonly OsProcess _process;
    private readonly OutputTail _tail;
    private FrameConnection? _connection;

    public LaunchedChild(OsProcess process, OutputTail tail)
    {
        (_process, _tail, ProcessId) = (process, tail, process.Id);
        var drained = Task.WhenAll(tail.DrainAsync(process.StandardOutput.BaseStream), tail.DrainAsync(process.StandardError.BaseStream));
        Exited = ExitAsync(drained);
    }

    public FrameConnection Connection => _connection ?? throw new InvalidOperationException("Not connected yet.");

    public int ProcessId { get; }

    public Task<string> Exited { get; }

    public string LastWords => _tail.Last(3);

    public void Connect(FrameConnection connection) => _connection = connection;

    /// <summary>Gives the child its token. Standard input stays open after it: its end tells the child that we are gone.</summary>
    public async Task WriteTokenAsync(string token)
    {
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(Encoding.ASCII.GetBytes(token + "\n"));
            await _process.StandardInput.BaseStream.FlushAsync();
        }
        catch (IOException)
        {
            // It ended already, which its exit tells better.
        }
    }

    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // Ended already.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        Kill();
        await Exited;
        _process.Dispose();
    }

    private async Task<string> ExitAsync(Task drained)
    {
        await _process.WaitForExitAsync();
        // Its last words may still be in the pipes; a process that it started may hold them open.
        await Task.WhenAny(drained, Task.Delay(TimeSpan.FromSeconds(1)));
        return ExitReason.Of(_process.ExitCode, OperatingSystem.IsWindows());
    }
}
