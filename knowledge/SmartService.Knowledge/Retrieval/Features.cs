namespace SmartService.Knowledge.Retrieval;

/// <summary>What the decision whether a question is answered rests on. Each can only help, or only harm.</summary>
public sealed record Features
{
    /// <summary>Names, in the order of <see cref="ToArray"/>; the calibration file names its weights with them.</summary>
    public static readonly string[] Names = ["close", "missing", "run", "unknown", "faq", "fact", "typeMissed", "margin", "thin", "outdated"];

    /// <summary>Weight of the content that the best evidence does not hold.</summary>
    public double Missing { get; init; }

    /// <summary>The heaviest run of that.</summary>
    public double Run { get; init; }

    /// <summary>Weight of the content that no document holds at all.</summary>
    public double Unknown { get; init; }

    /// <summary>How alike the question and the FAQ entry that stands first are.</summary>
    public double Faq { get; init; }

    /// <summary>Whether typed facts answer.</summary>
    public double Fact { get; init; }

    /// <summary>The kind of thing that is asked for, such as a time, is not in the evidence.</summary>
    public double TypeMissed { get; init; }

    /// <summary>How far the second candidate is behind.</summary>
    public double Margin { get; init; }

    /// <summary>Share of the content of the question that a single sentence with its headings holds.</summary>
    public double Close { get; init; }

    /// <summary>So little was asked that it may stand anywhere, and it stands in no heading.</summary>
    public double Thin { get; init; }

    /// <summary>A passage that is not valid now fits better than the best one that is.</summary>
    public double Outdated { get; init; }

    public double[] ToArray() => [Close, Missing, Run, Unknown, Faq, Fact, TypeMissed, Margin, Thin, Outdated];
}
