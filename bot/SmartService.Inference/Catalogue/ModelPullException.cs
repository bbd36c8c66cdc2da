namespace SmartService.Inference.Catalogue;

/// <summary>A model could not be downloaded; the message is one sentence for the operator.</summary>
public sealed class ModelPullException : Exception
{
    public ModelPullException()
    {
    }

    public ModelPullException(string message)
        : base(message)
    {
    }

    public ModelPullException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
