using SmartService.Evals.Results;
using SmartService.Evals.Shop;
using SmartService.Evals.Suites;
using SmartService.Testing.Stores;
using SmartService.Turns;

namespace SmartService.Evals.Tests.Shop;

public sealed class ShopSuiteTests
{
    [Fact]
    public async Task The_sample_shop_is_asked_every_question_and_mostly_refuses_what_it_does_not_know()
    {
        var result = await new ShopSuite().RunAsync(new RunOptions { Out = TempFolder.Create() }, new NoProgress(), TestContext.Current.CancellationToken);

        var metrics = result.Metrics.ToDictionary(metric => metric.Name);
        Assert.Equal((200, 100), (metrics["dev.right"].Outcomes!.Count, metrics["test.right"].Outcomes!.Count));

        // Far below what the suite measures: this test is about the plumbing, compare is about the quality.
        Assert.True(metrics["dev.refusal_recall"].Value > 0.5, "Most unanswerable questions should be refused.");
        Assert.True(metrics["dev.right_answers"].Value > 0.3, "Many answerable questions should be answered.");
        Assert.DoesNotContain(result.Findings, finding => finding.StartsWith("test-", StringComparison.Ordinal));
    }

    [Fact]
    public void Metrics_are_per_part_and_kind()
    {
        ShopAnswer[] answers =
        [
            Answer("1", "fact", answerable: true, right: true, refused: false),
            Answer("2", "fact", answerable: true, right: false, refused: true),
            Answer("3", "faq", answerable: true, right: false, refused: false, invented: 7),
            Answer("4", "unanswerable", answerable: false, right: true, refused: true),
        ];

        var values = ShopSuite.Metrics("dev", answers).ToDictionary(metric => metric.Name, metric => metric.Value);

        Assert.Equal((0.5, 1 / 3d), (values["dev.right"], values["dev.right_answers"]));
        Assert.Equal((0.5, 0, 1), (values["dev.right.fact"], values["dev.right.faq"], values["dev.right.unanswerable"]));
        Assert.Equal((0.25, 0.25), (values["dev.answered_wrongly"], values["dev.refused_wrongly"]));
        Assert.Equal((0.5, 1, 1), (values["dev.refusal_precision"], values["dev.refusal_recall"], values["dev.replies_with_invented_numbers"]));
    }

    [Fact]
    public void What_the_model_wrote_is_counted_apart_from_what_was_quoted()
    {
        ShopAnswer[] answers =
        [
            Answer("1", "faq", answerable: true, right: true, refused: false) with { Result = Said("question.model") },
            Answer("2", "faq", answerable: true, right: false, refused: false) with { Result = Said("question.model") },
            Answer("3", "faq", answerable: true, right: true, refused: false) with { Result = Said("question.faq") },
            Answer("4", "faq", answerable: true, right: false, refused: true) with { Result = Said("decline") },
        ];

        var values = ShopSuite.Metrics("dev", answers).ToDictionary(metric => metric.Name, metric => metric.Value);

        Assert.Equal((2 / 3d, 1), (values["dev.written_by_model"], values["dev.written_by_model_and_wrong"]));

        static TurnResult Said(string intent) => new() { Outcome = TurnOutcome.Answered, Intent = new Intent(intent, 1), State = new DialogueState() };
    }

    [Theory]
    [InlineData("model.gguf")]
    [InlineData("ftp://host/v1")]
    public async Task A_model_that_is_neither_a_file_nor_an_address_is_refused_with_a_sentence(string model)
    {
        var exception = await Assert.ThrowsAsync<EvalException>(() =>
            new ShopSuite().RunAsync(new RunOptions { Out = TempFolder.Create(), Model = model }, new NoProgress(), TestContext.Current.CancellationToken));

        Assert.Contains("OpenAI-compatible", exception.Message, StringComparison.Ordinal);
    }

    private static ShopAnswer Answer(string id, string kind, bool answerable, bool right, bool refused, params decimal[] invented) =>
        new(new ShopQuestion(id, "?", answerable, kind, []), new ShopGrade(right, refused, invented), new TurnResult { Outcome = TurnOutcome.Answered, State = new DialogueState() });

    private sealed class NoProgress : IProgress<SuiteProgress>
    {
        public void Report(SuiteProgress value)
        {
        }
    }
}
