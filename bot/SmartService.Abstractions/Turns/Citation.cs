namespace SmartService.Turns;

/// <summary>What a statement in a reply rests on.</summary>
/// <param name="Id">Id of the passage or fact.</param>
/// <param name="Source">Document and heading, as a person would name it.</param>
/// <param name="Quote">The words relied on, literally from the source.</param>
public sealed record Citation(string Id, string Source, string Quote);
