namespace SmartService.Knowledge.Retrieval;

/// <summary>What the decision whether a question is answered rests on. Each can only help, or only harm.</summary>
public sealed record Features
{
    /// <summary>Names, in the order of <see cref="ToArray"/>; the calibration file names its weights with them.</summary>
    public static readonly string[] Names = ["coverage", "missing", "run", "unknown", "faq", "fact", "typeMissed", "productMissed", "title", "margin", "close", "thin", "typeHeld"];

    /// <summary>Share of the question's content that the best evidence holds.</summary>
    public double Coverage { get; init; }

    /// <summary>Weight of the content that it does not hold.</summary>
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

    /// <summary>A product is named, and something about it is asked that the evidence does not hold.</summary>
    public double ProductMissed { get; init; }

    /// <summary>Share of the question's content in the headings or the question of the best evidence.</summary>
    public double Title { get; init; }

    /// <summary>How far the second candidate is behind.</summary>
    public double Margin { get; init; }

    /// <summary>As coverage, by a single sentence with its headings.</summary>
    public double Close { get; init; }

    /// <summary>So little was asked that it may stand anywhere, and it stands in no heading.</summary>
    public double Thin { get; init; }

    /// <summary>The kind of thing that is asked for is in the evidence.</summary>
    public double TypeHeld { get; init; }

    public double[] ToArray() => [Coverage, Missing, Run, Unknown, Faq, Fact, TypeMissed, ProductMissed, Title, Margin, Close, Thin, TypeHeld];
}
