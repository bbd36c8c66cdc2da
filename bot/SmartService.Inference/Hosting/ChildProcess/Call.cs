namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>A request of the server's, from its submission to its end, over as many children as it takes.</summary>
internal abstract class Call
{
    // The table gives ids out in order of arrival and guards what follows.
    public long Id { get; set; }

    /// <summary>The running child has it.</summary>
    public bool IsRunning { get; set; }

    /// <summary>How often a child ended while it had this call.</summary>
    public int Crashes { get; set; }

    /// <summary>It has got further in the running child than when one ended under it.</summary>
    public bool IsCleared { get; set; }

    /// <summary>It may be what ends the child, so it must not run together with another that may.</summary>
    public bool IsSuspect => Crashes >= 2 && !IsCleared;

    public abstract FrameKind Kind { get; }

    /// <summary>The request as the next child is to get it; null: nothing is left to do, and the call has ended itself.</summary>
    public abstract byte[]? Encode();

    /// <summary>Takes a frame of the child's.</summary>
    /// <exception cref="ProtocolException">It is no possible answer.</exception>
    public abstract Answer Take(in Frame frame);

    /// <summary>Ends the call; no effect when it has ended.</summary>
    public abstract void Fail(Exception exception);
}

internal enum Answer
{
    /// <summary>Nothing that had not been seen before the last child ended.</summary>
    Known,

    /// <summary>It got further.</summary>
    Further,

    /// <summary>It was the last.</summary>
    Last,
}
