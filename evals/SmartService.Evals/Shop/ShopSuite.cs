using System.Diagnostics;
using System.Globalization;
using SmartService.Evals.Metrics;
using SmartService.Evals.Results;
using SmartService.Evals.Suites;

namespace SmartService.Evals.Shop;

/// <summary>Questions to the sample shop: right answers, right refusals, invented numbers.</summary>
public sealed class ShopSuite : ISuite
{
    private const int ShownMistakes = 40;

    private static readonly Lazy<ShopDefaults> Defaults = new(() => SuiteFile.Read(Folder, SuiteJson.Default.ShopDefaults));

    public string Name => "shop";

    public string Description => Defaults.Value.Description;

    private static string Folder => Path.Combine(RepositoryPaths.Suites, "shop");

    public async Task<SuiteResult> RunAsync(RunOptions options, IProgress<SuiteProgress> progress, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var defaults = Defaults.Value;
        var dev = await ShopQuestion.ReadAsync(Path.Combine(Folder, "dev.jsonl"), cancellationToken);
        var test = await ShopQuestion.ReadAsync(Path.Combine(Folder, "test.jsonl"), cancellationToken);
        progress.Report(new("importing the sample shop", 0, 0));
        await using var bot = await ShopBot.CreateAsync(Path.Combine(options.Out, "shop"), RepositoryPaths.SampleShop, options, cancellationToken);

        IReadOnlyList<ShopQuestion> questions = [.. dev, .. test];
        var asked = new ShopAnswer[questions.Count];
        var done = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, questions.Count),
            new ParallelOptions { MaxDegreeOfParallelism = options.Customers ?? 1, CancellationToken = cancellationToken },
            async (at, token) =>
            {
                var result = await bot.AskAsync(questions[at], defaults.AsOf, token);
                asked[at] = new ShopAnswer(questions[at], ShopGrade.Of(questions[at], result, defaults.OverWords), result);
                progress.Report(new("asking", Interlocked.Increment(ref done), questions.Count));
            });

        return new SuiteResult(Name, [.. Metrics("dev", asked[..dev.Count]), .. Metrics("test", asked[dev.Count..]), .. Timings(asked)])
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["as of"] = defaults.AsOf.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                ["model"] = options.Model is { } model ? Path.GetFileName(model) : "none",
                ["at the same time"] = (options.Customers ?? 1).ToString(CultureInfo.InvariantCulture),
            },
            Findings = [.. Mistakes(asked)],
            DurationSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
        };
    }

    /// <summary>All metrics of one part of the suite.</summary>
    internal static IEnumerable<Metric> Metrics(string part, IReadOnlyList<ShopAnswer> answers)
    {
        var cases = answers.Select(one => new RefusalCase(one.Question.Id, one.Question.Answerable, one.Grade.Refused)).ToList();
        return
        [
            Metric.Share($"{part}.right", Right(answers)),
            Metric.Share($"{part}.right_answers", Right(answers.Where(one => one.Question.Answerable))),
            .. answers.GroupBy(one => one.Question.Kind, StringComparer.Ordinal).OrderBy(kind => kind.Key, StringComparer.Ordinal)
                .Select(kind => Metric.Share($"{part}.right.{kind.Key}", Right(kind))),
            Metric.Share($"{part}.answered_wrongly", answers.ToDictionary(one => one.Question.Id, one => !one.Grade.Right && !one.Grade.Refused, StringComparer.Ordinal), Better.Lower),
            Metric.Share($"{part}.refused_wrongly", answers.ToDictionary(one => one.Question.Id, one => one.Question.Answerable && one.Grade.Refused, StringComparer.Ordinal), Better.Lower),
            Metric.Share($"{part}.refusal_precision", Refusals.Precision(cases)),
            Metric.Share($"{part}.refusal_recall", Refusals.Recall(cases)),
            Metric.Zero($"{part}.replies_with_invented_numbers", answers.Count(one => one.Grade.Invented.Count > 0)),
            Metric.Share($"{part}.written_by_model", answers.Where(one => !one.Grade.Refused).ToDictionary(one => one.Question.Id, one => one.IsWritten, StringComparer.Ordinal), Better.Neither),
            Metric.Count($"{part}.written_by_model_and_wrong", answers.Count(one => one.IsWritten && !one.Grade.Right)),
        ];
    }

    private static IEnumerable<Metric> Timings(IReadOnlyCollection<ShopAnswer> answers) =>
    [
        .. Metric.Timings("turn", [.. answers.Select(one => one.Result.Timings.TotalMs)]),
        .. Metric.Timings("written_turn", [.. answers.Where(one => one.IsWritten).Select(one => one.Result.Timings.TotalMs)]),
    ];

    private static Dictionary<string, bool> Right(IEnumerable<ShopAnswer> answers) =>
        answers.ToDictionary(one => one.Question.Id, one => one.Grade.Right, StringComparer.Ordinal);

    /// <summary>What to look at: the suite's own questions, which are no customer's words. Of the test part only the ids, so that nobody tunes with it.</summary>
    private static IEnumerable<string> Mistakes(IReadOnlyList<ShopAnswer> answers)
    {
        // A wrong refusal is the cheapest mistake, so it comes last.
        var mistakes = answers.Where(one => !one.Grade.Right || one.Grade.Invented.Count > 0)
            .OrderByDescending(one => one.Grade.Invented.Count > 0).ThenBy(one => one.Grade.Refused).ToList();
        var shown = mistakes.Where(one => !one.Question.Id.StartsWith("test", StringComparison.Ordinal)).Take(ShownMistakes).Select(one => string.Create(
            CultureInfo.InvariantCulture,
            $"{one.Question.Id} ({one.Question.Kind}) {one.Question.Question}: {(one.Grade.Right ? "right" : $"{one.Result.Outcome}, wanted {Wanted(one.Question)}")}{(one.Grade.Invented.Count > 0 ? $", invented {string.Join(", ", one.Grade.Invented)}" : "")}"));
        var test = mistakes.Where(one => one.Question.Id.StartsWith("test", StringComparison.Ordinal)).Select(one => one.Question.Id).ToList();
        return test.Count == 0 ? shown : shown.Append("Mistakes in the test part: " + string.Join(", ", test));
    }

    private static string Wanted(ShopQuestion question) => question.Answerable ? string.Join(" and ", question.Expect) : "a refusal";
}

/// <summary>A question, what came back, and what it is worth.</summary>
internal sealed record ShopAnswer(ShopQuestion Question, ShopGrade Grade, SmartService.Turns.TurnResult Result)
{
    /// <summary>Whether the model's words were said, instead of a quote.</summary>
    public bool IsWritten => Result.Intent.Name == "question.model";
}
