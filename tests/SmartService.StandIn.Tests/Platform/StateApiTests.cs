using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Platform;

public sealed class StateApiTests
{
    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(0, 2, 0)]
    [InlineData(0, 3, 0)]
    [InlineData(0, 4, 95016)]
    [InlineData(1, 0, 95016)]
    [InlineData(1, 2, 0)]
    [InlineData(1, 3, 0)]
    [InlineData(1, 4, 0)]
    [InlineData(2, 1, 95016)]
    [InlineData(2, 3, 0)]
    [InlineData(2, 4, 95016)]
    [InlineData(3, 1, 95016)]
    [InlineData(3, 2, 95016)]
    [InlineData(3, 4, 0)]
    [InlineData(4, 0, 95016)]
    [InlineData(4, 1, 95016)]
    [InlineData(4, 3, 95016)]
    [InlineData(1, 9, 95016)]
    public async Task Only_the_documented_transitions_are_allowed(int from, int to, int code)
    {
        await using var standIn = await StartAsync(options => options.Accounts[0] = new StandInAccount(Shop, "店") { Servicers = [new("amei"), new("xiaoli")] });
        await standIn.SayAsync("在吗");
        await standIn.ForceAsync(from, announce: false);
        Assert.Equal(code, Code(await standIn.MoveAsync(to, "xiaoli")));
        Assert.Equal(code == 0 ? to : from, await standIn.StateAsync());
    }

    [Fact]
    public async Task A_human_can_pass_a_session_to_another_but_not_to_himself()
    {
        await using var standIn = await StartAsync(options => options.Accounts[0] = new StandInAccount(Shop, "店") { Servicers = [new("amei"), new("xiaoli")] });
        await standIn.SayAsync("转人工");
        await standIn.MoveAsync(3, "AMEI");
        Assert.Equal(95016, Code(await standIn.MoveAsync(3, "amei")));
        Assert.Equal(0, Code(await standIn.MoveAsync(3, "xiaoli")));
        var state = await standIn.CallAsync("kf/service_state/get", new { open_kfid = Shop, external_userid = Lin });
        Assert.Equal("xiaoli", state.GetProperty("servicer_userid").GetString());
    }

    [Theory]
    [InlineData("awang", 95019)]
    [InlineData("newbie", 95014)]
    [InlineData("stranger", 95014)]
    [InlineData(null, 40063)]
    public async Task A_human_must_be_a_servicer_who_is_activated_and_receiving(string? servicer, int code)
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("转人工");
        Assert.Equal(code, Code(await standIn.MoveAsync(3, servicer)));
        Assert.Equal(0, await standIn.StateAsync());
    }

    [Fact]
    public async Task A_session_ends_48_hours_after_its_first_message()
    {
        await using var standIn = await StartAsync(options => options.AccessTokenLifetime = TimeSpan.FromDays(9));
        await standIn.SayAsync("在吗");
        standIn.Time.Advance(TimeSpan.FromHours(40));
        await standIn.SayAsync("还在吗");
        await standIn.SendTextAsync("在");
        standIn.Time.Advance(TimeSpan.FromHours(9));
        Assert.Equal(4, await standIn.StateAsync());
        Assert.Equal(95013, Code(await standIn.SendTextAsync("在")));
        await standIn.SayAsync("又来了");
        Assert.Equal(0, await standIn.StateAsync());
    }

    [Fact]
    public async Task Bad_requests_have_their_codes()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        Assert.Equal(40063, Code(await standIn.CallAsync("kf/service_state/get", new { open_kfid = Shop })));
        Assert.Equal(95000, Code(await standIn.CallAsync("kf/service_state/get", new { open_kfid = "wkNobody", external_userid = Lin })));
        Assert.Equal(40096, Code(await standIn.CallAsync("kf/service_state/trans", new { open_kfid = Shop, external_userid = "wmNobody", service_state = 1 })));
        Assert.Equal(40063, Code(await standIn.CallAsync("kf/service_state/trans", new { open_kfid = Shop, external_userid = Lin })));
    }
}
