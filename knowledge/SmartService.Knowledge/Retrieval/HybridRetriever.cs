using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using SmartService.Data;
using SmartService.Knowledge.Retrieval;
using SmartService.Knowledge.Store;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge;

/// <summary>
/// Typed facts, FAQ entries and passages, scored alike and weighed by a calibrated decision. The store nominates some
/// fifty candidates from its keyword index; no query looks at everything.
/// </summary>
public sealed partial class HybridRetriever : IRetriever, IDisposable
{
    private const int LongestQuestion = 400;
    private const int MostTerms = 28;
    private const int MostOutdated = 5;
    private const double CertainlyAlike = 0.9;

    private readonly KnowledgeStore _store;
    private readonly CatalogueCache _catalogues;
    private readonly FactFinder _facts;
    private readonly Calibration _calibration;
    private readonly KnowledgeOptions _options;

    public HybridRetriever(IDatabase database, TimeProvider time, IOptions<KnowledgeOptions> options, Calibration? calibration = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _store = new KnowledgeStore(database);
        _catalogues = new CatalogueCache(database, _store, time);
        _facts = new FactFinder(_store);
        _options = options.Value;
        _calibration = calibration ?? Calibration.Embedded;
    }

    public async Task<Grounding> RetrieveAsync(KnowledgeQuery query, CancellationToken cancellationToken = default) =>
        (await AssessAsync(query, cancellationToken)).Grounding;

    /// <summary>As <see cref="RetrieveAsync"/>, with the features that the decision rests on: for calibration and evaluation.</summary>
    public async Task<Assessment> AssessAsync(KnowledgeQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        using var activity = KnowledgeTelemetry.Source.StartActivity("knowledge.retrieve");
        var started = Stopwatch.GetTimestamp();
        var assessment = await FindAsync(query, cancellationToken);
        KnowledgeTelemetry.Retrieved(Stopwatch.GetElapsedTime(started), assessment.Grounding.Answerable);
        activity?.SetTag("knowledge.confidence", assessment.Grounding.Confidence);
        return assessment;
    }

    public void Dispose() => _catalogues.Dispose();

    private async Task<Assessment> FindAsync(KnowledgeQuery query, CancellationToken cancellationToken)
    {
        var text = Question.Fold(query.Text.Length > LongestQuestion ? query.Text[..LongestQuestion] : query.Text);
        var catalogue = await _catalogues.GetAsync(cancellationToken);
        if (text.Length == 0 || catalogue.Passages == 0)
        {
            return new Assessment(Grounding.Empty, new Features(), []);
        }

        await _catalogues.CountAsync(catalogue, TermCounts.Counted(text), cancellationToken);
        var question = Question.Parse(catalogue.Spelling?.Repair(text, catalogue) ?? text, catalogue);
        await _catalogues.CountAsync(catalogue, question.CountedTerms, cancellationToken);
        var weights = new Weights(catalogue);
        var asOf = query.AsOf.ToUnixTimeMilliseconds();

        var (filter, fitting, spans) = Described(question, catalogue);
        var products = question.Mentions.SelectMany(mention => mention.Subjects).Distinct(StringComparer.Ordinal).ToList();
        var carried = products.Count == 0 && filter is null && query.Topic is { } topic && CarriesTopic(question, topic, catalogue);
        if (carried)
        {
            products.Add(query.Topic!);
        }

        var found = filter is not null ? await _facts.FittingAsync(filter, fitting, spans, asOf, cancellationToken)
            : products.Count > 0 ? await _facts.AboutAsync(question, products, catalogue, asOf, cancellationToken)
            : FoundFacts.None;
        var (views, outdated) = await CandidatesAsync(question, catalogue, weights, filter is null ? products : [.. found.Facts.Select(fact => fact.Subject)], asOf, cancellationToken);
        return Decide(query, new Understood(question, weights, products, filter, found, carried), views, outdated);
    }

    private Assessment Decide(KnowledgeQuery query, Understood understood, IReadOnlyList<PassageView> views, IReadOnlyList<PassageView> outdated)
    {
        var scorer = new Scorer(understood);
        var scored = Rank(scorer, views);
        if (understood.Filter is null && scorer.RulesSayMore(scored))
        {
            understood = understood with { Found = FoundFacts.None };
            scorer = new Scorer(understood);
        }

        // An entry on freight in general must not take the place of the row on this province.
        var faq = scored.Where(candidate => candidate.Faq >= _options.FaqLikeness && (candidate.Faq >= CertainlyAlike || candidate.Score >= scored[0].Score - 0.03)).MaxBy(candidate => candidate.Faq);
        var (features, missing) = scorer.Describe(scored, Rank(scorer, outdated));
        var confidence = _calibration.Probability(features);
        // Nothing at all cannot answer, whatever the weights say.
        var answerable = confidence >= _calibration.Threshold && (scored.Count > 0 || understood.Found.Facts.Count > 0);
        return new Assessment(
            new Grounding
            {
                Passages = [.. scored.Where(candidate => candidate.Score > 0.05).Take(query.Top).Select(candidate => ToPassage(candidate, understood))],
                Facts = [.. understood.Found.Facts.Select(fact => fact.ToFact())],
                Faq = faq is null || understood.Found.Facts.Count > 0 && faq.Faq < CertainlyAlike ? null : ToPassage(faq, understood),
                Confidence = confidence,
                Answerable = answerable,
                Products = understood.Products,
            },
            features,
            missing);
    }

