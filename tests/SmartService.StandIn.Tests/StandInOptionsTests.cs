using Microsoft.Extensions.DependencyInjection;

namespace SmartService.StandIn.Tests;

public sealed class StandInOptionsTests
{
    public static TheoryData<string, Action<StandInOptions>> WrongSettings() => new()
    {
        { "CorpId", options => options.CorpId = " " },
        { "Secret", options => options.Secret = "" },
        { "Token", options => options.Token = "" },
        { "EncodingAesKey", options => options.EncodingAesKey = "short" },
        { "CallbackUrl", options => options.CallbackUrl = new Uri("ftp://127.0.0.1/") },
        { "Accounts", options => options.Accounts.Clear() },
        { "Accounts", options => options.Accounts.Add(options.Accounts[0]) },
        { "DuplicateMsgIdCode", options => options.DuplicateMsgIdCode = 0 },
        { "AccessTokenLifetime", options => options.AccessTokenLifetime = TimeSpan.Zero },
        { "SyncCallsPerMinuteWithoutToken", options => options.SyncCallsPerMinuteWithoutToken = -1 },
        { "EmptyPageEvery", options => options.EmptyPageEvery = 1 },
        { "MediaPullsPerMinute", options => options.MediaPullsPerMinute = 0 },
        { "CallbackTimeout", options => options.CallbackTimeout = TimeSpan.Zero },
        { "CallbackRetryInterval", options => options.CallbackRetryInterval = TimeSpan.FromSeconds(-1) },
        { "CallbackAttempts", options => options.CallbackAttempts = 0 },
    };

    [Theory]
    [MemberData(nameof(WrongSettings), DisableDiscoveryEnumeration = true)]
    public void A_wrong_setting_is_named(string name, Action<StandInOptions> spoil)
    {
        var options = new StandInOptions();
        spoil(options);
        var exception = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddStandIn(options));
        Assert.StartsWith($"StandIn: {name} ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_are_new_at_every_start_and_valid()
    {
        var (one, other) = (new StandInOptions(), new StandInOptions());
        one.Validate();
        Assert.NotEqual(one.CorpId, other.CorpId);
        Assert.NotEqual(one.Secret, other.Secret);
        Assert.NotEqual(one.Token, other.Token);
        Assert.NotEqual(one.EncodingAesKey, other.EncodingAesKey);
    }
}
