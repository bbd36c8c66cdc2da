namespace SmartService.Evals;

/// <summary>The run cannot go on; the message is a sentence for the person at the terminal.</summary>
public sealed class EvalException : Exception
{
    public EvalException()
    {
    }

    public EvalException(string message) : base(message)
    {
    }

    public EvalException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
