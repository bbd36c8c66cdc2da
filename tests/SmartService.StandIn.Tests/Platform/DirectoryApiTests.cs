using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Platform;

public sealed class DirectoryApiTests
{
    [Fact]
    public async Task Accounts_come_in_pages()
    {
        await using var standIn = await StartAsync();
        var second = (await standIn.CallAsync("kf/account/list", new { offset = 1, limit = 1 })).GetProperty("account_list").EnumerateArray().Single();
        Assert.Equal((Annex, "山丘家居二店", true), (second.GetProperty("open_kfid").GetString(), second.GetProperty("name").GetString(), second.GetProperty("manage_privilege").GetBoolean()));
        Assert.Equal(40035, Code(await standIn.CallAsync("kf/account/list", new { offset = 0, limit = 101 })));
    }

    [Fact]
    public async Task Servicers_say_whether_they_receive()
    {
        await using var standIn = await StartAsync();
        var token = await standIn.AccessTokenAsync();
        var list = (await standIn.GetAsync($"cgi-bin/kf/servicer/list?access_token={token}&open_kfid={Shop}")).GetProperty("servicer_list").EnumerateArray();
        Assert.Contains(list, servicer => servicer.GetProperty("userid").GetString() == "xiaoli" && servicer.GetProperty("status").GetInt32() == 0);
        Assert.Contains(list, servicer => servicer.GetProperty("userid").GetString() == "awang" && servicer.GetProperty("status").GetInt32() == 1);
        Assert.Equal(40063, Code(await standIn.GetAsync($"cgi-bin/kf/servicer/list?access_token={token}")));
        Assert.Equal(95000, Code(await standIn.GetAsync($"cgi-bin/kf/servicer/list?access_token={token}&open_kfid=wkNobody")));
    }

    [Fact]
    public async Task Customers_are_known_for_48_hours_after_they_wrote()
    {
        await using var standIn = await StartAsync(options => options.AccessTokenLifetime = TimeSpan.FromDays(9));
        await standIn.SayAsync("在吗");
        var answer = await standIn.CallAsync("kf/customer/batchget", new { external_userid_list = new[] { Lin, "wmNobody" } });
        Assert.Equal(Lin, answer.GetProperty("customer_list").EnumerateArray().Single().GetProperty("external_userid").GetString());
        Assert.Equal("wmNobody", answer.GetProperty("invalid_external_userid").EnumerateArray().Single().GetString());
        standIn.Time.Advance(TimeSpan.FromHours(49));
        Assert.Equal(95031, Code(await standIn.CallAsync("kf/customer/batchget", new { external_userid_list = new[] { Lin } })));
        Assert.Equal(40035, Code(await standIn.CallAsync("kf/customer/batchget", new { external_userid_list = Array.Empty<string>() })));
    }

    [Fact]
    public async Task Callback_addresses_are_listed()
    {
        await using var standIn = await StartAsync();
        var answer = await standIn.GetAsync("cgi-bin/getcallbackip?access_token=" + await standIn.AccessTokenAsync());
        Assert.Equal("127.0.0.1", answer.GetProperty("ip_list").EnumerateArray().Single().GetString());
    }
}
