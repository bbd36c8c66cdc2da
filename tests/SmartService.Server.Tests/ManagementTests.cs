using System.Net;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SmartService.Server.Hosting;
using SmartService.Testing.Stores;

namespace SmartService.Server.Tests;

/// <summary>Who may see operators' addresses, and what a proxy in front changes.</summary>
public sealed class ManagementTests(RunningDemo demo)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/metrics", HttpStatusCode.NotFound)]
    [InlineData("/METRICS", HttpStatusCode.NotFound)]
    [InlineData("/openapi/v1.json", HttpStatusCode.NotFound)]
    [InlineData("/health/ready", HttpStatusCode.OK)]
    [InlineData("/desk/login", HttpStatusCode.OK)]
    public async Task Strangers_behind_the_proxy_see_only_what_is_for_them(string path, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Forwarded-For", "203.0.113.9" } } };

        using var answer = await demo.Http.SendAsync(request, Stop);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task Metrics_may_be_opened_to_other_machines()
    {
        await using var app = await StartAsync(("Management:AllowRemote", "true"));

        Assert.Equal(HttpStatusCode.OK, (await AskAsync(app, "/operators", "203.0.113.9")).Status);
    }

    [Fact]
    public async Task Only_known_proxies_are_believed()
    {
        await using var app = await StartAsync(("Proxy:KnownNetworks:0", "10.0.0.0/8"));

        Assert.Equal("203.0.113.9", (await AskAsync(app, "/caller", "203.0.113.9, 10.1.2.3")).Text);
        Assert.Equal("192.0.2.1", (await AskAsync(app, "/caller", "203.0.113.9, 192.0.2.1")).Text);
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(app, "/operators", "127.0.0.1, 192.0.2.1")).Status);
    }

    [Fact]
    public async Task A_wrong_network_stops_the_start_with_a_sentence_that_names_the_setting()
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(("Proxy:KnownNetworks:0", "proxy.example")));

        Assert.Contains("Proxy:KnownNetworks", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https", true)]
    [InlineData("http", false)]
    public async Task Cookies_are_for_https_only_where_the_customer_came_over_https(string scheme, bool secure)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/desk/login") { Headers = { { "X-Forwarded-Proto", scheme } } };

        // The shared client has the cookie already, and then it is not set again.
        using var fresh = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = demo.Server.Address };
        using var answer = await fresh.SendAsync(request, Stop);

        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"), each => each.StartsWith("smartservice.form=", StringComparison.Ordinal));
        Assert.Equal(secure, cookie.Contains("; secure", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Many_questions_for_the_health_are_one_write()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000));
        await using var store = TestStores.Sqlite(time);
        await store.MigrateAsync([new Data.MigrationSet("server", typeof(Health).Assembly)], Stop);
        var pulse = new StorePulse(store, time);

        await AskAllAsync();
        var first = await AtAsync();
        time.Advance(StorePulse.KeepFor / 2);
        await AskAllAsync();
        Assert.Equal(first, await AtAsync());
        time.Advance(StorePulse.KeepFor);
        await AskAllAsync();
        Assert.NotEqual(first, await AtAsync());

        async Task AskAllAsync() => Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => pulse.FailureAsync(Stop))), Assert.Null);

        Task<long> AtAsync() => store.ReadAsync(scope => scope.Connection.ExecuteScalarAsync<long>("select at from server_pulse"), Stop);
    }

    private static async Task<WebApplication> StartAsync(params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value, StringComparer.Ordinal));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddProxy();
        var app = builder.Build();
        app.UseForwardedHeaders();
        app.UseManagement();
        app.MapGet("/operators", () => "for operators").ForOperators();
        app.MapGet("/caller", (HttpContext context) => context.Connection.RemoteIpAddress?.ToString());
        await app.StartAsync(Stop);
        return app;
    }

    private static async Task<(HttpStatusCode Status, string Text)> AskAsync(WebApplication app, string path, string forwardedFor)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(app.Urls.Single()) };
        http.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        using var answer = await http.GetAsync(path, Stop);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop));
    }
}
