namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>Starts the models' process; tests have one that runs the same child code here.</summary>
internal interface IChildLauncher
{
    /// <summary>Starts a child and takes its hello.</summary>
    /// <exception cref="ChildFailedException">It could not be started, or ended or stayed silent before it said hello.</exception>
    /// <exception cref="ModelUnavailableException">It can never be started here; the message says why.</exception>
    Task<IChild> LaunchAsync(CancellationToken cancellationToken);
}

/// <summary>A running child.</summary>
internal interface IChild : IAsyncDisposable
{
    FrameConnection Connection { get; }

    /// <summary>0: none of its own.</summary>
    int ProcessId { get; }

    /// <summary>Completes when it has ended, with how, for example "SIGABRT" or "exit code 3".</summary>
    Task<string> Exited { get; }

    /// <summary>The last lines that it wrote to standard output and error, as one line; empty: none.</summary>
    string LastWords { get; }

    /// <summary>Ends it at once. May be called again.</summary>
    void Kill();
}

/// <summary>A child failed in a way that another start may mend; the message is a part of a sentence for the operator.</summary>
internal sealed class ChildFailedException : Exception
{
    public ChildFailedException()
    {
    }

    public ChildFailedException(string message)
        : base(message)
    {
    }

    public ChildFailedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
