using SmartService.Evals.Shop;
using SmartService.Evals.Suites;
using SmartService.Testing.Stores;

namespace SmartService.Evals.Tests.Shop;

public sealed class ShopQuestionTests
{
    [Theory]
    [InlineData("dev.jsonl")]
    [InlineData("test.jsonl")]
    public async Task The_suite_can_be_read_and_its_ids_are_unique(string file)
    {
        var questions = await ShopQuestion.ReadAsync(Path.Combine(RepositoryPaths.Suites, "shop", file), TestContext.Current.CancellationToken);

        Assert.True(questions.Count >= 100);
        Assert.Equal(questions.Count, questions.Select(question => question.Id).Distinct().Count());
        Assert.All(questions, question => Assert.Equal(question.Answerable, question.Expect.Count > 0));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"id":"a","question":"b"}""")]
    public async Task A_wrong_line_is_named(string line)
    {
        var path = Path.Combine(TempFolder.Create(), "dev.jsonl");
        await File.WriteAllLinesAsync(path, ["""{"id":"a","question":"b","answerable":true,"kind":"fact","expect":["c"]}""", line], TestContext.Current.CancellationToken);

        var exception = await Assert.ThrowsAsync<EvalException>(() => ShopQuestion.ReadAsync(path, TestContext.Current.CancellationToken));

        Assert.Contains("line 2", exception.Message, StringComparison.Ordinal);
    }
}
