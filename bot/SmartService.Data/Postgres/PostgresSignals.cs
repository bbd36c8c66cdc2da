using Dapper;
using Npgsql;

namespace SmartService.Data.Postgres;

/// <summary>Carries signals between servers by LISTEN and NOTIFY. Listens while anything is open, reconnects by itself.</summary>
internal sealed class PostgresSignals : IAsyncDisposable
{
    private const string ChannelName = "smartservice";

    private readonly NpgsqlDataSource _source;
    private readonly Signals _signals;
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public PostgresSignals(NpgsqlDataSource source, Signals signals)
    {
        (_source, _signals) = (source, signals);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Inside the transaction, so that PostgreSQL delivers them at commit and never after a rollback.</summary>
    public async Task SendAsync(WriteScope scope)
    {
        foreach (var (topic, payload) in scope.Pending.Distinct())
        {
            await scope.Connection.ExecuteAsync(
                "select pg_notify(@channel, @text)",
                new { channel = ChannelName, text = $"{_instance}|{topic}|{payload}" },
                scope.Transaction);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(_stop.Token);
                connection.Notification += (_, notification) => Receive(notification.Payload);
                await connection.ExecuteAsync($"listen {ChannelName}");
                while (true)
                {
                    await connection.WaitAsync(_stop.Token);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception)
            {
                // Signals are hints; every listener also polls. The store's own health check reports the outage.
                await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Receive(string text)
    {
        var parts = text.Split('|', 3);
        if (parts.Length == 3 && parts[0] != _instance)
        {
            _signals.Raise(parts[1], parts[2]);
        }
    }
}
