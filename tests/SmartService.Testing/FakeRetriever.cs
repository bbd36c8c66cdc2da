using SmartService.Knowledge;

namespace SmartService.Testing;

/// <summary>A knowledge base of a few hand-written entries: the first rule whose words all occur in the question answers.</summary>
public sealed class FakeRetriever : IRetriever
{
    private readonly List<(string[] Words, Func<KnowledgeQuery, Grounding> Grounding)> _rules = [];
    private readonly List<KnowledgeQuery> _queries = [];

    /// <summary>What was asked, in order.</summary>
    public IReadOnlyList<KnowledgeQuery> Queries => _queries;

    /// <summary>Makes every query fail.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Answers questions that hold all of <paramref name="words"/> (separated by spaces); the topic counts as part of the question.</summary>
    public FakeRetriever When(string words, Grounding grounding)
    {
        _rules.Add((words.Split(' '), _ => grounding));
        return this;
    }

    /// <summary>Answers with one passage.</summary>
    public FakeRetriever WhenPassage(string words, string source, string text, string? quote = null) => When(words, new Grounding
    {
        Answerable = true,
        Confidence = 0.9,
        Passages = [Passage(source, text, quote)],
    });

    /// <summary>Answers with typed facts.</summary>
    public FakeRetriever WhenFacts(string words, params Fact[] facts) => When(words, new Grounding
    {
        Answerable = true,
        Confidence = 0.95,
        Facts = facts,
        Products = [.. facts.Select(fact => fact.Subject).Distinct(StringComparer.Ordinal)],
    });

    /// <summary>Answers with a FAQ entry.</summary>
    public FakeRetriever WhenFaq(string words, string question, string answer) => When(words, new Grounding
    {
        Answerable = true,
        Confidence = 0.9,
        Faq = new Passage { Id = "faq-1", Source = "常见问题", Text = answer, Quote = answer, Question = question, Kind = PassageKind.Faq, Score = 0.9 },
    });

    public Task<Grounding> RetrieveAsync(KnowledgeQuery query, CancellationToken cancellationToken = default)
    {
        lock (_queries)
        {
            _queries.Add(query);
        }

        if (Failure is not null)
        {
            throw Failure;
        }

        var asked = $"{query.Topic} {query.Text}";
        var rule = _rules.FirstOrDefault(rule => rule.Words.All(word => asked.Contains(word, StringComparison.Ordinal)));
        return Task.FromResult(rule.Grounding?.Invoke(query) ?? Grounding.Empty);
    }

    /// <summary>A passage whose quote is its whole text unless given.</summary>
    public static Passage Passage(string source, string text, string? quote = null) =>
        new() { Id = "p-" + source, Source = source, Text = text, Quote = quote ?? text, Kind = PassageKind.Text, Score = 0.8 };

    /// <summary>A price in yuan.</summary>
    public static Fact Price(string product, int yuan) => new($"f-{product}-价格", product, "价格", $"{yuan}元", yuan, "元", "商品目录");
}
