using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Channels.WeChat.Api;
using SmartService.Channels.WeChat.Kf;
using SmartService.Replies;

namespace SmartService.Channels.WeChat.Tests;

public sealed class WeChatServicesTests
{
    [Fact]
    public async Task Without_settings_the_channel_is_off()
    {
        var configuration = new ConfigurationBuilder().Build();
        Assert.False(WeChatServices.IsKfOn(configuration));
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddWeChat(configuration);
        await using var provider = services.BuildServiceProvider();
        Assert.Empty(provider.GetServices<IChannel>());
        Assert.Empty(provider.GetServices<IMessageSource>());
        Assert.False(provider.GetRequiredService<IOptions<WeChatOptions>>().Value.Kf.IsOn);

        var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder();
        builder.Services.AddWeChat(configuration);
        await using var app = builder.Build();
        app.MapWeChat();
        Assert.Empty(((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints));
    }

    [Fact]
    public void With_settings_it_is_registered()
    {
        using var host = new FakeWeCom().Host();
        Assert.Equal("kf", Assert.Single(host.GetServices<IChannel>()).Name);
        Assert.Equal("kf", Assert.Single(host.GetServices<IMessageSource>()).Channel);
        Assert.NotNull(host.GetService<KfSessions>());
    }

    [Theory]
    [InlineData("Kf:EncodingAesKey", "short", "WeChat:Kf:EncodingAesKey must be 43 characters of base64.")]
    [InlineData("Kf:EncodingAesKey", "", "WeChat:Kf:EncodingAesKey must be 43 characters of base64.")]
    [InlineData("Kf:PreviousEncodingAesKey", "short", "WeChat:Kf:PreviousEncodingAesKey must be empty or 43 characters of base64.")]
    [InlineData("Kf:Secret", "", "WeChat:Kf:Secret must be set, because other settings of WeChat:Kf are.")]
    [InlineData("Kf:Token", "", "WeChat:Kf:Token must be set, because other settings of WeChat:Kf are.")]
    [InlineData("CorpId", "", "WeChat:CorpId must be set, because WeChat:Kf is.")]
    [InlineData("Kf:MaxSkewSeconds", "0", "WeChat:Kf:MaxSkewSeconds must be between 5 and 86400.")]
    [InlineData("ApiBaseUrl", "http://example.com", "WeChat:ApiBaseUrl must be an https address, or http on the loopback, without user, query or fragment.")]
    [InlineData("ApiBaseUrl", "https://user:pass@example.com", "WeChat:ApiBaseUrl must be an https address, or http on the loopback, without user, query or fragment.")]
    [InlineData("ApiBaseUrl", "ftp://127.0.0.1", "WeChat:ApiBaseUrl must be an https address, or http on the loopback, without user, query or fragment.")]
    [InlineData("ApiBaseUrl", "qyapi.weixin.qq.com", "WeChat:ApiBaseUrl must be an https address, or http on the loopback, without user, query or fragment.")]
    public async Task A_wrong_setting_stops_the_start_with_a_sentence_that_names_it(string setting, string value, string sentence)
    {
        var failed = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(setting, value));
        Assert.Equal(sentence, failed.Message);
    }

    [Theory]
    [InlineData("ApiBaseUrl", "http://localhost:5099/")]
    [InlineData("ApiBaseUrl", "http://[::1]:5099")]
    [InlineData("ApiBaseUrl", "https://proxy.example.com/wecom")]
    [InlineData("Kf:PreviousEncodingAesKey", "")]
    public Task A_right_setting_starts(string setting, string value) => StartAsync(setting, value);

    [Fact]
    public async Task Neither_logs_nor_traces_hold_a_secret_or_customer_text()
    {
        var log = new LogLines();
        var tags = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => tags.Enqueue($"{activity.Source.Name} {activity.DisplayName} {string.Join(' ', activity.TagObjects)}"),
        };
        ActivitySource.AddActivityListener(listener);

