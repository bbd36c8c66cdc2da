using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartService.Data;
using SmartService.Ingest;
using SmartService.Knowledge;
using SmartService.Knowledge.Retrieval;

namespace SmartService.Ingest.Tests;

/// <summary>Scores the retriever on the questions of a shop: what share is answered right, and what share rightly refused.</summary>
public sealed class ShopScore
{
    /// <summary>A day on which the suite's expectations hold.</summary>
    public static readonly DateTimeOffset Today = new(2026, 11, 25, 10, 0, 0, TimeSpan.FromHours(8));

    public required IReadOnlyList<Result> Results { get; init; }

    public double AnsweredRight => Results.Where(result => result.Row.Answerable).Average(result => result is { Said: true, Holds: true } ? 1.0 : 0);

    public double FoundRight => Results.Where(result => result.Row.Answerable).Average(result => result.Holds ? 1.0 : 0);

    public double RefusedRight => Results.Where(result => !result.Row.Answerable).Average(result => result.Said ? 0.0 : 1);

    /// <summary>Of the questions that are answered at all, the share answered right.</summary>
    public double Precision => Results.Where(result => result.Said).Average(result => result.Row.Answerable && result.Holds ? 1.0 : 0);

    public string Summary =>
        $"right {AnsweredRight:P1} (found {FoundRight:P1}), refused {RefusedRight:P1}, precision {Precision:P1} of {Results.Count}: "
        + string.Join(", ", Results.GroupBy(result => result.Row.Kind).Select(group => $"{group.Key} {group.Count(result => result.Right)}/{group.Count()}"));

    /// <summary>The samples in a fresh knowledge base.</summary>
    public static async Task<(KnowledgeBase Base, HybridRetriever Retriever)> LoadAsync(IDatabase database, Calibration? calibration = null)
    {
        var options = Options.Create(new KnowledgeOptions());
        var retriever = new HybridRetriever(database, TimeProvider.System, options, calibration);
        var knowledge = new KnowledgeBase(database, retriever, IngestServices.Readers, options, TimeProvider.System, NullLogger<KnowledgeBase>.Instance);
        var report = await knowledge.ImportAsync([Path.Combine(Root, "knowledge", "samples")], null, TestContext.Current.CancellationToken);
        Assert.Equal(0, report.Failed);
        return (knowledge, retriever);
    }

    public static async Task<ShopScore> RunAsync(HybridRetriever retriever, string file)
    {
        var results = new List<Result>();
        foreach (var line in await File.ReadAllLinesAsync(file))
        {
            var row = JsonSerializer.Deserialize<Row>(line, JsonSerializerOptions.Web)!;
            var assessment = await retriever.AssessAsync(new KnowledgeQuery(row.Question, Today, Topic: row.Topic));
            var text = AnswerText(assessment.Grounding);
            var holds = row.Expect.Count > 0 && row.Expect.All(expected => expected.Split('|').Any(text.Contains));
            results.Add(new Result(row, assessment, assessment.Grounding.Answerable, holds));
        }

        return new ShopScore { Results = results };
    }

    /// <summary>Milliseconds per question, ascending, after one round to warm up.</summary>
    public static async Task<IReadOnlyList<double>> TimesAsync(HybridRetriever retriever, string file, int rounds)
    {
        await RunAsync(retriever, file);
        var questions = (await File.ReadAllLinesAsync(file)).Select(line => JsonSerializer.Deserialize<Row>(line, JsonSerializerOptions.Web)!).ToList();
        var times = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var row in questions)
            {
                var started = Stopwatch.GetTimestamp();
                await retriever.AssessAsync(new KnowledgeQuery(row.Question, Today, Topic: row.Topic));
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }

        times.Sort();
        return times;
    }

    /// <summary>What an answer would be composed from: facts, else the FAQ entry, else the best passages' quotes.</summary>
    public static string AnswerText(Grounding grounding)
    {
        var passages = grounding.Passages.Take(grounding.Facts.Count > 0 ? 2 : 3).Select(passage => $"{passage.Source} {passage.Quote}");
        var facts = grounding.Facts.Select(fact => $"{fact.Subject} {fact.Relation} {fact.Value}");
        return string.Join('\n', facts.Concat(grounding.Faq is { } faq ? [faq.Text] : []).Concat(passages));
    }

    public static string Root { get; } = FindRoot();

    public static string Suite(string name) => Path.Combine(Root, "evals", "suites", "shop", name);

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "SmartService.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("SmartService.sln is above no folder of the test.");
        }

        return folder;
    }

    public sealed record Row(string Id, string Question, bool Answerable, string Kind, IReadOnlyList<string> Expect, string? Source, string? Topic);

    public sealed record Result(Row Row, Assessment Assessment, bool Said, bool Holds)
    {
        public bool Right => Row.Answerable ? Said && Holds : !Said;
    }
}
