using System.Text.Json;
using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Platform;

public sealed class EventReplyTests
{
    private static Task<JsonElement> ReplyAsync(RunningStandIn standIn, string? code, string? msgid = null) =>
        standIn.CallAsync("kf/send_msg_on_event", new { code, msgid, msgtype = "text", text = new { content = "欢迎" } });

    private static Task<JsonElement> ReplyMenuAsync(RunningStandIn standIn, string code) =>
        standIn.CallAsync("kf/send_msg_on_event", new { code, msgtype = "msgmenu", msgmenu = new { head_content = "欢迎" } });

    private static async Task<string?> EnterAsync(RunningStandIn standIn) =>
        (await standIn.PostAsync($"control/customers/{Lin}/enter", new { open_kfid = Shop, scene = "s1" })).GetProperty("welcome_code").GetString();

    [Fact]
    public async Task A_welcome_code_arrives_with_the_event_and_works_once()
    {
        await using var standIn = await StartAsync();
        var code = await EnterAsync(standIn);
        var message = (await standIn.PullAllAsync()).Single();
        var entered = message.GetProperty("event");
        Assert.Equal((4, false), (message.GetProperty("origin").GetInt32(), message.TryGetProperty("open_kfid", out _)));
        Assert.Equal(("enter_session", Shop, Lin, code, "s1"), (entered.GetProperty("event_type").GetString(), entered.GetProperty("open_kfid").GetString(),
            entered.GetProperty("external_userid").GetString(), entered.GetProperty("welcome_code").GetString(), entered.GetProperty("scene").GetString()));
        Assert.Equal(0, Code(await ReplyMenuAsync(standIn, code!)));
        Assert.Equal(41050, Code(await ReplyAsync(standIn, code)));
    }

    [Fact]
    public async Task A_welcome_code_lives_20_seconds()
    {
        await using var standIn = await StartAsync();
        var code = await EnterAsync(standIn);
        standIn.Time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(41050, Code(await ReplyAsync(standIn, code)));
    }

    [Fact]
    public async Task A_welcome_comes_too_late_once_the_customer_wrote()
    {
        await using var standIn = await StartAsync();
        var code = await EnterAsync(standIn);
        await standIn.SayAsync("在吗");
        Assert.Equal(41051, Code(await ReplyAsync(standIn, code)));
    }

    [Fact]
    public async Task No_second_welcome_code_within_48_hours_of_a_welcome_or_a_message()
    {
        await using var standIn = await StartAsync(options => options.AccessTokenLifetime = TimeSpan.FromDays(9));
        await ReplyAsync(standIn, await EnterAsync(standIn));
        Assert.Null(await EnterAsync(standIn));
        standIn.Time.Advance(TimeSpan.FromHours(49));
        Assert.NotNull(await EnterAsync(standIn));
        await standIn.SayAsync("在吗");
        Assert.Null(await EnterAsync(standIn));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_transfer_gives_a_code_for_one_text_and_needs_no_quota(int state)
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("转人工");
        var code = (await standIn.MoveAsync(state, "xiaoli")).GetProperty("msg_code").GetString()!;
        Assert.Equal(40008, Code(await ReplyMenuAsync(standIn, code)));
        Assert.Equal(0, Code(await ReplyAsync(standIn, code)));
        Assert.Equal(5, (await standIn.GetAsync($"control/customers/{Lin}/state?open_kfid={Shop}")).GetProperty("remaining").GetInt32());
    }

    [Fact]
    public async Task A_code_is_worth_nothing_once_the_session_moved_on()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("转人工");
        var code = (await standIn.MoveAsync(2)).GetProperty("msg_code").GetString();
        await standIn.MoveAsync(3, "xiaoli");
        Assert.Equal(95018, Code(await ReplyAsync(standIn, code)));
    }

    [Fact]
    public async Task The_code_of_an_ended_session_takes_a_menu_and_lives_20_seconds()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("没事了");
        await standIn.MoveAsync(1);
        var code = (await standIn.MoveAsync(4)).GetProperty("msg_code").GetString()!;
        Assert.Equal(0, Code(await ReplyMenuAsync(standIn, code)));
        await standIn.SayAsync("还有");
        await standIn.MoveAsync(1);
        var second = (await standIn.MoveAsync(4)).GetProperty("msg_code").GetString();
        standIn.Time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(41050, Code(await ReplyAsync(standIn, second)));
    }

    [Fact]
    public async Task Content_msgid_and_code_are_checked()
    {
        await using var standIn = await StartAsync();
        var code = await EnterAsync(standIn);
        Assert.Equal(40063, Code(await ReplyAsync(standIn, null)));
        Assert.Equal(41050, Code(await ReplyAsync(standIn, "nonsense")));
        Assert.Equal(44004, Code(await standIn.CallAsync("kf/send_msg_on_event", new { code, msgtype = "text", text = new { content = "" } })));
        Assert.Equal(0, Code(await ReplyAsync(standIn, code, "welcome-1")));
        await standIn.SayAsync("在吗");
        Assert.Equal(standIn.Options.DuplicateMsgIdCode, Code(await standIn.SendTextAsync("在", "welcome-1")));
        var transfer = (await standIn.MoveAsync(2)).GetProperty("msg_code").GetString();
        Assert.Equal(standIn.Options.DuplicateMsgIdCode, Code(await ReplyAsync(standIn, transfer, "welcome-1")));
    }

    [Theory]
    [InlineData(0, 3, 1)]
    [InlineData(3, 3, 2)]
    [InlineData(3, 4, 3)]
    [InlineData(4, 3, 4)]
    public async Task People_who_move_a_session_cause_an_event(int from, int to, int changeType)
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("转人工");
        await standIn.ForceAsync(from, announce: false);
        var code = (await standIn.ForceAsync(to)).GetProperty("msg_code").GetString();
        var change = (await standIn.PullAllAsync()).Last().GetProperty("event");
        Assert.Equal(("session_status_change", changeType), (change.GetProperty("event_type").GetString(), change.GetProperty("change_type").GetInt32()));
        Assert.Equal(changeType is 1 or 3, code is not null && Code(await ReplyAsync(standIn, code)) == 0);
    }
}
