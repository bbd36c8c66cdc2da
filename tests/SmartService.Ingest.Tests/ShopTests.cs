using SmartService.Data;
using SmartService.Knowledge;
using SmartService.Knowledge.Retrieval;
using SmartService.Testing.Stores;

namespace SmartService.Ingest.Tests;

public sealed class ShopTests(ITestOutputHelper output, ShopTests.Shop shop) : IClassFixture<ShopTests.Shop>
{
    [Fact]
    public async Task The_rule_on_torn_fabric_is_found_with_its_source()
    {
        var grounding = await AskAsync("沙发布面破了能免费修吗");
        Assert.True(grounding.Answerable);
        Assert.NotNull(grounding.Faq);
        Assert.Contains("不在免费质保范围", grounding.Faq.Quote, StringComparison.Ordinal);
        var rule = Assert.Single(grounding.Passages, passage => passage.Source == "质保与维修政策 › 沙发布面破损");
        Assert.Contains("不在免费质保范围内", rule.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("你们店几点开门")]
    [InlineData("今天天气怎么样")]
    [InlineData("体验店好停车吗")]
    [InlineData("星河沙发多少钱")]
    [InlineData("云朵沙发承重多少斤")]
    [InlineData("加盟费多少钱")]
    [InlineData("帮忙搬家不")]
    [InlineData("有没有洗衣机")]
    [InlineData("深眠床垫里有多少个弹簧")]
    [InlineData("床和床垫一起买立减500还有吗")]
    public async Task What_no_document_says_is_refused(string question) => Assert.False((await AskAsync(question)).Answerable);

    [Theory]
    [InlineData("云朵沙发多少钱", null, "云朵三人布艺沙发", "价格", "2999元")]
    [InlineData("雲朵沙發多少錢", null, "云朵三人布艺沙发", "价格", "2999元")]
    [InlineData("云朵纱发多少钱", null, "云朵三人布艺沙发", "价格", "2999元")]
    [InlineData("这个多少钱", "云朵三人布艺沙发", "云朵三人布艺沙发", "价格", "2999元")]
    [InlineData("深眠床垫质保多久", null, "深眠独立袋弹簧床垫", "质保", "120个月")]
    [InlineData("懒月电动沙发多重", null, "懒月单人电动沙发", "净重", "41kg")]
    public async Task A_fact_of_a_product_is_exact(string question, string? topic, string product, string relation, string value)
    {
        var grounding = await AskAsync(question, topic);
        Assert.True(grounding.Answerable, $"confidence {grounding.Confidence}");
        Assert.Equal(product, Assert.Single(grounding.Products));
        Assert.Contains(grounding.Facts, fact => fact.Subject == product && fact.Relation == relation && fact.Value == value);
    }

    [Fact]
    public async Task A_filter_finds_every_product_that_fits_and_no_other()
    {
        var grounding = await AskAsync("三千以内的沙发有哪些");
        Assert.Equal(["折叶布艺沙发床", "懒月单人电动沙发", "云朵三人布艺沙发"], grounding.Facts.Select(fact => fact.Subject));
        Assert.Equal("小鹿儿童护脊床垫", Assert.Single((await AskAsync("最便宜的床垫是哪个")).Facts).Subject);
        Assert.Equal("拾光头层牛皮沙发", Assert.Single((await AskAsync("你们最贵的沙发")).Facts).Subject);
    }

    [Fact]
    public async Task A_comparison_has_the_facts_of_both()
    {
        var grounding = await AskAsync("云朵和汐岸哪个便宜");
        Assert.Equal(["云朵三人布艺沙发", "汐岸转角布艺沙发"], grounding.Products);
        Assert.Equal([2999m, 4699m], grounding.Facts.Select(fact => fact.Number ?? 0));
    }

    [Fact]
    public async Task A_promotion_is_found_on_its_last_day_and_never_after()
    {
        var lastDay = new DateTimeOffset(2025, 11, 12, 23, 0, 0, TimeSpan.FromHours(8));
        Assert.Contains((await AskAsync("双十一家装季", asOf: lastDay)).Passages, passage => passage.Source.Contains("双十一", StringComparison.Ordinal));
        Assert.DoesNotContain((await AskAsync("双十一家装季", asOf: lastDay.AddHours(2))).Passages, passage => passage.Source.Contains("双十一", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("新疆首件运费")]
    [InlineData("送到新疆首件运费")]
    public async Task A_row_of_the_freight_table_is_found_by_its_province(string question)
    {
        var grounding = await AskAsync(question);
        Assert.True(grounding.Answerable);
        Assert.StartsWith("运费表 › 新疆", grounding.Passages[0].Source, StringComparison.Ordinal);
        Assert.Contains("480", grounding.Passages[0].Quote, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quotes_are_literal()
    {
        foreach (var question in (string[])["沙发布面破了能免费修吗", "定金付多少", "豆荚餐椅承重", "多久能退款", "聊天记录你们存多久"])
        {
            foreach (var passage in (await AskAsync(question)).Passages)
            {
                Assert.Contains(passage.Quote, passage.Text, StringComparison.Ordinal);
                Assert.InRange(passage.Score, 0, 1);
            }
        }
    }

    /// <summary>The bars are a little below what was measured when the calibration was fitted (2026-11-25).</summary>
    [Theory]
    [InlineData("dev.jsonl", 0.9, 0.9, 0.94)]
    [InlineData("dev2.jsonl", 0.9, 0.9, 0.93)]
    [InlineData("test.jsonl", 0.69, 0.81, 0.88)]
    [InlineData("test2.jsonl", 0.8, 0.92, 0.92)]
    public async Task Most_questions_are_answered_right_and_most_others_refused(string suite, double answered, double refused, double precision)
    {
        var score = await ShopScore.RunAsync(shop.Retriever, ShopScore.Suite(suite));
        output.WriteLine($"{suite}: {score.Summary}");
        await DumpAsync(score, suite);
        Assert.True(score.AnsweredRight >= answered && score.RefusedRight >= refused && score.Precision >= precision, score.Summary);
    }

    [Fact]
    public async Task A_calibration_fitted_on_the_dev_questions_decides_right_on_questions_left_out()
    {
        var rows = new List<ShopScore.Result>();
        foreach (var suite in (string[])["dev.jsonl", "dev2.jsonl"])
        {
            rows.AddRange((await ShopScore.RunAsync(shop.Retriever, ShopScore.Suite(suite))).Results);
        }

        var samples = rows.Select(result => (result.Assessment.Features, Right: result.Row.Answerable && result.Holds)).ToList();
        var (right, said, refused) = (0, 0, 0);
        for (var fold = 0; fold < 5; fold++)
        {
            var calibration = Calibration.Fit([.. samples.Where((_, i) => i % 5 != fold)]);
            foreach (var (features, isRight) in samples.Where((_, i) => i % 5 == fold))
            {
                var says = calibration.Probability(features) >= calibration.Threshold;
                said += says ? 1 : 0;
                right += says && isRight ? 1 : 0;
            }
        }

        refused = rows.Count(result => !result.Row.Answerable) - (said - right);
        output.WriteLine($"left out: right {right} of {rows.Count(result => result.Row.Answerable)}, wrongly answered {said - right} of {rows.Count(result => !result.Row.Answerable)}");
        Assert.True(right >= 0.88 * rows.Count(result => result.Row.Answerable) && right >= 0.93 * said, $"{right} right of {said} said, {refused} refused");
        if (Environment.GetEnvironmentVariable("SHOP_FIT") is { Length: > 0 } file)
        {
            await File.WriteAllTextAsync(file, Calibration.Fit(samples).ToJson() + "\n");
        }
    }

    /// <summary>SHOP_BENCH=rounds prints how long a question takes; run it in Release on an idle machine.</summary>
    [Fact]
    public async Task Latency_is_measured()
    {
        Assert.SkipUnless(int.TryParse(Environment.GetEnvironmentVariable("SHOP_BENCH"), System.Globalization.CultureInfo.InvariantCulture, out var rounds), "SHOP_BENCH is not set.");
        var times = await ShopScore.TimesAsync(shop.Retriever, ShopScore.Suite("dev.jsonl"), rounds);
        Assert.NotEmpty(times);
        var text = $"{times.Count} questions: p50 {times[times.Count / 2]:0.00} ms, p90 {times[times.Count * 9 / 10]:0.00} ms, p99 {times[times.Count * 99 / 100]:0.00} ms, worst {times[^1]:0.00} ms";
        output.WriteLine(text);
        TestContext.Current.SendDiagnosticMessage(text);
    }

    private Task<Grounding> AskAsync(string question, string? topic = null, DateTimeOffset? asOf = null) =>
        shop.Retriever.RetrieveAsync(new KnowledgeQuery(question, asOf ?? ShopScore.Today, Topic: topic), TestContext.Current.CancellationToken);

    /// <summary>For work on the retriever: SHOP_DUMP=folder writes question by question what was decided and why. Never of the test parts.</summary>
    private static async Task DumpAsync(ShopScore score, string suite)
    {
        if (Environment.GetEnvironmentVariable("SHOP_DUMP") is { Length: > 0 } folder && suite.StartsWith("dev", StringComparison.Ordinal))
        {
            await File.WriteAllLinesAsync(Path.Combine(folder, suite + ".tsv"), score.Results.Select(result => string.Join(
                '\t',
                (string[])[result.Row.Id, result.Row.Kind, result.Row.Answerable ? "1" : "0", result.Holds ? "1" : "0", result.Said ? "1" : "0",
                    string.Join(' ', result.Assessment.Features.ToArray().Select(value => value.ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture))),
                    result.Row.Question, string.Join('+', result.Row.Expect), string.Join('/', result.Assessment.Grounding.Products), result.Assessment.Grounding.Faq?.Question ?? "", string.Join(' ', result.Assessment.Missing), string.Join(" ; ", result.Assessment.Grounding.Passages.Take(5).Select(passage => $"{passage.Score:0.00} {passage.Source}")),
                    ShopScore.AnswerText(result.Assessment.Grounding).Replace('\n', '|')])));
        }
    }

    /// <summary>The samples, imported once.</summary>
    public sealed class Shop : IAsyncLifetime
    {
        private IDatabase? _database;

        public HybridRetriever Retriever { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _database = await TestStores.SqliteAsync(null, KnowledgeServices.Migrations);
            (_, Retriever) = await ShopScore.LoadAsync(_database);
        }

        public async ValueTask DisposeAsync()
        {
            Retriever.Dispose();
            await _database!.DisposeAsync();
        }
    }
}
