namespace SmartService.Bot.Turns;

/// <summary>Somebody else holds the work now; what was done counts for nothing. Never leaves this project.</summary>
internal sealed class LeaseLostException : Exception
{
    public LeaseLostException()
    {
    }

    public LeaseLostException(string message) : base(message)
    {
    }

    public LeaseLostException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