        // A real handler against a port where nobody listens, then answers of every sort.
        foreach (var weCom in new[] { null, new FakeWeCom().Answer("kf/send_msg", """{"errcode":40058,"errmsg":"客户的话 kf-secret-value-123"}""") })
        {
            using var host = (weCom ?? new FakeWeCom()).Host(more: services =>
            {
                services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log.Provider()));
                if (weCom is null)
                {
                    services.AddHttpClient(WeComHttp.ClientName).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler());
                }
            });
            var result = await host.GetRequiredService<IChannel>().SendAsync(new("r", "wk1", "wm1", new TextPart("客户的话")), TestContext.Current.CancellationToken);
            Assert.NotEqual(SendStatus.Sent, result.Status);
            Assert.DoesNotContain("客户的话", result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain(FakeWeCom.Secret, result.Error, StringComparison.Ordinal);
        }

        Assert.NotEmpty(log.All);
        Assert.Contains(tags, tag => tag.StartsWith("SmartService.WeChat wecom kf/send_msg", StringComparison.Ordinal));
        foreach (var line in log.All.Concat(tags))
        {
            Assert.DoesNotContain(FakeWeCom.Secret, line, StringComparison.Ordinal);
            Assert.DoesNotContain("token-1", line, StringComparison.Ordinal);
            Assert.DoesNotContain("客户的话", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Media_is_downloaded_up_to_a_size()
    {
        var weCom = new FakeWeCom().Then("media/get", _ => Task.FromResult(File([1, 2, 3], "attachment; filename*=UTF-8''%E5%9B%BE.png")));
        await using var host = weCom.Host();
        var api = host.GetRequiredService<KfApi>();

        var file = await api.GetMediaAsync("m 1", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3], file.Bytes);
        Assert.Equal(("image/png", "图.png"), (file.MediaType, file.FileName));
        Assert.Equal("?access_token=token-1&media_id=m%201", weCom.Calls[^1].Query);
        var large = await Assert.ThrowsAsync<ChannelException>(() => api.GetMediaAsync("m", maxBytes: 2, TestContext.Current.CancellationToken));
        Assert.True(large.Permanent);
    }

    [Fact]
    public async Task A_media_stream_is_cut_at_the_size_and_a_path_in_its_name_is_dropped()
    {
        var weCom = new FakeWeCom().Then("media/get", _ =>
        {
            var answer = File(new byte[100_000], "attachment; filename=\"../../etc/a.png\"");
            answer.Content.Headers.ContentLength = null;
            return Task.FromResult(answer);
        });
        await using var host = weCom.Host();
        var api = host.GetRequiredService<KfApi>();
        await Assert.ThrowsAsync<ChannelException>(() => api.GetMediaAsync("m", maxBytes: 99_999, TestContext.Current.CancellationToken));
        Assert.Equal("a.png", (await api.GetMediaAsync("m", maxBytes: 100_000, TestContext.Current.CancellationToken)).FileName);
    }

    [Fact]
    public async Task Media_errors_come_as_json_and_a_dead_token_is_renewed()
    {
        var weCom = new FakeWeCom().Answer("media/get", """{"errcode":42001}""", """{"errcode":40007,"errmsg":"invalid media_id"}""");
        await using var host = weCom.Host();
        var refused = await Assert.ThrowsAsync<ChannelException>(() => host.GetRequiredService<KfApi>().GetMediaAsync("m", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(40007, refused.Code);
        Assert.Equal((2, 2), (weCom.Count("media/get"), weCom.Count("gettoken")));

        weCom.Then("media/get", _ => Task.FromResult(FakeWeCom.Json("oops", HttpStatusCode.BadGateway)));
        weCom.Answer("media/get").Then("media/get", _ => Task.FromResult(FakeWeCom.Json("oops", HttpStatusCode.BadGateway)));
        Assert.Equal(0, (await Assert.ThrowsAsync<ChannelException>(() => host.GetRequiredService<KfApi>().GetMediaAsync("m", cancellationToken: TestContext.Current.CancellationToken))).Code);
    }

    [Fact]
    public async Task The_probe_lists_accounts_page_by_page_and_names_what_is_wrong()
    {
        var page = string.Join(',', Enumerable.Range(0, 100).Select(i => $$"""{"open_kfid":"wk{{i}}","name":"客服","manage_privilege":true}"""));
        var weCom = new FakeWeCom().Answer("kf/account/list", $$"""{"errcode":0,"account_list":[{{page}}]}""", """{"errcode":0,"account_list":[{"open_kfid":"wkX","manage_privilege":false}]}""");
        var found = await Probe(weCom);
        Assert.Equal(101, found.Accounts.Count);
        Assert.Contains("wkX", Assert.Single(found.Problems), StringComparison.Ordinal);
        Assert.Equal(["""{"offset":0,"limit":100}""", """{"offset":100,"limit":100}"""], weCom.Bodies("kf/account/list"));

        Assert.Contains("no kf account", Assert.Single((await Probe(new FakeWeCom().Answer("kf/account/list", """{"errcode":0}"""))).Problems), StringComparison.Ordinal);
        Assert.Empty((await Probe(new FakeWeCom().Answer("kf/account/list", """{"errcode":0,"account_list":[{"open_kfid":"wk1"}]}"""))).Problems);
    }

    [Theory]
    [InlineData("gettoken", 40001, "WeChat:Kf:Secret")]
    [InlineData("gettoken", 40013, "WeChat:CorpId")]
    [InlineData("gettoken", 60020, "203.0.113.9")]
    [InlineData("kf/account/list", 48002, "可调用接口的应用")]
    [InlineData("kf/account/list", 48007, "通过API管理")]
    [InlineData("kf/account/list", 95011, "secret")]
    [InlineData("kf/account/list", 95012, "secret")]
    [InlineData("kf/account/list", 95013, "ended")]
    [InlineData("kf/account/list", 95014, "servicer")]
    [InlineData("kf/account/list", 95015, "console")]
    [InlineData("kf/account/list", 95016, "state")]
    [InlineData("kf/account/list", 95017, "switch")]
    [InlineData("kf/account/list", 95018, "通过API管理")]
    public async Task The_probe_says_what_to_do_about(string api, int code, string hint)
    {
        var found = await Probe(new FakeWeCom().Answer("kf/account/list", "{}").Answer(api, $$"""{"errcode":{{code}},"errmsg":"x, from ip: 203.0.113.9, more"}"""));
        var problem = Assert.Single(found.Problems);
        Assert.Contains(hint, problem, StringComparison.Ordinal);
        Assert.EndsWith($"(WeCom {code})", problem, StringComparison.Ordinal);
    }

    private static async Task<KfDiagnosis> Probe(FakeWeCom weCom)
    {
        await using var host = weCom.Host();
        return await host.GetRequiredService<KfProbe>().CheckAsync(TestContext.Current.CancellationToken);
    }

    private static async Task StartAsync(string setting, string value)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["WeChat:CorpId"] = FakeWeCom.Corp,
            ["WeChat:Kf:Secret"] = FakeWeCom.Secret,
            ["WeChat:Kf:Token"] = FakeWeCom.Token,
            ["WeChat:Kf:EncodingAesKey"] = FakeWeCom.Key,
            [$"WeChat:{setting}"] = value,
        });
        builder.Services.AddSingleton<IInbox>(new BellInbox());
        builder.Services.AddWeChat(builder.Configuration);
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private static HttpResponseMessage File(byte[] bytes, string disposition)
    {
        var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) };
        answer.Content.Headers.TryAddWithoutValidation("Content-Type", "image/png");
        answer.Content.Headers.TryAddWithoutValidation("Content-Disposition", disposition);
        return answer;
    }
}
