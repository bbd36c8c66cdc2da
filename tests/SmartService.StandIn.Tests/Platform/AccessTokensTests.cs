using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Platform;

public sealed class AccessTokensTests
{
    [Fact]
    public async Task Repeated_calls_give_the_same_token_and_what_is_left_of_its_life()
    {
        await using var standIn = await StartAsync();
        var path = $"cgi-bin/gettoken?corpid={standIn.Options.CorpId}&corpsecret={standIn.Options.Secret}";
        var first = await standIn.GetAsync(path);
        standIn.Time.Advance(TimeSpan.FromSeconds(200));
        var second = await standIn.GetAsync(path);
        Assert.Equal(first.GetProperty("access_token").GetString(), second.GetProperty("access_token").GetString());
        Assert.Equal((7200, 7000), (first.GetProperty("expires_in").GetInt32(), second.GetProperty("expires_in").GetInt32()));
    }

    [Theory]
    [InlineData("corpid=ww1&corpsecret=s", 40001)]
    [InlineData("corpid=ww2&corpsecret=right", 40013)]
    [InlineData("corpid=ww1", 41004)]
    [InlineData("corpsecret=right", 41002)]
    public async Task Wrong_credentials_have_their_codes(string query, int code)
    {
        await using var standIn = await StartAsync(options => (options.CorpId, options.Secret) = ("ww1", "right"));
        Assert.Equal(code, Code(await standIn.GetAsync("cgi-bin/gettoken?" + query)));
    }

    [Fact]
    public async Task A_missing_an_unknown_and_an_expired_token_are_told_apart()
    {
        await using var standIn = await StartAsync();
        var old = await standIn.AccessTokenAsync();
        Assert.Equal(41001, Code(await standIn.PostAsync("cgi-bin/kf/account/list", new { })));
        Assert.Equal(40014, Code(await standIn.PostAsync("cgi-bin/kf/account/list?access_token=nonsense", new { })));
        Assert.Equal(0, Code(await standIn.PostAsync("cgi-bin/kf/account/list?access_token=" + old, new { })));
        standIn.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(42001, Code(await standIn.PostAsync("cgi-bin/kf/account/list?access_token=" + old, new { })));
    }

    [Fact]
    public async Task A_token_can_be_taken_back_before_its_time()
    {
        await using var standIn = await StartAsync();
        var old = await standIn.AccessTokenAsync();
        await standIn.FaultAsync(new { expire_tokens = true });
        Assert.Equal(42001, Code(await standIn.PostAsync("cgi-bin/kf/account/list?access_token=" + old, new { })));
        var renewed = await standIn.GetAsync($"cgi-bin/gettoken?corpid={standIn.Options.CorpId}&corpsecret={standIn.Options.Secret}");
        Assert.NotEqual(old, renewed.GetProperty("access_token").GetString());
    }

    [Fact]
    public async Task A_refusal_is_http_200_and_its_message_ends_with_hint_and_address()
    {
        await using var standIn = await StartAsync();
        var response = await standIn.Http.GetAsync("cgi-bin/gettoken?corpid=x&corpsecret=y");
        Assert.Equal(System.Net.HttpStatusCode.OK, response.StatusCode);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Contains("hint: [", text, StringComparison.Ordinal);
        Assert.Contains("from ip: 127.0.0.1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_wrong_method_is_refused()
    {
        await using var standIn = await StartAsync();
        Assert.Equal(43002, Code(await standIn.GetAsync("cgi-bin/kf/send_msg")));
        Assert.Equal(43001, Code(await standIn.PostAsync("cgi-bin/gettoken", new { })));
    }
}
