using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Polly.CircuitBreaker;
using SmartService.Inference.Hosting;
using SmartService.Inference.Remote;

namespace SmartService.Inference.Tests.Remote;

public sealed class ModelFailoverClientTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeModel _first = new("第一");
    private readonly FakeModel _second = new("第二");

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_first_answers_while_it_can(bool streamed)
    {
        Assert.Equal("第一", await AskAsync(streamed));
        Assert.Equal(0, _second.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failure_before_the_first_token_goes_to_the_second(bool streamed)
    {
        _first.Failure = new ModelUnavailableException("The model is not loaded.");

        Assert.Equal("第二", await AskAsync(streamed));
    }

    [Fact]
    public async Task Two_halves_are_never_glued_together()
    {
        _first.FailureBehind = new IOException("cut");
        var said = "";

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (var update in Client().GetStreamingResponseAsync("？", cancellationToken: TestContext.Current.CancellationToken))
            {
                said += update.Text;
            }
        });

        Assert.Equal(("第一", 0), (said, _second.Calls));
    }

    [Fact]
    public async Task A_whole_answer_that_broke_off_was_seen_by_nobody_and_is_asked_again()
    {
        _first.FailureBehind = new IOException("cut");
        Assert.Equal("第二", await AskAsync(streamed: false));
    }

    [Fact]
    public async Task A_stream_that_ends_without_a_word_and_a_reason_has_failed()
    {
        using var silent = new FakeModel("") { Finishes = false };
        var client = new ModelFailoverClient(Target("local", silent), Target("endpoint", _second));

        Assert.Equal("第二", (await client.GetStreamingResponseAsync("？", cancellationToken: TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken)).Text);
    }

    [Fact]
    public async Task A_model_that_does_not_begin_is_not_waited_for()
    {
        _first.Hangs = true;
        var asked = AskAsync();
        await _first.Asked.Task;
        _time.Advance(TimeSpan.FromSeconds(16));

        Assert.Equal("第二", await asked);
    }

    [Fact]
    public async Task A_model_that_has_begun_may_take_its_time()
    {
        await using var stream = Client().GetStreamingResponseAsync("？", cancellationToken: TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await stream.MoveNextAsync());
        Assert.True(await stream.MoveNextAsync());
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.True(await stream.MoveNextAsync());
        Assert.Equal(ChatFinishReason.Stop, stream.Current.FinishReason);
    }

    [Fact]
    public async Task A_dead_model_is_left_alone_for_a_while_and_then_tried_again()
    {
        var client = Client();
        _first.Failure = new HttpRequestException("refused");
        for (var round = 0; round < 3; round++)
        {
            await AskAsync(client: client);
        }

        for (var round = 0; round < 5; round++)
        {
            Assert.Equal("第二", await AskAsync(client: client));
        }

        Assert.Equal(3, _first.Calls);
        _first.Failure = null;
        _time.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal("第一", await AskAsync(client: client));
    }

    [Fact]
    public async Task Streams_that_keep_breaking_off_count_as_dead_too()
    {
        var client = Client();
        _first.FailureBehind = new IOException("cut");
        for (var round = 0; round < 2; round++)
        {
            await Assert.ThrowsAsync<IOException>(() => AskAsync(client: client));
        }

        Assert.Equal("第二", await AskAsync(client: client));
    }

    [Theory]
    [InlineData("saturated")]
    [InlineData("too long")]
    [InlineData("bad request")]
    public async Task What_is_not_the_models_fault_does_not_make_it_dead(string fault)
    {
        var client = Client();
        _first.Failure = fault switch
        {
            "saturated" => new ModelSaturatedException("busy"),
            "too long" => new PromptTooLongException("9000 of 4096 tokens"),
            _ => new ModelEndpointException("bad", 400),
        };
        for (var round = 0; round < 6; round++)
        {
            Assert.Equal("第二", await AskAsync(client: client));
        }

        Assert.Equal(6, _first.Calls);
    }

    [Fact]
    public async Task Who_has_something_better_than_the_second_hears_that_the_first_is_saturated()
    {
        _first.Failure = new ModelSaturatedException("busy") { RetryAfter = TimeSpan.FromSeconds(3) };

        var thrown = await Assert.ThrowsAsync<ModelSaturatedException>(() => AskAsync(route: ModelFailoverClient.First));
        Assert.Equal((TimeSpan.FromSeconds(3), 0), (thrown.RetryAfter, _second.Calls));

        _first.Failure = new HttpRequestException("refused");
        Assert.Equal("第二", await AskAsync(route: ModelFailoverClient.First));
    }

    [Fact]
    public async Task The_second_can_be_asked_alone()
    {
        Assert.Equal("第二", await AskAsync(route: ModelFailoverClient.Second));
        Assert.Equal(0, _first.Calls);

        _second.Failure = new HttpRequestException("refused");
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(route: ModelFailoverClient.Second));
        Assert.Equal(0, _first.Calls);
    }

    [Fact]
    public async Task When_both_fail_the_caller_learns_what_can_be_done_about_it()
    {
        _first.Failure = new ModelSaturatedException("busy") { RetryAfter = TimeSpan.FromSeconds(3) };
        _second.Failure = new HttpRequestException("refused");
        Assert.Equal(TimeSpan.FromSeconds(3), (await Assert.ThrowsAsync<ModelSaturatedException>(() => AskAsync())).RetryAfter);

        _first.Failure = new ModelUnavailableException("not loaded");
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync());
    }

    [Fact]
    public async Task A_cancelled_request_is_not_asked_elsewhere()
    {
        _first.Hangs = true;
        using var cancel = new CancellationTokenSource();
        var asked = AskAsync(cancellationToken: cancel.Token);
        await _first.Asked.Task;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        Assert.Equal(0, _second.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_says_who_gave_it(bool streamed)
    {
        Assert.Equal("local", await AnsweredByAsync());
        _first.Failure = new HttpRequestException("refused");
        Assert.Equal("endpoint", await AnsweredByAsync());

        async Task<object?> AnsweredByAsync()
        {
            if (!streamed)
            {
                return (await Client().GetResponseAsync("？", cancellationToken: TestContext.Current.CancellationToken)).AdditionalProperties?[ModelClients.AnsweredByKey];
            }

            var updates = await Client().GetStreamingResponseAsync("？", cancellationToken: TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
            return Assert.Single(updates.Select(update => update.AdditionalProperties?[ModelClients.AnsweredByKey]).Distinct());
        }
    }

    [Fact]
    public async Task A_model_that_cancels_by_itself_has_failed()
    {
        var client = Client();
        _first.Failure = new TaskCanceledException("the server's own limit");
        for (var round = 0; round < 6; round++)
        {
            Assert.Equal("第二", await AskAsync(client: client));
        }

        Assert.Equal(3, _first.Calls);
    }

    [Fact]
    public async Task A_cancelled_trial_does_not_end_the_break()
    {
        var client = Client();
        _first.Failure = new HttpRequestException("refused");
        for (var round = 0; round < 3; round++)
        {
            await AskAsync(client: client);
        }

        _time.Advance(TimeSpan.FromSeconds(16));
        (_first.Failure, _first.Hangs) = (null, true);
        using (var cancel = new CancellationTokenSource())
        {
            var trial = AskAsync(client: client, cancellationToken: cancel.Token);
            Assert.Equal(4, _first.Calls);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trial);
        }

        Assert.Equal("第二", await AskAsync(client: client));
        Assert.Equal(4, _first.Calls);
        _first.Hangs = false;
        _time.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal("第一", await AskAsync(client: client));
    }

    [Fact]
    public async Task A_stream_is_counted_however_it_ends()
    {
        var name = Guid.NewGuid().ToString("N");
        var outcomes = new List<object?>();
        using var listener = new MeterListener { InstrumentPublished = static (instrument, self) => { if (instrument.Name == "smartservice.model.requests") { self.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (Equals(tags[0].Value, name))
            {
                outcomes.Add(tags[1].Value);
            }
        });
        listener.Start();
        var client = new ModelFailoverClient(Target(name, _first), Target("endpoint", _second));

        await AskAsync(client: client);
        await foreach (var update in client.GetStreamingResponseAsync("？", cancellationToken: TestContext.Current.CancellationToken))
        {
            if (update.Text.Length > 0)
            {
                break;
            }
        }

        Assert.Equal(["answered", "cancelled"], outcomes);
    }

    [Fact]
    public async Task Both_dead_costs_no_time_at_all()
    {
        var client = Client();
        _first.Failure = _second.Failure = new HttpRequestException("refused");
        for (var round = 0; round < 3; round++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(client: client));
        }

        await Assert.ThrowsAsync<BrokenCircuitException>(() => AskAsync(client: client));
        Assert.Equal((3, 3), (_first.Calls, _second.Calls));
    }

    [Fact]
    public void It_describes_itself_as_the_first() =>
        Assert.Equal("第一", ((ChatClientMetadata)Client().GetService(typeof(ChatClientMetadata))!).ProviderName);

    private async Task<string> AskAsync(bool streamed = true, string? route = null, ModelFailoverClient? client = null, CancellationToken cancellationToken = default)
    {
        var options = route is null ? null : new ChatOptions { AdditionalProperties = new() { [ModelFailoverClient.Route] = route } };
        client ??= Client();
        return (streamed
            ? await client.GetStreamingResponseAsync("？", options, cancellationToken).ToChatResponseAsync(cancellationToken)
            : await client.GetResponseAsync("？", options, cancellationToken)).Text;
    }

    private ModelFailoverClient Client() => new(Target("local", _first), Target("endpoint", _second));

    private ModelTarget Target(string name, FakeModel model) => new(name, model, new FailoverOptions(), _time, NullLogger.Instance);
}
