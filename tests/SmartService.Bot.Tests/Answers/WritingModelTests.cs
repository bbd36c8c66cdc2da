using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SmartService.Bot.Answers;
using SmartService.Testing;

namespace SmartService.Bot.Tests.Answers;

public sealed class WritingModelTests
{
    [Fact]
    public void A_model_that_is_away_is_counted_every_time_and_logged_once_a_minute()
    {
        using var client = new ScriptedChatClient();
        var (time, log, available) = (new FakeTimeProvider(TestBot.Start), new CountingLogger(), false);
        var model = new WritingModel(new ModelLoad { IsAvailable = () => available }, time, log, client);
        var counted = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "smartservice.degradations")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        // The counter is called on this thread; other tests count on theirs.
        var thread = Environment.CurrentManagedThreadId;
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counted += Environment.CurrentManagedThreadId == thread && tags[0].Value is "model_unavailable" ? 1 : 0);
        listener.Start();

        Assert.Null(model.Ask());
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Null(model.Ask());
        Assert.Equal((2, 1), (counted, log.Count));

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(model.Ask());
        Assert.Equal((3, 2), (counted, log.Count));

        available = true;
        Assert.Same(client, model.Ask());
        Assert.Equal((3, 2), (counted, log.Count));
    }

    [Fact]
    public void Where_none_is_configured_nothing_is_missing()
    {
        var log = new CountingLogger();

        Assert.Null(new WritingModel(new ModelLoad { IsAvailable = () => false }, TimeProvider.System, log).Ask());

        Assert.Equal(0, log.Count);
    }

    private sealed class CountingLogger : ILogger<WritingModel>
    {
        public int Count { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Count++;
    }
}
