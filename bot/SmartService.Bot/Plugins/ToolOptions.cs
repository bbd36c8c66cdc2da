using System.ComponentModel.DataAnnotations;

namespace SmartService.Bot.Plugins;

/// <summary>Settings section <c>Tools</c>: the limits of the gate.</summary>
public sealed class ToolOptions
{
    /// <summary>How long one tool may take.</summary>
    [Range(0.05, 120, ErrorMessage = "Tools:TimeoutSeconds must be between {1} and {2}.")]
    public double TimeoutSeconds { get; set; } = 5;

    /// <summary>How large a result may be as JSON: more would drown the prompt.</summary>
    [Range(256, 1024 * 1024, ErrorMessage = "Tools:MaxResultBytes must be between {1} and {2}.")]
    public int MaxResultBytes { get; set; } = 16 * 1024;
}
