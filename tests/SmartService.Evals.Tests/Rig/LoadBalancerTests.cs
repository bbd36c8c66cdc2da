using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SmartService.Evals.Rig;

namespace SmartService.Evals.Tests.Rig;

public sealed class LoadBalancerTests
{
    [Fact]
    public async Task Bells_go_around_and_past_a_dead_server()
    {
        var heard = new List<string>();
        await using var server = await ListenAsync(heard);
        await using var balancer = await LoadBalancer.StartAsync([FreePort.Next(), new Uri(server.Urls.Single()).Port], TestContext.Current.CancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        for (var bell = 0; bell < 3; bell++)
        {
            using var content = new StringContent("<xml/>", Encoding.UTF8, "text/xml");
            using var response = await http.PostAsync(new Uri(balancer.CallbackUrl + "?nonce=" + bell), content, TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.OK, "ok"), (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        }

        Assert.Equal(["/wechat/kf?nonce=0 <xml/>", "/wechat/kf?nonce=1 <xml/>", "/wechat/kf?nonce=2 <xml/>"], heard);
    }

    [Fact]
    public async Task When_no_server_listens_the_platform_is_told()
    {
        await using var balancer = await LoadBalancer.StartAsync([FreePort.Next()], TestContext.Current.CancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        using var response = await http.GetAsync(balancer.CallbackUrl, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
    }

    private static async Task<WebApplication> ListenAsync(List<string> heard)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            heard.Add($"{http.Request.Path}{http.Request.QueryString} {await reader.ReadToEndAsync()}");
            await http.Response.WriteAsync("ok");
        });
        await app.StartAsync();
        return app;
    }
}
