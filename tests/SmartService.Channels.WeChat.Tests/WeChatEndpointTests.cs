using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SmartService.Channels.WeChat.Callbacks;

namespace SmartService.Channels.WeChat.Tests;

public sealed class WeChatEndpointTests
{
    [Fact]
    public async Task A_bell_is_written_down_and_acknowledged_with_nothing()
    {
        await using var host = await CallbackHost.StartAsync();
        using var answer = await host.PostAsync(CallbackHost.Bell);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal([("kf", "wk1", "ENC1")], host.Inbox.Bells);
    }

    [Fact]
    public async Task A_bell_without_an_account_rings_for_all()
    {
        await using var host = await CallbackHost.StartAsync();
        using var answer = await host.PostAsync("<xml><MsgType>event</MsgType><Event>kf_msg_or_event</Event><OpenKfId></OpenKfId></xml>");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal([("kf", null, null)], host.Inbox.Bells);
    }

    [Fact]
    public async Task A_repeat_is_acknowledged_too()
    {
        await using var host = await CallbackHost.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            using var answer = await host.PostAsync(CallbackHost.Bell);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal(3, host.Inbox.Bells.Count);
    }

    [Theory]
    [InlineData("<xml><MsgType>event</MsgType><Event>kf_account_auth_change</Event><FromUserName>sys</FromUserName></xml>", "kf_account_auth_change")]
    [InlineData("<xml><MsgType>text</MsgType><Content>hi</Content></xml>", "text")]
    [InlineData("<xml/>", "")]
    public async Task Other_callbacks_are_acknowledged_with_one_log_line(string message, string kind)
    {
        await using var host = await CallbackHost.StartAsync();
        using var answer = await host.PostAsync(message);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(host.Inbox.Bells);
        Assert.StartsWith($"Information: Callback kf: {kind} acknowledged", Assert.Single(host.Log.All), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("signature", "-40001")]
    [InlineData("no signature", "-40001")]
    [InlineData("two signatures", "-40001")]
    [InlineData("corp", "-40005")]
    [InlineData("key", "-400")]
    [InlineData("stale", "-40099")]
    [InlineData("ahead", "-40099")]
    [InlineData("not xml", "-40002")]
    [InlineData("empty", "-40002")]
    [InlineData("dtd", "-40002")]
    [InlineData("inner not xml", "-40002")]
    [InlineData("inner dtd", "-40002")]
    [InlineData("not base64", "-40010")]
    public async Task Whatever_is_not_verified_gets_the_same_403_and_one_log_line(string what, string code)
    {
        await using var host = await CallbackHost.StartAsync();
        var encrypt = CallbackHost.Crypto.Encrypt(Encoding.UTF8.GetBytes(what switch
        {
            "inner not xml" => "hello",
            "inner dtd" => "<!DOCTYPE x [<!ENTITY e \"kf_msg_or_event\">]><xml><MsgType>event</MsgType><Event>&e;</Event></xml>",
            _ => CallbackHost.Bell,
        }));
        encrypt = what switch
        {
            "corp" => new CallbackCrypto(new CallbackKeys(FakeWeCom.Token, FakeWeCom.Key, "wwother")).Encrypt("<xml/>"u8),
            "key" => new CallbackCrypto(new CallbackKeys(FakeWeCom.Token, new string('k', 43), FakeWeCom.Corp)).Encrypt("<xml/>"u8),
            "not base64" => "***",
            _ => encrypt,
        };
        var body = what switch
        {
            "not xml" => "{}",
            "empty" => "",
            "dtd" => $"<!DOCTYPE xml [<!ENTITY e \"x\">]><xml><Encrypt>{encrypt}</Encrypt></xml>",
            _ => XmlEnvelope.WriteCallback(FakeWeCom.Corp, "", encrypt),
        };
        var query = CallbackHost.Query(encrypt, what switch { "stale" => 1789999699, "ahead" => 1790000301, _ => 1790000000 });
        query = what switch
        {
            "signature" => query.Replace("msg_signature=", "msg_signature=0", StringComparison.Ordinal),
            "no signature" => query.Replace("msg_signature", "x", StringComparison.Ordinal),
            "two signatures" => query + "&" + query[(query.IndexOf('?', StringComparison.Ordinal) + 1)..],
            _ => query,
        };

        using var content = new StringContent(body);
        using var answer = await host.Client.PostAsync(query, content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("0", answer.Content.Headers.ContentLength?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Empty(host.Inbox.Bells);
        Assert.StartsWith($"Warning: Callback kf refused: {code}", Assert.Single(host.Log.All), StringComparison.Ordinal);
        Assert.DoesNotContain(CallbackHost.Crypto.Sign("1790000000", "n1", encrypt), host.Log.All[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_window_is_a_setting()
    {
        await using var host = await CallbackHost.StartAsync(new() { ["WeChat:Kf:MaxSkewSeconds"] = "3600" });
        using var answer = await host.PostAsync(CallbackHost.Bell, timestamp: 1789996400);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task The_key_before_a_rotation_still_works()
    {
        var old = new string('k', 43);
        await using var host = await CallbackHost.StartAsync(new() { ["WeChat:Kf:PreviousEncodingAesKey"] = old });
        using var answer = await host.PostAsync(CallbackHost.Bell, crypto: new CallbackCrypto(new CallbackKeys(FakeWeCom.Token, old, FakeWeCom.Corp)));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(host.Inbox.Bells);
    }

    [Fact]
    public async Task The_address_is_verified_with_the_exact_plaintext()
    {
        await using var host = await CallbackHost.StartAsync();
        var echo = CallbackHost.Crypto.Encrypt("8640217735519002436"u8);
        using var answer = await host.Client.GetAsync($"{CallbackHost.Query(echo)}&echostr={Uri.EscapeDataString(echo)}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("8640217735519002436"u8.ToArray(), await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_plus_that_was_not_encoded_is_understood()
    {
        await using var host = await CallbackHost.StartAsync();
        string echo;
        do
        {
            echo = CallbackHost.Crypto.Encrypt("42"u8);
        }
        while (!echo.Contains('+', StringComparison.Ordinal));

        // HttpClient sends a plus as it is, and ASP.NET Core reads it as a space.
        Assert.Equal("42", await host.Client.GetStringAsync($"{CallbackHost.Query(echo)}&echostr={echo.Replace("=", "%3D", StringComparison.Ordinal)}", TestContext.Current.CancellationToken));
        Assert.Equal("42", await host.Client.GetStringAsync($"{CallbackHost.Query(echo)}&echostr={echo}", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_wrong_or_captured_echo_is_refused()
    {
        await using var host = await CallbackHost.StartAsync();
        var echo = CallbackHost.Crypto.Encrypt("42"u8);
        foreach (var url in new[]
        {
            "/wechat/kf",
            CallbackHost.Query(echo),
            $"{CallbackHost.Query(echo, nonce: "other")}&echostr=AAAA",
            $"{CallbackHost.Query(echo, timestamp: 1789990000)}&echostr={Uri.EscapeDataString(echo)}",
        })
        {
            using var answer = await host.Client.GetAsync(url, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_body_over_one_mebibyte_is_refused_without_being_read()
    {
        await using var host = await CallbackHost.StartAsync();
        using var content = new ByteArrayContent(new byte[CallbackLimits.MaxBodyBytes + 1]);
        using var answer = await host.Client.PostAsync(CallbackHost.Query("x"), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);

        // Announced only: the answer comes although not one byte of the body was sent.
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
        await using var stream = socket.GetStream();
        await stream.WriteAsync("POST /wechat/kf HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        Assert.Contains("413", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(2, host.Log.All.Count(line => line.Contains("larger than", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_chunked_body_is_cut_at_the_limit()
    {
        await using var host = await CallbackHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, CallbackHost.Query("x")) { Content = new ByteArrayContent(new byte[CallbackLimits.MaxBodyBytes + 1]) };
        request.Headers.TransferEncodingChunked = true;
        using var answer = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task A_store_that_fails_answers_503_and_the_next_bell_is_accepted()
    {
        await using var host = await CallbackHost.StartAsync();
        host.Inbox.Failing = _ => throw new InvalidOperationException("disk full");
        using var failed = await host.PostAsync(CallbackHost.Bell);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        Assert.StartsWith("Error: Callback kf could not be written down", Assert.Single(host.Log.All), StringComparison.Ordinal);

        host.Inbox.Failing = null;
        using var accepted = await host.PostAsync(CallbackHost.Bell);
        Assert.Equal(HttpStatusCode.OK, accepted.StatusCode);
        Assert.Single(host.Inbox.Bells);
    }

    [Fact]
    public async Task A_store_that_hangs_answers_503_before_wecom_hangs_up()
    {
        await using var host = await CallbackHost.StartAsync();
        var entered = new TaskCompletionSource();
        host.Inbox.Failing = cancelled =>
        {
            entered.SetResult();
            return Task.Delay(Timeout.Infinite, cancelled);
        };
        var posting = host.PostAsync(CallbackHost.Bell);
        await entered.Task;
        host.Time.Advance(TimeSpan.FromSeconds(4));
        using var answer = await posting;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public async Task A_flood_of_wrong_signatures_is_logged_a_few_times_and_right_ones_still_pass()
    {
        await using var host = await CallbackHost.StartAsync();
        var stranger = new CallbackCrypto(new CallbackKeys("wrong", FakeWeCom.Key, FakeWeCom.Corp));
        for (var i = 0; i < 200; i++)
        {
            using var refused = await host.PostAsync(CallbackHost.Bell, crypto: stranger);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        Assert.InRange(host.Log.All.Count, 20, 60);
        Assert.Contains(host.Log.All, line => line.Contains("refused so often", StringComparison.Ordinal));

        using var accepted = await host.PostAsync(CallbackHost.Bell);
        Assert.Equal(HttpStatusCode.OK, accepted.StatusCode);
    }

    [Fact]
    public async Task An_address_that_was_refused_often_may_send_no_large_bodies()
    {
        await using var host = await CallbackHost.StartAsync();
        HttpStatusCode status;
        do
        {
            // A token comes back every three seconds, so one try may still have one.
            while (!host.Budget.IsSpent(IPAddress.Loopback))
            {
                host.Budget.Spend(IPAddress.Loopback);
            }

            using var large = new ByteArrayContent(new byte[RefusalBudget.BodyBytes + 1]);
            using var answer = await host.Client.PostAsync(CallbackHost.Query("x"), large, TestContext.Current.CancellationToken);
            status = answer.StatusCode;
        }
        while (status == HttpStatusCode.Forbidden);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        using var bell = await host.PostAsync(CallbackHost.Bell);
        Assert.Equal(HttpStatusCode.OK, bell.StatusCode);
    }

    [Fact]
    public void Addresses_have_budgets_of_their_own_and_an_ipv6_network_has_one()
    {
        using var budget = new RefusalBudget();
        var (one, neighbour, other) = (IPAddress.Parse("2001:db8::1"), IPAddress.Parse("2001:db8::2"), IPAddress.Parse("2001:db8:0:1::1"));
        var notes = Enumerable.Range(0, 30).Select(_ => budget.Spend(one)).ToList();
        Assert.Equal(1, notes.Count(note => note == RefusalNote.Last));
        Assert.True(budget.IsSpent(neighbour));
        Assert.False(budget.IsSpent(other));
        Assert.False(budget.IsSpent(IPAddress.Loopback));
        Assert.Equal(RefusalNote.Each, budget.Spend(IPAddress.Parse("::ffff:127.0.0.1")));
    }

    [Fact]
    public async Task Results_durations_and_skew_are_measured()
    {
        var seen = new System.Collections.Concurrent.ConcurrentBag<(string Name, double Value, string? Result)>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, meter) => { if (instrument.Meter.Name == WeChatTelemetry.Name) { meter.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Tag(tags))));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Tag(tags))));
        listener.Start();
        await using var host = await CallbackHost.StartAsync();
        using var ok = await host.PostAsync(CallbackHost.Bell, timestamp: 1789999876);
        using var stale = await host.PostAsync(CallbackHost.Bell, timestamp: 1789990000);

        Assert.Contains(("smartservice.wechat.callbacks", 1, "accepted"), seen);
        Assert.Contains(("smartservice.wechat.callbacks", 1, "stale"), seen);
        Assert.Contains(("smartservice.wechat.callback.skew", 124, null), seen);
        Assert.Contains(("smartservice.wechat.callback.skew", 10000, null), seen);
        Assert.Contains(seen, one => one.Name == "smartservice.wechat.callback.duration");
        Assert.Contains(host.Log.All, line => line.Contains("clock skew 10000 s", StringComparison.Ordinal));
    }

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "result")
            {
                return tag.Value?.ToString();
            }
        }

        return null;
    }
}