    private static List<Candidate> Rank(Scorer scorer, IReadOnlyList<PassageView> views) =>
        [.. views.Select(scorer.Score).OrderByDescending(candidate => candidate.Score).ThenBy(candidate => candidate.View.Row.Id, StringComparer.Ordinal)];

    private async Task<(IReadOnlyList<PassageView> Valid, IReadOnlyList<PassageView> Outdated)> CandidatesAsync(
        Question question, Catalogue catalogue, Weights weights, List<string> products, long asOf, CancellationToken cancellationToken)
    {
        var terms = SearchTerms(question, weights, catalogue.Passages);
        var (nominated, outdated) = await _store.CandidatesAsync(terms, asOf, _options.Candidates, catalogue.IsDated ? MostOutdated : 0, cancellationToken);
        if (catalogue.Views.Count > _options.PreparedPassages)
        {
            catalogue.Views.Clear();
        }

        PassageView View(PassageRow row) => catalogue.Views.GetOrAdd(row.Seq, static (_, passage) => new PassageView(passage), row);
        var prepared = new Dictionary<long, PassageView>();
        foreach (var seq in nominated.Concat(outdated))
        {
            if (catalogue.Views.TryGetValue(seq, out var view))
            {
                prepared[seq] = view;
            }
        }

        var unread = nominated.Concat(outdated).Where(seq => !prepared.ContainsKey(seq)).ToList();
        foreach (var row in unread.Count == 0 ? [] : await _store.PassagesAsync(unread, cancellationToken))
        {
            prepared[row.Seq] = View(row);
        }

        var about = products.Count == 0 ? [] : await _store.PassagesAboutAsync(products, asOf, 20, cancellationToken);
        // A passage that an import removed in between is not there any more.
        var views = nominated.Where(prepared.ContainsKey).Select(seq => prepared[seq]).Concat(about.Select(View)).DistinctBy(view => view.Row.Seq).ToList();
        // The weights of the wordings must be known before they are compared.
        foreach (var view in views.Where(view => !view.Counted))
        {
            await _catalogues.CountAsync(catalogue, view.Questions.SelectMany(wording => wording.Question.CountedTerms), cancellationToken);
            view.Counted = true;
        }

        return (views, [.. outdated.Where(prepared.ContainsKey).Select(seq => prepared[seq])]);
    }

    /// <summary>The terms to nominate by: content and its synonyms, the most telling first. Very common terms only when there is nothing else.</summary>
    private static List<(string Term, double Weight)> SearchTerms(Question question, Weights weights, int passages)
    {
        var own = IndexTerms.Of(string.Concat(question.Units.OrderBy(unit => unit.Start).Select(unit => unit.Kind == UnitKind.Function ? " " : unit.Text)));
        own.UnionWith(question.Units.Where(unit => unit.Kind is UnitKind.Word or UnitKind.Category or UnitKind.Relation or UnitKind.Product).SelectMany(unit => IndexTerms.Of(unit.Text)));
        var terms = own.Concat(question.Units.SelectMany(unit => unit.Others).SelectMany(IndexTerms.Of)).Distinct(StringComparer.Ordinal)
            .Where(term => weights.Count(term) > 0)
            .Select(term => (Term: term, Weight: weights.Of(term) * (own.Contains(term) ? 1 : 0.6)))
            .OrderByDescending(term => term.Weight).ThenBy(term => term.Term, StringComparer.Ordinal).Take(MostTerms).ToList();
        var telling = terms.Where(term => passages < 2000 || weights.Count(term.Term) < passages / 20).ToList();
        return telling.Count > 0 ? telling : [.. terms.Take(3)];
    }

    private static (ProductFilter? Filter, IReadOnlyList<string> Candidates, IReadOnlyList<(int Start, int Length)> Spans) Described(Question question, Catalogue catalogue)
    {
        if (question.Mentions.Any(mention => mention.Certainty >= 0.9) || ProductFilter.Of(question.Text) is not { } filter)
        {
            return (null, [], []);
        }

        var (longest, at, candidates) = (0, 0, (IReadOnlyList<string>)[]);
        for (var i = 0; i < question.Text.Length; i++)
        {
            var length = catalogue.CategoryAt(question.Text, i, out var subjects);
            if (length > longest)
            {
                (longest, at, candidates) = (length, i, subjects);
            }
        }

        return longest > 0 ? (filter, candidates, [(at, longest)]) : (null, [], []);
    }

    private static bool CarriesTopic(Question question, string topic, Catalogue catalogue) =>
        catalogue.Subjects.Contains(topic, StringComparer.Ordinal) && (Anaphora().IsMatch(question.Text) || question.Relations.Count > 0);

    private static Passage ToPassage(Candidate candidate, Understood understood)
    {
        var row = candidate.View.Row;
        return new Passage
        {
            Id = row.Id,
            Source = row.Source,
            Text = row.Text,
            Question = row.Question,
            Quote = Quotes.Best(understood.Question, candidate.View, understood.Weights),
            Kind = row.PassageKind,
            Score = Math.Clamp(candidate.Score, 0, 1),
        };
    }

    [GeneratedRegex("这|它|那(款|个|张|把|套)|该(款|商品|产品)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Anaphora();
}

/// <summary>A grounding with the features behind its confidence, and the words of the question that nothing was found for.</summary>
public sealed record Assessment(Grounding Grounding, Features Features, IReadOnlyList<string> Missing);
