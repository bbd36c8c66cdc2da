using SmartService.Knowledge;
using SmartService.Knowledge.Retrieval;
using SmartService.Testing.Stores;

namespace SmartService.Ingest.Tests;

public sealed class ShopTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Most_questions_of_the_dev_set_are_answered_right_and_most_others_refused()
    {
        await using var database = await TestStores.SqliteAsync(null, KnowledgeServices.Migrations);
        var (_, retriever) = await ShopScore.LoadAsync(database);
        using var owned = retriever;
        var score = await ShopScore.RunAsync(retriever, ShopScore.Suite("dev.jsonl"));
        output.WriteLine(score.Summary);
        if (Environment.GetEnvironmentVariable("SHOP_DUMP") is { Length: > 0 } dump)
        {
            await File.WriteAllLinesAsync(dump, score.Results.Where(r => !r.Right || Environment.GetEnvironmentVariable("SHOP_ALL") is not null).Select(r =>
                $"{(r.Right ? "ok " : "BAD")} said={r.Said} holds={r.Holds} p={r.Assessment.Grounding.Confidence:0.00} {r.Row.Kind} {r.Row.Question} -> want {string.Join('+', r.Row.Expect)} | {r.Assessment.Features}\n      products={string.Join('/', r.Assessment.Grounding.Products)} faq={r.Assessment.Grounding.Faq?.Question} :: {ShopScore.AnswerText(r.Assessment.Grounding).Replace('\n', '|')}"));
        }

        if (Environment.GetEnvironmentVariable("SHOP_FIT") is { Length: > 0 } fit)
        {
            var calibration = Calibration.Fit([.. score.Results.Select(r => (r.Assessment.Features, r.Row.Answerable && r.Holds))]);
            await File.WriteAllTextAsync(fit, calibration.ToJson() + "\n");
        }

        Assert.True(score.AnsweredRight >= 0.5, score.Summary);
    }
}
