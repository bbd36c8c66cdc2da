using System.Text.Json.Serialization;

namespace SmartService.Inference.Hosting;

/// <summary>What an output must look like. Fixed text is fed to the model, not sampled from it.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Literal), "literal")]
[JsonDerivedType(typeof(Json), "json")]
[JsonDerivedType(typeof(Choice), "choice")]
[JsonDerivedType(typeof(InOrder), "inOrder")]
[JsonDerivedType(typeof(FreeText), "freeText")]
public abstract record OutputShape
{
    /// <summary>Exactly this text.</summary>
    public sealed record Literal(string Text) : OutputShape;

    /// <summary>A JSON value that the schema (JSON Schema, the subset that structured output of the large vendors supports) accepts; an empty schema: any JSON value.</summary>
    public sealed record Json(string Schema) : OutputShape;

    /// <summary>
    /// One of these. Where all are <see cref="Literal"/>, each is scored by the sum of its tokens' log-probabilities, and the
    /// last update carries the scores; otherwise the model's own tokens decide.
    /// </summary>
    public sealed record Choice(IReadOnlyList<OutputShape> Options) : OutputShape;

    /// <summary>One after the other.</summary>
    public sealed record InOrder(IReadOnlyList<OutputShape> Parts) : OutputShape;

    /// <summary>
    /// Free text up to the end of the turn. If <paramref name="Trigger"/> is written (only as the very first text when
    /// <paramref name="AtStartOnly"/>), <paramref name="Then"/> must follow it, and after that free text again.
    /// <paramref name="Required"/>: the turn cannot end before the trigger was written once.
    /// </summary>
    public sealed record FreeText(string? Trigger = null, OutputShape? Then = null, bool AtStartOnly = false, bool Required = false) : OutputShape;
}
