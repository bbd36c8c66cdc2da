using System.Globalization;
using SmartService.Evals.Replay;

namespace SmartService.Evals.Tests.Replay;

public sealed class ScriptWriterTests
{
    private static readonly IReadOnlyList<Dialogue> Dialogues =
    [
        .. Enumerable.Range(0, 3).Select(number => Dialogue(RecordedDialogues.Ecd, "e", number, 4)),
        .. Enumerable.Range(0, 200).Select(number => Dialogue(RecordedDialogues.CrossWoz, "c", number, 7)),
    ];

    [Fact]
    public void Every_customer_gets_his_share()
    {
        var scripts = ScriptWriter.Write(Dialogues, customers: 7, messages: 100, 0.2, seed: 1);

        Assert.Equal(100, scripts.Sum(script => script.MessageCount));
        Assert.All(scripts, script => Assert.InRange(script.MessageCount, 14, 15));
        Assert.Equal(7, scripts.Select(script => script.Customer).Distinct().Count());
    }

    [Fact]
    public void A_customer_writes_whole_dialogues_in_order()
    {
        foreach (var script in ScriptWriter.Write(Dialogues, 5, 100, 0.2, seed: 1))
        {
            var texts = script.Steps.SelectMany(step => step.Fragments).Select(text => text.Split('.')).ToList();
            foreach (var (before, after) in texts.Zip(texts.Skip(1)))
            {
                Assert.Equal(before[0] == after[0] ? int.Parse(before[1], CultureInfo.InvariantCulture) + 1 : 0, int.Parse(after[1], CultureInfo.InvariantCulture));
            }
        }
    }

    [Fact]
    public void Every_ecd_session_opens_the_script_of_another_customer()
    {
        var scripts = ScriptWriter.Write(Dialogues, 10, 100, 0, seed: 1);

        Assert.Equal(["e0.0", "e1.0", "e2.0"], scripts.Take(3).Select(script => script.Steps[0].Fragments[0]).Order());
    }

    [Fact]
    public void About_the_given_share_follows_within_a_third_of_a_second()
    {
        var steps = ScriptWriter.Write(Dialogues, 10, 1000, 0.2, seed: 1).SelectMany(script => script.Steps).ToList();

        Assert.InRange(steps.Sum(step => step.Pauses.Count), 150, 250);
        Assert.All(steps, step => Assert.Equal(step.Fragments.Count - 1, step.Pauses.Count));
        Assert.All(steps.SelectMany(step => step.Pauses), pause => Assert.InRange(pause.TotalMilliseconds, 30, 300));
    }

    [Fact]
    public void Without_fragments_every_message_waits_for_its_answer() =>
        Assert.All(ScriptWriter.Write(Dialogues, 10, 100, 0, seed: 1).SelectMany(script => script.Steps), step => Assert.Single(step.Fragments));

    [Fact]
    public void Equal_seeds_give_equal_scripts_and_others_do_not()
    {
        string Written(int seed) => string.Join('|', ScriptWriter.Write(Dialogues, 10, 100, 0.2, seed)
            .SelectMany(script => script.Steps).Select(step => string.Join('+', step.Fragments) + step.Pauses.Sum(pause => pause.Ticks)));

        Assert.Equal(Written(1), Written(1));
        Assert.NotEqual(Written(1), Written(2));
    }

    [Theory]
    [InlineData(10, 100_000)]
    [InlineData(10, 5)]
    [InlineData(0, 5)]
    public void What_cannot_be_dealt_is_refused_with_a_sentence(int customers, int messages) =>
        Assert.Throws<EvalException>(() => ScriptWriter.Write(Dialogues, customers, messages, 0.2, seed: 1));

    private static Dialogue Dialogue(string source, string letter, int number, int length) =>
        new(source, [.. Enumerable.Range(0, length).Select(place => $"{letter}{number}.{place}")]);
}
