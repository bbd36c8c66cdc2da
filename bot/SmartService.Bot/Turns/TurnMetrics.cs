using System.Diagnostics;
using System.Diagnostics.Metrics;
using SmartService.Turns;

namespace SmartService.Bot.Turns;

/// <summary>Meter and activity source <c>SmartService.Bot</c>.</summary>
public sealed class TurnMetrics
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "SmartService.Bot";

    private readonly Counter<long> _accepted;
    private readonly Counter<long> _pages;
    private readonly Counter<long> _turns;
    private readonly Histogram<double> _turnDuration;
    private readonly Histogram<double> _queueWait;
    private readonly Counter<long> _leaseLosses;
    private readonly Counter<long> _dead;
    private readonly Counter<long> _replies;
    private readonly Histogram<double> _deliveryLatency;
    private long _oldestDueMs;

    public TurnMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(Name);
        _accepted = meter.CreateCounter<long>("smartservice.messages.accepted", "{message}");
        _pages = meter.CreateCounter<long>("smartservice.pull.pages", "{page}");
        _turns = meter.CreateCounter<long>("smartservice.turns", "{turn}");
        _turnDuration = meter.CreateHistogram<double>("smartservice.turn.duration", "s");
        _queueWait = meter.CreateHistogram<double>("smartservice.turn.wait", "s", "Time between due and taken.");
        _leaseLosses = meter.CreateCounter<long>("smartservice.lease.losses", "{lease}");
        _dead = meter.CreateCounter<long>("smartservice.messages.dead", "{message}");
        _replies = meter.CreateCounter<long>("smartservice.replies", "{reply}");
        _deliveryLatency = meter.CreateHistogram<double>("smartservice.reply.latency", "s", "Time between recorded and sent.");
        meter.CreateObservableGauge("smartservice.turn.oldest_due", () => Interlocked.Read(ref _oldestDueMs) / 1000d, "s", "How long the oldest due turn has waited.");
    }

    /// <summary>Spans of turns, pulls and sends.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    public void Accepted(string channel, int count) => _accepted.Add(count, new KeyValuePair<string, object?>("channel", channel));

    public void Page(string channel) => _pages.Add(1, new KeyValuePair<string, object?>("channel", channel));

    public void Turn(TurnOutcome outcome, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("outcome", outcome.ToString());
        _turns.Add(1, tag);
        _turnDuration.Record(duration.TotalSeconds, tag);
    }

    public void Waited(long milliseconds) => _queueWait.Record(milliseconds / 1000d);

    public void LeaseLost(string of) => _leaseLosses.Add(1, new KeyValuePair<string, object?>("of", of));

    public void Dead(int count) => _dead.Add(count);

    public void Reply(string channel, string status) =>
        _replies.Add(1, new KeyValuePair<string, object?>("channel", channel), new KeyValuePair<string, object?>("status", status));

    public void Delivered(long milliseconds) => _deliveryLatency.Record(milliseconds / 1000d);

    public void OldestDue(long milliseconds) => Interlocked.Exchange(ref _oldestDueMs, Math.Max(0, milliseconds));
}
