using System.ComponentModel.DataAnnotations;

namespace SmartService.Bot.Handoff;

/// <summary>Settings section <c>Handoff</c>.</summary>
public sealed class HandoffOptions
{
    /// <summary>How many turns in a row may end without help before a human takes over.</summary>
    [Range(1, 20, ErrorMessage = "Handoff:DeclinesBeforeHandoff must be between {1} and {2}.")]
    public int DeclinesBeforeHandoff { get; set; } = 3;

    /// <summary>When humans answer, as customers should read it, for example <c>每天 9:00–21:00</c>; empty: not mentioned.</summary>
    [StringLength(60, ErrorMessage = "Handoff:ServiceHours must have at most {1} characters.")]
    public string ServiceHours { get; set; } = "";
}
