using System.ComponentModel.DataAnnotations;

namespace SmartService.Bot.Handoff;

/// <summary>Settings section <c>Handoff</c>.</summary>
public sealed class HandoffOptions
{
    /// <summary>How many turns in a row may end without help before a human takes over.</summary>
    [Range(1, 20)]
    public int DeclinesBeforeHandoff { get; set; } = 3;

    /// <summary>When humans answer, as customers should read it, for example <c>每天 9:00–21:00</c>; empty: not mentioned.</summary>
    [StringLength(60)]
    public string ServiceHours { get; set; } = "";
}
