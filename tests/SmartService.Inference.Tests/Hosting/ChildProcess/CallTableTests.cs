using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

public sealed class CallTableTests : IDisposable
{
    private readonly CallTable _table = new(maxReplays: 5, maxHeld: 100);
    private readonly FrameConnection _child = new(new MemoryStream(), 1000);

    public CallTableTests() => _table.Refuse(null);

    public void Dispose() => _child.Dispose();

    [Fact]
    public void Calls_wait_for_a_child_and_go_to_it_in_order()
    {
        var calls = Add(3);
        Assert.Equal(3, _table.Held);
        _table.Attach(_child);
        Assert.Equal([1, 2, 3], calls.Select(call => call.Id));
        Assert.All(calls, call => Assert.True(call.IsRunning));
        Assert.Equal(0, _table.Held);
    }

    [Fact]
    public void After_one_crash_all_are_tried_together_and_after_two_one_at_a_time()
    {
        var calls = Add(3);
        _table.Attach(_child);
        Assert.Equal(0, _table.Detach("SIGABRT."));
        _table.Attach(_child);
        Assert.Equal([true, true, true], calls.Select(call => call.IsRunning));
        _table.Detach("SIGABRT.");
        _table.Attach(_child);
        Assert.Equal([true, false, false], calls.Select(call => call.IsRunning));
        var fresh = Add(1)[0];
        Assert.False(fresh.IsRunning);
        Take(calls[0], Answer.Further);
        Assert.Equal([true, true, false], calls.Select(call => call.IsRunning));
        Take(calls[1], Answer.Last);
        Assert.True(calls[2].IsRunning);
        Assert.False(fresh.IsRunning);
        Take(calls[2], Answer.Further);
        Assert.True(fresh.IsRunning);
    }

    [Fact]
    public void The_call_that_ends_the_child_alone_fails_and_the_others_go_on()
    {
        var calls = Add(3);
        for (var crash = 0; crash < 2; crash++)
        {
            _table.Attach(_child);
            _table.Detach("SIGABRT.");
        }

        _table.Attach(_child);
        Take(calls[0], Answer.Further);
        // The second is the only one that has not got further.
        Assert.Equal(1, _table.Detach("SIGABRT."));
        Assert.IsType<ModelUnavailableException>(calls[1].Failure);
        Assert.Contains("SIGABRT", calls[1].Failure!.Message, StringComparison.Ordinal);
        Assert.Null(calls[0].Failure);
        Assert.Null(calls[2].Failure);
        Assert.Equal(2, _table.Count);
    }

    [Fact]
    public void A_call_alone_is_tried_once_more()
    {
        var call = Add(1)[0];
        _table.Attach(_child);
        Assert.Equal(0, _table.Detach("SIGSEGV."));
        _table.Attach(_child);
        Assert.True(call.IsRunning);
        Assert.Equal(1, _table.Detach("SIGSEGV."));
        Assert.NotNull(call.Failure);
    }

    [Fact]
    public void A_call_alone_that_gets_further_each_time_is_not_condemned_for_two_crashes()
    {
        var call = Add(1)[0];
        _table.Attach(_child);
        _table.Detach("SIGKILL.");
        _table.Attach(_child);
        Take(call, Answer.Further);
        Assert.Equal(0, _table.Detach("SIGKILL."));
        _table.Attach(_child);
        Assert.Null(call.Failure);
        Assert.True(call.IsRunning);
    }

    [Fact]
    public void A_call_that_could_not_be_sent_was_not_with_the_child_that_ended()
    {
        using var broken = new FrameConnection(new MemoryStream(), 1000);
        broken.Dispose();
        _table.Attach(broken);
        var call = Add(1)[0];
        Assert.False(call.IsRunning);
        _table.Detach("SIGKILL.");
        Assert.Equal(0, call.Crashes);
        _table.Attach(_child);
        Assert.True(call.IsRunning);
    }

    [Fact]
    public void No_call_is_tried_for_ever()
    {
        var calls = Add(2);
        for (var crash = 0; crash < 6; crash++)
        {
            _table.Attach(_child);
            Take(calls[0], Answer.Further);
            Take(calls[1], Answer.Further);
            _table.Detach("SIGKILL.");
        }

        Assert.All(calls, call => Assert.IsType<ModelUnavailableException>(call.Failure));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void A_suspect_that_is_given_up_by_its_reader_lets_the_others_go()
    {
        var calls = Add(2);
        for (var crash = 0; crash < 2; crash++)
        {
            _table.Attach(_child);
            _table.Detach("SIGABRT.");
        }

        _table.Attach(_child);
        Assert.False(calls[1].IsRunning);
        _table.Abandon(calls[0]);
        Assert.True(calls[1].IsRunning);
    }

    [Fact]
    public void No_more_wait_than_there_is_room_for()
    {
        var table = new CallTable(maxReplays: 1, maxHeld: 2);
        table.Refuse(null);
        var calls = Enumerable.Range(0, 3).Select(_ => new FakeCall()).ToList();
        calls.ForEach(table.Add);
        Assert.Equal([null, null, typeof(ModelSaturatedException)], calls.Select(call => call.Failure?.GetType()));
        Assert.True(((ModelSaturatedException)calls[2].Failure!).RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public void Refusing_fails_what_waits_and_what_comes_until_a_child_is_there()
    {
        var waiting = Add(1)[0];
        _table.Refuse("Nothing goes.");
        var late = Add(1)[0];
        Assert.All([waiting, late], call => Assert.Equal("Nothing goes.", call.Failure?.Message));
        _table.Attach(_child);
        Assert.True(Add(1)[0].IsRunning);
    }

    [Fact]
    public void Once_closed_it_stays_closed()
    {
        _table.Close("Over.");
        _table.Attach(_child);
        Assert.Equal("Over.", Add(1)[0].Failure?.Message);
    }

    [Fact]
    public void Frames_of_a_call_that_ended_are_ignored()
    {
        var call = Add(1)[0];
        _table.Attach(_child);
        _table.Abandon(call);
        Take(call, Answer.Further);
        Assert.Equal(0, call.Taken);
    }

    private List<FakeCall> Add(int count)
    {
        var calls = Enumerable.Range(0, count).Select(_ => new FakeCall()).ToList();
        calls.ForEach(_table.Add);
        return calls;
    }

    private void Take(FakeCall call, Answer answer)
    {
        call.Next = answer;
        _table.Take(new Frame(FrameKind.Text, call.Id, default));
    }

    private sealed class FakeCall : Call
    {
        public Exception? Failure { get; private set; }

        public Answer Next { get; set; }

        public int Taken { get; private set; }

        public override FrameKind Kind => FrameKind.Generate;

        public override byte[] Encode() => [1];

        public override Answer Take(in Frame frame)
        {
            Taken++;
            return Next;
        }

        public override void Fail(Exception exception) => Failure ??= exception;
    }
}
