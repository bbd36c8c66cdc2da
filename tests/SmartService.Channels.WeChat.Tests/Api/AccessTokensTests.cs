using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SmartService.Channels.WeChat.Api;

namespace SmartService.Channels.WeChat.Tests.Api;

public sealed class AccessTokensTests
{
    private readonly FakeWeCom _weCom = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1790000000));

    [Fact]
    public async Task A_token_is_fetched_once_for_many_callers_at_once()
    {
        var gate = new TaskCompletionSource();
        var weCom = new FakeWeCom();
        weCom.Answer("gettoken").Then("gettoken", async _ =>
        {
            await gate.Task;
            return FakeWeCom.Json("""{"errcode":0,"access_token":"one","expires_in":7200}""");
        });
        await using var host = weCom.Host(_time);
        var tokens = host.GetRequiredService<AccessTokens>();
        var callers = Enumerable.Range(0, 20).Select(_ => Get(tokens)).ToArray();
        gate.SetResult();

        Assert.All(await Task.WhenAll(callers), token => Assert.Equal("one", token));
        Assert.Equal(1, weCom.Count("gettoken"));
        Assert.Contains($"corpid={FakeWeCom.Corp}&corpsecret={FakeWeCom.Secret}", weCom.Calls[0].Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_renewed_300_seconds_before_its_end()
    {
        _weCom.Answer("gettoken", """{"errcode":0,"access_token":"one","expires_in":7200}""", """{"errcode":0,"access_token":"two","expires_in":7200}""");
        await using var host = _weCom.Host(_time);
        var tokens = host.GetRequiredService<AccessTokens>();

        Assert.Equal("one", await Get(tokens));
        _time.Advance(TimeSpan.FromSeconds(6899));
        Assert.Equal("one", await Get(tokens));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("two", await Get(tokens));
    }

    [Fact]
    public async Task A_token_that_lives_shorter_than_the_margin_is_used_by_half()
    {
        _weCom.Answer("gettoken", """{"errcode":0,"access_token":"one","expires_in":"60"}""", """{"errcode":0,"access_token":"two","expires_in":60}""");
        await using var host = _weCom.Host(_time);
        var tokens = host.GetRequiredService<AccessTokens>();

        Assert.Equal("one", await Get(tokens));
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal("one", await Get(tokens));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("two", await Get(tokens));
    }

    [Fact]
    public async Task A_wrong_secret_is_permanent_and_not_tried_again_for_ten_minutes()
    {
        _weCom.Answer("gettoken", """{"errcode":40001,"errmsg":"invalid credential"}""");
        await using var host = _weCom.Host(_time);
        var tokens = host.GetRequiredService<AccessTokens>();

        for (var i = 0; i < 3; i++)
        {
            var refused = await Assert.ThrowsAsync<ChannelException>(() => Get(tokens));
            Assert.True(refused.Permanent);
            Assert.Equal(40001, refused.Code);
            Assert.Contains("WeChat:Kf:Secret", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(FakeWeCom.Secret, refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, _weCom.Count("gettoken"));
        _time.Advance(TimeSpan.FromMinutes(11));
        await Assert.ThrowsAsync<ChannelException>(() => Get(tokens));
        Assert.Equal(2, _weCom.Count("gettoken"));
    }

    [Theory]
    [InlineData("""{"errcode":-1,"errmsg":"system busy"}""")]
    [InlineData("""{"errcode":0,"errmsg":"ok"}""")]
    [InlineData("<html>not json</html>")]
    [InlineData("")]
    [InlineData("null")]
    public async Task Anything_else_is_tried_again_by_the_next_caller(string answer)
    {
        _weCom.Answer("gettoken", answer, """{"errcode":0,"access_token":"one","expires_in":7200}""");
        await using var host = _weCom.Host(_time);
        var tokens = host.GetRequiredService<AccessTokens>();

        var failed = await Assert.ThrowsAsync<ChannelException>(() => Get(tokens));
        Assert.False(failed.Permanent);
        Assert.NotNull(failed.RetryAfter);
        Assert.Equal("one", await Get(tokens));
    }

    [Fact]
    public async Task Forgetting_an_old_token_leaves_its_successor_alone()
    {
        _weCom.Answer("gettoken", """{"errcode":0,"access_token":"one","expires_in":7200}""", """{"errcode":0,"access_token":"two","expires_in":7200}""");
        await using var host = _weCom.Host(_time);
        var tokens = host.GetRequiredService<AccessTokens>();
        await Get(tokens);

        tokens.Forget(FakeWeCom.Corp, FakeWeCom.Secret, "one");
        Assert.Equal("two", await Get(tokens));
        tokens.Forget(FakeWeCom.Corp, FakeWeCom.Secret, "one");
        Assert.Equal("two", await Get(tokens));
        Assert.Equal(2, _weCom.Count("gettoken"));
    }

    [Fact]
    public async Task A_caller_that_gives_up_does_not_stop_the_next()
    {
        await using var host = _weCom.Host(_time);
        var tokens = host.GetRequiredService<AccessTokens>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tokens.GetAsync(FakeWeCom.Corp, FakeWeCom.Secret, new CancellationToken(canceled: true)));
        Assert.Equal("token-1", await Get(tokens));
    }

    private static Task<string> Get(AccessTokens tokens) => tokens.GetAsync(FakeWeCom.Corp, FakeWeCom.Secret, TestContext.Current.CancellationToken);
}
