using System.Text.Json;
using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Bells;

public sealed class BellRingerTests
{
    private static async Task<JsonElement> ReportWhenAsync(RunningStandIn standIn, Func<JsonElement, bool> reached)
    {
        for (var i = 0; i < 600; i++)
        {
            var callbacks = (await standIn.ReportAsync()).GetProperty("callbacks");
            if (reached(callbacks))
            {
                return callbacks;
            }

            await Task.Delay(25);
        }

        throw new TimeoutException("The report never got there.");
    }

    private static int N(JsonElement callbacks, string name) => callbacks.GetProperty(name).GetInt32();

    [Fact]
    public async Task A_message_rings_an_encrypted_signed_bell_whose_token_opens_sync_msg()
    {
        await using var receiver = await CallbackReceiver.StartAsync();
        await using var standIn = await StartAsync(options => (options.CallbackUrl, options.SyncCallsPerMinuteWithoutToken) = (receiver.Url, 0));
        await standIn.SayAsync("在吗");
        var bell = await receiver.NextAsync();
        Assert.DoesNotContain("kf_msg_or_event", bell.Body, StringComparison.Ordinal);
        var xml = bell.Open(standIn.Options);
        Assert.Equal((standIn.Options.CorpId, "event", "kf_msg_or_event", Shop),
            (xml.Element("ToUserName")!.Value, xml.Element("MsgType")!.Value, xml.Element("Event")!.Value, xml.Element("OpenKfId")!.Value));
        var token = xml.Element("Token")!.Value;
        Assert.Single((await standIn.PullAsync(token: token)).GetProperty("msg_list").EnumerateArray());
        Assert.Equal(95007, Code(await standIn.PullAsync(token: token, account: Annex)));
        standIn.Time.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));
        Assert.Equal(95007, Code(await standIn.PullAsync(token: token)));
    }

    [Fact]
    public async Task A_failed_bell_is_repeated_after_five_seconds_and_then_acknowledged()
    {
        await using var receiver = await CallbackReceiver.StartAsync();
        receiver.Answers.Enqueue(503);
        await using var standIn = await StartAsync(options => options.CallbackUrl = receiver.Url);
        await standIn.SayAsync("在吗");
        var first = await receiver.NextAsync();
        await ReportWhenAsync(standIn, callbacks => N(callbacks, "failures") == 1);
        Assert.False(receiver.HasMore);
        standIn.Time.Advance(TimeSpan.FromSeconds(5));
        var second = await receiver.NextAsync();
        Assert.Equal(first.Body, second.Body);
        var callbacks = await ReportWhenAsync(standIn, callbacks => N(callbacks, "acknowledged") == 1);
        Assert.Equal((2, 1, 0), (N(callbacks, "attempts"), N(callbacks, "failures"), N(callbacks, "given_up")));
    }

    [Fact]
    public async Task A_bell_is_lost_after_three_attempts_and_the_next_message_rings_again()
    {
        await using var receiver = await CallbackReceiver.StartAsync();
        foreach (var code in (int[])[500, 500, 500])
        {
            receiver.Answers.Enqueue(code);
        }

        await using var standIn = await StartAsync(options => (options.CallbackUrl, options.CallbackRetryInterval) = (receiver.Url, TimeSpan.Zero));
        await standIn.SayAsync("一");
        var callbacks = await ReportWhenAsync(standIn, callbacks => N(callbacks, "given_up") == 1);
        Assert.Equal((3, 3), (N(callbacks, "attempts"), N(callbacks, "failures")));
        await standIn.SayAsync("二");
        await ReportWhenAsync(standIn, callbacks => N(callbacks, "acknowledged") == 1);
        Assert.Equal(2, (await standIn.PullAllAsync()).Count);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_cut_off_after_five_seconds()
    {
        await using var receiver = await CallbackReceiver.StartAsync();
        receiver.Answers.Enqueue(0);
        await using var standIn = await StartAsync(options => options.CallbackUrl = receiver.Url);
        await standIn.SayAsync("在吗");
        await receiver.NextAsync();
        standIn.Time.Advance(TimeSpan.FromSeconds(5));
        await receiver.NextAsync();
        var callbacks = await ReportWhenAsync(standIn, callbacks => N(callbacks, "acknowledged") == 1);
        Assert.Equal(1, N(callbacks, "failures"));
    }

    [Fact]
    public async Task Bells_of_a_burst_merge_while_one_is_under_way()
    {
        await using var receiver = await CallbackReceiver.StartAsync();
        receiver.Answers.Enqueue(0);
        await using var standIn = await StartAsync(options => (options.CallbackUrl, options.CallbackAttempts) = (receiver.Url, 1));
        await standIn.SayAsync("一");
        await receiver.NextAsync();
        for (var i = 0; i < 20; i++)
        {
            await standIn.SayAsync("第" + i);
        }

        standIn.Time.Advance(TimeSpan.FromSeconds(5));
        await receiver.NextAsync();
        var callbacks = await ReportWhenAsync(standIn, callbacks => N(callbacks, "acknowledged") == 1);
        Assert.Equal(2, N(callbacks, "attempts"));
        Assert.False(receiver.HasMore);
    }

    [Fact]
    public async Task A_server_that_is_down_costs_a_bell_and_nothing_else()
    {
        await using var standIn = await StartAsync(options => (options.CallbackUrl, options.CallbackRetryInterval) = (new Uri("http://127.0.0.1:1/wechat/kf"), TimeSpan.Zero));
        await standIn.SayAsync("在吗");
        var callbacks = await ReportWhenAsync(standIn, callbacks => N(callbacks, "given_up") == 1);
        Assert.Equal(3, N(callbacks, "failures"));
        Assert.Single(await standIn.PullAllAsync());
    }

    [Fact]
    public async Task A_bell_can_be_dropped_and_the_address_changed_while_running()
    {
        await using var receiver = await CallbackReceiver.StartAsync();
        await using var standIn = await StartAsync(options => options.CallbackUrl = new Uri("http://127.0.0.1:1/"));
        await standIn.PostAsync("control/callback", new { url = receiver.Url });
        await standIn.FaultAsync(new { api = "callback", drop = "request" });
        await standIn.SayAsync("一");
        for (var i = 0; i < 600 && (await standIn.ReportAsync()).GetProperty("injected_faults").GetInt32() == 0; i++)
        {
            await Task.Delay(25);
        }

        Assert.False(receiver.HasMore);
        await standIn.SayAsync("二");
        await receiver.NextAsync();
        Assert.True((await standIn.PostAsync("control/callback", new { url = "ftp://x" })).TryGetProperty("error", out _));
        await standIn.PostAsync("control/callback", new { });
        Assert.Null(standIn.Options.CallbackUrl);
    }

    [Fact]
    public async Task A_shifted_clock_shows_in_the_bell()
    {
        await using var receiver = await CallbackReceiver.StartAsync();
        await using var standIn = await StartAsync(options => options.CallbackUrl = receiver.Url);
        await standIn.FaultAsync(new { clock_offset_seconds = 3600 });
        await standIn.SayAsync("在吗");
        var bell = await receiver.NextAsync();
        Assert.Equal(standIn.Time.GetUtcNow().AddHours(1).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture), bell.Query["timestamp"]);
    }
}
