namespace SmartService.Knowledge;

/// <summary>Finds what the knowledge base holds about a question. Thread-safe.</summary>
public interface IRetriever
{
    /// <summary>Retrieves passages and facts. Finding nothing is an ordinary answer.</summary>
    Task<Grounding> RetrieveAsync(KnowledgeQuery query, CancellationToken cancellationToken = default);
}

/// <summary>A question to the knowledge base.</summary>
/// <param name="Text">The customer's words.</param>
/// <param name="AsOf">Only what is valid at this moment is found.</param>
/// <param name="Top">How many passages at most.</param>
/// <param name="Topic">Name of the product talked about before, for questions that leave it out; else null.</param>
public sealed record KnowledgeQuery(string Text, DateTimeOffset AsOf, int Top = 6, string? Topic = null);

/// <summary>What was found, best first.</summary>
public sealed record Grounding
{
    /// <summary>Nothing found.</summary>
    public static Grounding Empty { get; } = new();

    /// <summary>Passages by falling score.</summary>
    public IReadOnlyList<Passage> Passages { get; init; } = [];

    /// <summary>Typed facts that answer the question directly, for example the price of the product asked about.</summary>
    public IReadOnlyList<Fact> Facts { get; init; } = [];

    /// <summary>The FAQ entry whose question means the same, or null.</summary>
    public Passage? Faq { get; init; }

    /// <summary>Calibrated probability, 0 to 1, that what was found answers the question.</summary>
    public double Confidence { get; init; }

    /// <summary>Whether <see cref="Confidence"/> is above the threshold chosen on labelled data.</summary>
    public bool Answerable { get; init; }

    /// <summary>Products named in the question, by their catalogue names; the first becomes the topic of the conversation.</summary>
    public IReadOnlyList<string> Products { get; init; } = [];
}

/// <summary>A piece of a document, small enough to be read and cited whole.</summary>
public sealed record Passage
{
    /// <summary>Stable id.</summary>
    public required string Id { get; init; }

    /// <summary>Document and headings, as a person would name it.</summary>
    public required string Source { get; init; }

    /// <summary>The whole text. For a FAQ entry: the answer.</summary>
    public required string Text { get; init; }

    /// <summary>For a FAQ entry: its question; else null.</summary>
    public string? Question { get; init; }

    /// <summary>The sentences of <see cref="Text"/> that answer best, literally.</summary>
    public required string Quote { get; init; }

    /// <summary>What it is.</summary>
    public required PassageKind Kind { get; init; }

    /// <summary>Relevance, 0 to 1.</summary>
    public double Score { get; init; }
}

/// <summary>What a passage was made from.</summary>
public enum PassageKind
{
    /// <summary>Running text under a heading.</summary>
    Text,

    /// <summary>A question with its answer.</summary>
    Faq,

    /// <summary>A row of a table with its header.</summary>
    Row,
}

/// <summary>A typed statement: subject, relation, value.</summary>
/// <param name="Id">Stable id.</param>
/// <param name="Subject">For example a product name.</param>
/// <param name="Relation">For example 价格.</param>
/// <param name="Value">Formatted from the typed value, unit included, for example 2999元.</param>
/// <param name="Number">The number, when the value is one.</param>
/// <param name="Unit">Its unit, or null.</param>
/// <param name="Source">Document and row.</param>
public sealed record Fact(string Id, string Subject, string Relation, string Value, decimal? Number, string? Unit, string Source);
