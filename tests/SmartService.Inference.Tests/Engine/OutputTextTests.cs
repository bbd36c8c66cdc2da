using System.Text;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Engine;

/// <summary>From bytes to text: whole characters, stop texts, one reader.</summary>
public sealed class OutputTextTests
{
    [Fact]
    public async Task Bytes_of_one_character_become_text_together()
    {
        var output = new OutputBuffer();
        output.Append("你"u8[..2]);
        Assert.Equal("", (await output.ReadAsync(default)).Text);
        output.Append("你"u8[2..]);
        Assert.Equal("你", (await output.ReadAsync(default)).Text);
    }

    [Fact]
    public async Task The_beginning_of_a_character_at_the_end_is_left_out()
    {
        var output = new OutputBuffer();
        output.Append([.. "好"u8, .. "😀"u8[..3]]);
        output.Complete(new("") { Finish = FinishReason.Length });
        var last = await output.ReadAsync(default);
        Assert.Equal(("好", FinishReason.Length), (last.Text, last.Finish));
    }

    [Fact]
    public async Task A_failure_comes_after_the_text_before_it()
    {
        var output = new OutputBuffer();
        output.Append("a"u8);
        output.Fail(new ModelUnavailableException("gone"));
        Assert.Equal("a", (await output.ReadAsync(default)).Text);
        await Assert.ThrowsAsync<ModelUnavailableException>(async () => await output.ReadAsync(default));
    }

    [Fact]
    public async Task What_a_slow_reader_left_comes_as_one()
    {
        var output = new OutputBuffer();
        for (var number = 0; number < 1000; number++)
        {
            output.Append("你好"u8);
        }

        Assert.Equal(6000, output.Unread);
        Assert.Equal(2000, (await output.ReadAsync(default)).Text.Length);
        Assert.Equal(0, output.Unread);
    }

    [Theory]
    [InlineData("abc END def", new[] { "END" }, "abc ", true)]
    [InlineData("abc EN def", new[] { "END" }, "abc EN def", false)]
    [InlineData("abc EN", new[] { "END" }, "abc EN", false)]
    [InlineData("EEEND", new[] { "END" }, "EE", true)]
    [InlineData("ababac", new[] { "abac" }, "ab", true)]
    [InlineData("xabcd", new[] { "bc", "abcd" }, "xa", true)]
    [InlineData("xabc", new[] { "bc", "abc" }, "x", true)]
    [InlineData("谢谢您", new[] { "谢您" }, "谢", true)]
    [InlineData("abc", new[] { "" }, "abc", false)]
    public async Task No_part_of_a_stop_text_is_sent_however_the_bytes_come(string text, string[] stops, string expected, bool isStopped)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var size = 1; size <= bytes.Length; size++)
        {
            var (matcher, output, stopped) = (new StopMatcher(stops), new OutputBuffer(), false);
            for (var at = 0; at < bytes.Length && !stopped; at += size)
            {
                stopped = matcher.Feed(bytes.AsSpan(at, Math.Min(size, bytes.Length - at)), output);
            }

            if (!stopped)
            {
                matcher.Flush(output);
            }

            output.Complete(new("") { Finish = FinishReason.Stop });
            Assert.Equal((expected, isStopped), ((await output.ReadAsync(default)).Text, stopped));
        }
    }

    [Fact]
    public async Task A_stop_text_ends_the_request_and_is_not_part_of_it()
    {
        await using var rig = new SchedulerRig(model: new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 });
        var whole = rig.Expected("x", 100);
        var stop = whole[40..43];
        var (text, last) = await rig.RunAsync(SchedulerRig.Ask("x", 100) with { Stop = [stop, "never in it"] });
        Assert.Equal(FinishReason.StopText, last.Finish);
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], text);
    }
}
