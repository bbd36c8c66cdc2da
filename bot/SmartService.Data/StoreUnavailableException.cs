namespace SmartService.Data;

/// <summary>The store cannot be used now: disk full, file locked, server away. Nothing was written; the caller may try again.</summary>
public sealed class StoreUnavailableException : Exception
{
    public StoreUnavailableException()
    {
    }

    public StoreUnavailableException(string message) : base(message)
    {
    }

    public StoreUnavailableException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
