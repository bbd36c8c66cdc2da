using System.Net;
using SmartService.Server.Hosting;

namespace SmartService.Server.Tests;

public sealed class LoopbackBypassTests
{
    private readonly LoopbackBypass _proxy = new(new WebProxy("http://proxy.example:3128"));

    [Theory]
    [InlineData("http://127.0.0.1:5080/standin")]
    [InlineData("http://localhost:5080/")]
    [InlineData("http://[::1]:5080/")]
    public void Calls_to_this_machine_do_not_go_through_the_proxy(string address)
    {
        Assert.True(_proxy.IsBypassed(new Uri(address)));
        Assert.Null(_proxy.GetProxy(new Uri(address)));
    }

    [Fact]
    public void Calls_to_the_world_do() =>
        Assert.Equal(new Uri("http://proxy.example:3128"), _proxy.GetProxy(new Uri("https://qyapi.weixin.qq.com/")));
}
