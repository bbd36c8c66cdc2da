using Dapper;
using Microsoft.Extensions.Options;
using SmartService.Bot.Turns;
using SmartService.Data;

namespace SmartService.Bot.Delivery;

/// <summary>Gives the sending of each conversation to one sender at a time, across all servers.</summary>
internal sealed class DeliveryLeases(IDatabase database, OwnChannels channels, IOptions<TurnOptions> options)
{
    /// <summary>At the start of an embedded store nobody else can be sending: leases of a killed process need not run out.</summary>
    public async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect.IsPostgres)
        {
            return;
        }

        await database.WriteAsync(
            scope => scope.Connection.ExecuteAsync(
                $"update conversation set delivery_owner = null, delivery_until = null, delivery_fence = delivery_fence + 1 where delivery_until is not null and {channels.Condition}",
                channels.With(),
                scope.Transaction),
            cancellationToken);
    }

    public Task<Taken<DeliveryLease>> TakeAsync(int count, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                var ids = (await scope.Connection.QueryAsync<string>(
                    $"""
                    select id from conversation where deliver_at <= @now and (delivery_until is null or delivery_until <= @now) and {channels.Condition}
                    order by deliver_at limit @count{database.Dialect.SkipLocked}
                    """,
                    channels.With(new { count, now = scope.NowMs }),
                    scope.Transaction)).AsList();
                var leases = new List<DeliveryLease>(ids.Count);
                foreach (var id in ids)
                {
                    var row = await scope.Connection.QuerySingleAsync<DeliveryRow>(
                        """
                        update conversation set delivery_owner = @owner, delivery_until = @until, delivery_fence = delivery_fence + 1 where id = @id
                        returning id as Id, channel as Channel, account as Account, customer as Customer, delivery_fence as Fence
                        """,
                        new { id, owner = ThisServer.Name, until = scope.NowMs + options.Value.Lease.Ms },
                        scope.Transaction);
                    leases.Add(row.ToLease());
                }

                var next = ids.Count == count ? null : await NextAsync(scope);
                return new Taken<DeliveryLease>(leases, next is null ? null : TimeSpan.FromMilliseconds(next.Value - scope.NowMs));
            },
            cancellationToken);

    /// <summary>When more is due, by the index alone: this runs in the write transaction. What a dead server holds is found by the slow poll.</summary>
    private Task<long?> NextAsync(WriteScope scope) =>
        scope.Connection.ExecuteScalarAsync<long?>(
            $"select deliver_at from conversation where deliver_at > @now and {channels.Condition} order by deliver_at limit 1",
            channels.With(new { now = scope.NowMs }),
            scope.Transaction);

    private sealed class DeliveryRow
    {
        public string Id { get; init; } = "";

        public string Channel { get; init; } = "";

        public string Account { get; init; } = "";

        public string Customer { get; init; } = "";

        public long Fence { get; init; }

        public DeliveryLease ToLease() => new(Id, Channel, Account, Customer, Fence);
    }
}

/// <summary>The right to send the replies of one conversation for a while.</summary>
internal sealed record DeliveryLease(string ConversationId, string Channel, string Account, string Customer, long Fence);
