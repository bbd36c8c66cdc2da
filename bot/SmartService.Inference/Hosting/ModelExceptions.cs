namespace SmartService.Inference.Hosting;

/// <summary>The local model cannot be used; the message is one sentence for the operator.</summary>
public sealed class ModelUnavailableException : Exception
{
    public ModelUnavailableException()
    {
    }

    public ModelUnavailableException(string message)
        : base(message)
    {
    }

    public ModelUnavailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The machine has more to do than it can in time. Nothing was computed.</summary>
public sealed class ModelSaturatedException : Exception
{
    public ModelSaturatedException()
    {
    }

    public ModelSaturatedException(string message)
        : base(message)
    {
    }

    public ModelSaturatedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>When it is worth another try.</summary>
    public TimeSpan RetryAfter { get; init; }
}

/// <summary>The required part of the prompt has more tokens than the context. Sizes only, never text.</summary>
public sealed class PromptTooLongException : Exception
{
    public PromptTooLongException()
    {
    }

    public PromptTooLongException(string message)
        : base(message)
    {
    }

    public PromptTooLongException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
