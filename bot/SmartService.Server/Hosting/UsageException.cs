namespace SmartService.Server.Hosting;

/// <summary>The command was used in a way that cannot work; the message tells the person what to do.</summary>
public sealed class UsageException : Exception
{
    public UsageException()
    {
    }

    public UsageException(string message) : base(message)
    {
    }

    public UsageException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
