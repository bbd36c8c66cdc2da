using System.Net.ServerSentEvents;
using System.Text.Json;
using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Control;

public sealed class EventStreamTests
{
    private static async Task<IAsyncEnumerator<SseItem<string>>> ListenAsync(RunningStandIn standIn, string query = "", string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"control/customers/{Lin}/stream?open_kfid={Shop}{query}");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await standIn.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();
    }

    private static async Task<JsonElement> NextAsync(IAsyncEnumerator<SseItem<string>> events, string type)
    {
        while (await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)))
        {
            if (events.Current.EventType == type)
            {
                return JsonDocument.Parse(events.Current.Data).RootElement;
            }
        }

        throw new InvalidOperationException("The stream ended.");
    }

    private static string? Text(JsonElement entry) => entry.GetProperty("payload").GetProperty("content").GetString();

    [Fact]
    public async Task History_comes_first_and_then_what_happens()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        await using var events = await ListenAsync(standIn);
        Assert.Equal("在吗", Text(await NextAsync(events, "message")));
        await standIn.SendTextAsync("在的😊");
        var reply = await NextAsync(events, "message");
        Assert.Equal(("在的😊", "out", 2L), (Text(reply), reply.GetProperty("direction").GetString(), reply.GetProperty("seq").GetInt64()));
    }

    [Fact]
    public async Task The_status_shows_state_and_what_is_left_of_the_quota()
    {
        await using var standIn = await StartAsync();
        await using var events = await ListenAsync(standIn);
        Assert.Equal(0, (await NextAsync(events, "status")).GetProperty("remaining").GetInt32());
        await standIn.SayAsync("在吗");
        var written = await NextAsync(events, "status");
        Assert.Equal((0, 5), (written.GetProperty("service_state").GetInt32(), written.GetProperty("remaining").GetInt32()));
        await standIn.SendTextAsync("在");
        var sent = await NextAsync(events, "status");
        Assert.Equal((1, 4), (sent.GetProperty("service_state").GetInt32(), sent.GetProperty("remaining").GetInt32()));
        await standIn.MoveAsync(2);
        Assert.Equal(2, (await NextAsync(events, "status")).GetProperty("service_state").GetInt32());
    }

    [Theory]
    [InlineData("&after=1", null)]
    [InlineData("", "1")]
    public async Task A_reader_that_comes_back_gets_only_what_it_missed(string query, string? lastEventId)
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("一");
        await standIn.SayAsync("二");
        await using var events = await ListenAsync(standIn, query, lastEventId);
        Assert.Equal("二", Text(await NextAsync(events, "message")));
    }

    [Fact]
    public async Task A_reset_tells_the_page_to_start_over()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("一");
        await using var events = await ListenAsync(standIn);
        await NextAsync(events, "message");
        await standIn.PostAsync("control/reset", new { });
        await NextAsync(events, "reset");
        await standIn.SayAsync("二");
        Assert.Equal("二", Text(await NextAsync(events, "message")));
    }

    [Fact]
    public async Task An_open_page_does_not_hold_up_the_stop_of_the_host()
    {
        var standIn = await StartAsync();
        await using var events = await ListenAsync(standIn);
        await NextAsync(events, "status");
        await standIn.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
    }
}
