namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>The other process sent something that is no message of ours; the connection is of no more use.</summary>
internal sealed class ProtocolException : Exception
{
    public ProtocolException()
    {
    }

    public ProtocolException(string message)
        : base(message)
    {
    }

    public ProtocolException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
