using System.Collections;
using System.Resources;
using SmartService.Bot.Desk;
using SmartService.Desk.Texts;
using SmartService.Turns;

namespace SmartService.Desk.Tests;

public sealed class TextsTests
{
    /// <summary>Components that the desk uses, and those that come with them.</summary>
    private static readonly string[] Used = ["Converter", "MudAlert", "MudChip", "MudDialog", "MudExitPrompt", "MudFormComponent", "MudInput", "MudSelect", "MudSnackbar"];

    [Fact]
    public void Every_text_of_the_MudBlazor_parts_that_we_use_is_in_Chinese()
    {
        using var stream = typeof(MudBlazor.MudButton).Assembly.GetManifestResourceStream("MudBlazor.Resources.LanguageResource.resources")!;
        using var resources = new ResourceReader(stream);
        var localizer = new DeskMudLocalizer();
        var keys = resources.Cast<DictionaryEntry>().Select(entry => (string)entry.Key).Where(key => Used.Contains(key.Split('_')[0])).ToList();

        Assert.True(keys.Count >= 20);
        Assert.All(keys, key =>
        {
            var text = localizer[key];
            Assert.False(text.ResourceNotFound, key);
            Assert.Contains(text.Value, c => c is >= '\u4e00' and <= '\u9fff');
        });
        Assert.True(localizer["MudDataGrid_AddFilter"].ResourceNotFound);
    }

    [Fact]
    public void Every_value_that_an_agent_sees_has_Chinese_words()
    {
        var said = Enum.GetValues<HandoffReason>().SelectMany(value => (string[])[Words.Of(value), Words.Short(value)])
            .Concat(Enum.GetValues<ReplyState>().Select(Words.Of))
            .Concat(Enum.GetValues<TurnOutcome>().Select(Words.Of))
            .Concat(Enum.GetValues<QueueSection>().Select(Words.Of))
            .Concat(Enum.GetValues<ConversationOwner>().Select(Words.Of))
            .Concat(Enum.GetValues<DeskEventKind>().Select(kind => Words.Of(new DeskEventEntry(1, 1, "lin", kind, "x"))))
            .Concat(Enum.GetValues<DeskOutcome>().Where(outcome => outcome != DeskOutcome.Done).Select(outcome => Words.Of(new DeskResult(outcome, "lin"))));
        Assert.All(said, text => Assert.Contains(text, c => c is >= '\u4e00' and <= '\u9fff'));
    }

    [Theory]
    [InlineData(59_000, "不到 1 分钟")]
    [InlineData(60_000, "1 分钟")]
    [InlineData(3_600_000, "1 小时")]
    [InlineData(5_460_000, "1 小时 31 分")]
    [InlineData(180_000_000, "2 天 2 小时")]
    [InlineData(-5, "不到 1 分钟")]
    public void Durations_are_said_as_people_say_them(long milliseconds, string expected) => Assert.Equal(expected, Words.Duration(milliseconds));

    [Fact]
    public void Times_are_shown_on_the_agents_clock()
    {
        var shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");
        var at = new DateTimeOffset(2026, 3, 1, 17, 5, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        Assert.Equal("01:05", Clock.Time(at, shanghai));
        Assert.Equal("今天", Clock.Day(at, at, shanghai));
        Assert.Equal("昨天", Clock.Day(at, at + 86_400_000, shanghai));
        Assert.Equal("3月2日", Clock.Brief(at, at + (5 * 86_400_000L), shanghai));
        Assert.Equal("2026年3月2日", Clock.Day(at, at + (400 * 86_400_000L), shanghai));
    }
}
