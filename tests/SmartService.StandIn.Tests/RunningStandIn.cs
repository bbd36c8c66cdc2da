using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace SmartService.StandIn.Tests;

/// <summary>A stand-in on a real Kestrel with a clock that only the test moves.</summary>
internal sealed class RunningStandIn : IAsyncDisposable
{
    public const string Shop = "wkShop";
    public const string Annex = "wkAnnex";
    public const string Lin = "wmLin";

    private static readonly JsonSerializerOptions _unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly WebApplication _app;
    private string? _accessToken;

    private RunningStandIn(WebApplication app, StandInOptions options, FakeTimeProvider time, Uri address)
    {
        (_app, Options, Time, Address) = (app, options, time, address);
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = new Uri(address, "standin/") };
    }

    public StandInOptions Options { get; }

    public FakeTimeProvider Time { get; }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public static async Task<RunningStandIn> StartAsync(Action<StandInOptions>? configure = null, IPAddress? caller = null)
    {
        var options = new StandInOptions { EmptyPageEvery = 0, Accounts = [new StandInAccount(Shop, "山丘家居"), new StandInAccount(Annex, "山丘家居二店")] };
        configure?.Invoke(options);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddStandIn(options);
        var app = builder.Build();
        if (caller is not null)
        {
            app.Use((http, next) =>
            {
                http.Connection.RemoteIpAddress = caller;
                return next(http);
            });
        }

        app.MapStandIn();
        app.MapSandbox();
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new RunningStandIn(app, options, time, new Uri(address + "/"));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    public async Task<string> AccessTokenAsync() =>
        _accessToken ??= (await GetAsync($"cgi-bin/gettoken?corpid={Options.CorpId}&corpsecret={Options.Secret}")).GetProperty("access_token").GetString()!;

    public async Task<JsonElement> GetAsync(string path) => await ReadAsync(await Http.GetAsync(path));

    /// <summary>A platform call with a valid access token.</summary>
    public async Task<JsonElement> CallAsync(string api, object body) =>
        await PostAsync($"cgi-bin/{api}?access_token={await AccessTokenAsync()}", body);

    public async Task<JsonElement> PostAsync(string path, object body) =>
        await ReadAsync(await Http.PostAsync(path, body as HttpContent ?? Json(body)));

    public static StringContent Json(object body) =>
        new(body as string ?? Raw(JsonSerializer.Serialize(body, _unescaped)), Encoding.UTF8, "application/json");

    /// <summary>A customer writes a text.</summary>
    public async Task<string> SayAsync(string text, string customer = Lin, string account = Shop) =>
        (await PostAsync($"control/customers/{customer}/messages", new { open_kfid = account, msgtype = "text", text = new { content = text } })).GetProperty("msgid").GetString()!;

    public Task<JsonElement> SendTextAsync(string text, string? msgid = null, string customer = Lin, string account = Shop) =>
        CallAsync("kf/send_msg", new { touser = customer, open_kfid = account, msgid, msgtype = "text", text = new { content = text } });

    public Task<JsonElement> SendAsync(string type, object payload, string customer = Lin) =>
        CallAsync("kf/send_msg", new Dictionary<string, object> { ["touser"] = customer, ["open_kfid"] = Shop, ["msgtype"] = type, [type] = payload });

    public Task<JsonElement> MoveAsync(int state, string? servicer = null) =>
        CallAsync("kf/service_state/trans", new { open_kfid = Shop, external_userid = Lin, service_state = state, servicer_userid = servicer });

    public async Task<int> StateAsync() =>
        (await CallAsync("kf/service_state/get", new { open_kfid = Shop, external_userid = Lin })).GetProperty("service_state").GetInt32();

    public Task<JsonElement> ForceAsync(int state, bool announce = true) =>
        PostAsync($"control/customers/{Lin}/state", new { open_kfid = Shop, service_state = state, @event = announce });

    public Task<JsonElement> FaultAsync(object fault) => PostAsync("control/faults", fault);

    public Task<JsonElement> PullAsync(string cursor = "", int limit = 1000, string? token = null, string account = Shop) =>
        CallAsync("kf/sync_msg", new { cursor, limit, token, open_kfid = account });

    /// <summary>Everything there is, page by page.</summary>
    public async Task<List<JsonElement>> PullAllAsync(int limit = 1000, string account = Shop)
    {
        List<JsonElement> all = [];
        var cursor = "";
        bool more;
        do
        {
            var page = await PullAsync(cursor, limit, account: account);
            Assert.Equal(0, Code(page));
            all.AddRange(page.GetProperty("msg_list").EnumerateArray());
            (cursor, more) = (page.GetProperty("next_cursor").GetString()!, page.GetProperty("has_more").GetInt32() == 1);
        }
        while (more);
        return all;
    }

    public Task<JsonElement> ReportAsync() => GetAsync("control/report");

    public static int Code(JsonElement answer) => answer.GetProperty("errcode").GetInt32();

    // Even the relaxed encoder escapes emoji, and the platform refuses escapes.
    private static string Raw(string json) =>
        Regex.Replace(json, @"\\u(?<unit>[0-9A-F]{4})", match => ((char)Convert.ToUInt16(match.Groups["unit"].Value, 16)).ToString(), RegexOptions.None, TimeSpan.FromSeconds(1));

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        // The platform answers refusals with 200; control answers bad requests with 400 and a sentence.
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"HTTP {response.StatusCode}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
