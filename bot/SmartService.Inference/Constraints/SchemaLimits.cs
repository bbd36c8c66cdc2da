namespace SmartService.Inference.Constraints;

/// <summary>What a schema does not limit is limited here, so that every output ends.</summary>
internal static class SchemaLimits
{
    /// <summary>Code points of a string, whatever the schema allows.</summary>
    public const int StringLength = 2_000;

    /// <summary>Code points of a string with a pattern or format that has no <c>maxLength</c>.</summary>
    public const int PatternLength = 500;

    /// <summary>Code points of a property name that the schema does not name.</summary>
    public const int NameLength = 64;

    public const int Items = 100;

    /// <summary>Items of an array that the schema says nothing about.</summary>
    public const int AnyItems = 32;

    /// <summary>Properties of one object that the schema does not name.</summary>
    public const int ExtraProperties = 16;

    /// <summary>Digits of a whole number; all such numbers are <see cref="long"/>.</summary>
    public const int WholeDigits = 18;

    /// <summary>Digits before the point of a number that may have a fraction; with the fraction's digits a <see cref="decimal"/> holds them.</summary>
    public const int NumberDigits = 15;

    public const int FractionDigits = 8;
}
