namespace SmartService.Knowledge.Retrieval;

/// <summary>What the decision whether a question is answered rests on.</summary>
public sealed record Features
{
    /// <summary>Names, in the order of <see cref="ToArray"/>; the calibration file names its weights with them.</summary>
    public static readonly string[] Names = ["coverage", "faq", "fact", "miss", "missLength", "typeHeld", "typeMissed", "productMatched", "productMissed", "unknown", "mass", "title", "agreed", "margin"];

    public double Coverage { get; init; }

    public double Faq { get; init; }

    public double Fact { get; init; }

    public double Miss { get; init; }

    public double MissLength { get; init; }

    public double TypeHeld { get; init; }

    public double TypeMissed { get; init; }

    public double ProductMatched { get; init; }

    public double ProductMissed { get; init; }

    public double Unknown { get; init; }

    public double Mass { get; init; }

    public double Title { get; init; }

    /// <summary>Likeness of the best passage when it is the FAQ entry that is most alike.</summary>
    public double Agreed { get; init; }

    public double Margin { get; init; }

    public double[] ToArray() => [Coverage, Faq, Fact, Miss, MissLength, TypeHeld, TypeMissed, ProductMatched, ProductMissed, Unknown, Mass, Title, Agreed, Margin];
}
