using System.Net;
using SmartService.Inference.Catalogue;

namespace SmartService.Inference.Tests.Catalogue;

public sealed class AddressRulesTests
{
    private static readonly AddressRules Public = AddressRules.For(null, allowPrivate: false);

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.100.100.200")]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("fd00::1")]
    [InlineData("ff02::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("2002:a00:1::")]
    public void Addresses_inside_are_refused(string address) => Assert.False(Public.Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("198.18.0.5")]
    [InlineData("2606:4700::1111")]
    public void Public_addresses_are_asked(string address) => Assert.True(Public.Allows(IPAddress.Parse(address)));

    [Fact]
    public void A_mirror_on_this_machine_may_be_asked_and_nothing_else_inside()
    {
        var rules = AddressRules.For(new Uri("http://localhost:8000"), allowPrivate: false);

        Assert.True(rules.Allows(IPAddress.Loopback));
        Assert.False(rules.Allows(IPAddress.Parse("10.0.0.1")));
        Assert.Null(rules.Refusal(new Uri("http://localhost:8000/x")));
        Assert.Contains("private network", rules.Refusal(new Uri("https://192.168.0.2/")));
    }

    [Fact]
    public void A_private_mirror_needs_consent_and_https()
    {
        Assert.Contains("--allow-private", AddressRules.For(new Uri("https://192.168.0.2"), allowPrivate: false).Refusal(new Uri("https://192.168.0.2/")));
        var allowed = AddressRules.For(new Uri("https://192.168.0.2"), allowPrivate: true);
        Assert.Null(allowed.Refusal(new Uri("https://192.168.0.2/")));
        Assert.Contains("https", allowed.Refusal(new Uri("http://192.168.0.2/")));
    }

    [Fact]
    public async Task A_name_that_resolves_inside_is_refused_at_the_connection()
    {
        using var client = new DownloadClient(Public);

        var exception = await Assert.ThrowsAsync<ModelPullException>(() => client.GetAsync(new Uri("https://localhost:1/"), static _ => { }, TestContext.Current.CancellationToken));

        Assert.Contains("private network", exception.Message);
    }
}
