using Microsoft.Extensions.Time.Testing;
using SmartService.Bot.Delivery;
using SmartService.Data;
using SmartService.Testing.Stores;

namespace SmartService.Bot.Tests.Turns;

/// <summary>What every store must hold to; each suite runs once per kind.</summary>
public abstract class StoreConformance : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _owned = [];

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 25, 8, 0, 0, TimeSpan.Zero));

    private protected IDatabase Database { get; private set; } = null!;

    private protected TurnRig Rig { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Database = await OpenAsync(Clock, new MigrationSet("bot", typeof(Inbox).Assembly));
        _owned.Add(Database);
        Rig = NewRig();
    }

    public async ValueTask DisposeAsync()
    {
        _owned.Reverse();
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Opens a fresh store of this kind.</summary>
    protected abstract Task<IDatabase> OpenAsync(TimeProvider clock, MigrationSet migrations);

    /// <summary>Another server over the same store.</summary>
    private protected TurnRig NewRig(RecordingChannel? channel = null, Dictionary<string, string?>? settings = null, IDatabase? database = null)
    {
        var rig = new TurnRig(database ?? Database, Clock, channel, settings);
        _owned.Add(rig);
        return rig;
    }

    /// <summary>Lets time pass until <paramref name="work"/> has ended.</summary>
    private protected async Task EndAsync(Task work, TimeSpan step)
    {
        while (!work.IsCompleted)
        {
            Clock.Advance(step);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await work;
    }

    /// <summary>Lets the customer's pause pass.</summary>
    protected void Pause() => Clock.Advance(TimeSpan.FromSeconds(2));
}
