using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace SmartService.Knowledge;

/// <summary>Section <c>Knowledge</c>.</summary>
public sealed class KnowledgeOptions
{
    /// <summary>Passages that the keyword index nominates per question.</summary>
    [Range(5, 500)]
    public int Candidates { get; set; } = 50;

    /// <summary>How alike a question and a FAQ entry must be to be taken for the same, 0 to 1.</summary>
    [Range(0.1, 1)]
    public double FaqLikeness { get; set; } = 0.55;

    /// <summary>Passages kept prepared for scoring, about 5 KB each.</summary>
    [Range(100, 1_000_000)]
    public int PreparedPassages { get; set; } = 10_000;

    /// <summary>Largest file that is imported, in MB.</summary>
    [Range(1, 500)]
    public int LargestFileMb { get; set; } = 50;
}

[OptionsValidator]
internal sealed partial class KnowledgeOptionsValidator : IValidateOptions<KnowledgeOptions>;
