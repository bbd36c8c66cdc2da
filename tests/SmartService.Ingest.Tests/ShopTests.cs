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

    [Fact]
    public async Task Debug_units()
    {
        await using var database = await TestStores.SqliteAsync(null, KnowledgeServices.Migrations);
        var (_, retriever) = await ShopScore.LoadAsync(database);
        var store = new SmartService.Knowledge.Store.KnowledgeStore(database);
        using var cache = new SmartService.Knowledge.Store.CatalogueCache(database, store, TimeProvider.System);
        var catalogue = await cache.GetAsync(default);
        foreach (var text in (string[])["你们最贵的沙发", "汐岸转角沙发什么价位", "卧室好眠套餐一笔订单能买几套", "送到新疆首件运费","远山电视柜能放多大的电视"])
        {
            await cache.CountAsync(catalogue, SmartService.Knowledge.Store.TermCounts.Counted(text), default);
            var repaired = catalogue.Spelling!.Repair(text, catalogue);
            var q = Question.Parse(repaired, catalogue);
            output.WriteLine(repaired + " :: " + string.Join(" | ", q.Units.Select(u => $"{u.Text}:{u.Kind}")) + " rel=" + string.Join(',', q.Relations.Select(r => r.Name)) + " m=" + string.Join(',', q.Mentions.Select(m => string.Join('/', m.Subjects) + m.Certainty)));
        }
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var round = 0; round < 3; round++)
        {
            watch.Restart();
            await ShopScore.RunAsync(retriever, ShopScore.Suite("dev.jsonl"));
            output.WriteLine($"{watch.Elapsed.TotalMilliseconds / 200:0.0} ms per question");
        }
    }
}
