using SmartService.Data;
using SmartService.Knowledge;
using SmartService.Testing.Stores;

namespace SmartService.Ingest.Tests;

/// <summary>The stores nominate, one place decides: what a customer hears must not depend on the store.</summary>
public sealed class SameRankingTests
{
    [Fact]
    public async Task Both_stores_find_the_same_passages_in_the_same_order()
    {
        await using var sqlite = await TestStores.SqliteAsync(null, KnowledgeServices.Migrations);
        await using var postgres = await TestStores.PostgresAsync(null, KnowledgeServices.Migrations);
        var (left, right) = (await LoadAsync(sqlite), await LoadAsync(postgres));
        using var ofLeft = left;
        using var ofRight = right;
        foreach (var question in (string[])
            ["沙发布面破了能免费修吗", "送到新疆首件运费", "云朵沙发多少钱", "三千以内的沙发有哪些", "积分可以转给我妈吗", "灯具买二送一现在有吗", "卧室好眠套餐一笔订单能买几套", "退款几天能到", "你们店几点开门", "换布要等多久"])
        {
            var query = new KnowledgeQuery(question, ShopScore.Today, Top: 10);
            var (a, b) = (await left.RetrieveAsync(query), await right.RetrieveAsync(query));
            Assert.Equal(a.Passages.Select(passage => (passage.Id, passage.Score)), b.Passages.Select(passage => (passage.Id, passage.Score)));
            Assert.Equal(a.Facts.Select(fact => fact.Id), b.Facts.Select(fact => fact.Id));
            Assert.Equal((a.Confidence, a.Answerable, a.Faq?.Id), (b.Confidence, b.Answerable, b.Faq?.Id));
        }
    }

    private static async Task<HybridRetriever> LoadAsync(IDatabase database)
    {
        var (knowledge, retriever) = await ShopScore.LoadAsync(database);
        knowledge.Dispose();
        return retriever;
    }
}
