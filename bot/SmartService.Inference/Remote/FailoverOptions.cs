using System.ComponentModel.DataAnnotations;

namespace SmartService.Inference.Remote;

/// <summary>Settings section <c>Model</c>, the part about having two models.</summary>
public sealed class FailoverOptions
{
    /// <summary>Which of the two is asked first.</summary>
    public ModelPreference Prefer { get; set; } = ModelPreference.Local;

    /// <summary>How long a streamed answer of the first may take to begin before the second is asked, in seconds.</summary>
    [Range(0.1, 600, ErrorMessage = "Model:FirstTokenSeconds must be between {1} and {2}.")]
    public double FirstTokenSeconds { get; set; } = 15;

    /// <summary>How long a model that keeps failing is left alone, in seconds.</summary>
    [Range(1, 3600, ErrorMessage = "Model:BreakSeconds must be between {1} and {2}.")]
    public double BreakSeconds { get; set; } = 15;
}

public enum ModelPreference
{
    /// <summary>The model on this machine; the server stands in for it.</summary>
    Local,

    /// <summary>The server; the model on this machine stands in for it.</summary>
    Endpoint,
}
