using System.ComponentModel.DataAnnotations;

namespace SmartService.Bot.Plugins;

/// <summary>Settings section <c>Attempts</c>: how much guessing is allowed.</summary>
public sealed class AttemptOptions
{
    /// <summary>How many failures within the window one order number, and one customer, may have.</summary>
    [Range(1, 100, ErrorMessage = "Attempts:Limit must be between {1} and {2}.")]
    public int Limit { get; set; } = 5;

    /// <summary>After how many hours from the first failure all of them are forgotten.</summary>
    [Range(0.1, 24 * 30, ErrorMessage = "Attempts:Hours must be between {1} and {2}.")]
    public double Hours { get; set; } = 24;
}
