using System.Data.Common;
using Dapper;
using SmartService.Data;
using SmartService.Turns;

namespace SmartService.Bot.Desk;

/// <summary>The columns of a conversation that acts on the desk look at.</summary>
internal sealed class ConversationRow
{
    private const string Columns =
        """
        select id as Id, channel as Channel, account as Account, customer as Customer, owner as OwnerName, agent as Agent, handoff_reason as HandoffReason,
               handed_off_at as HandedOffAt, dialogue as Dialogue, window_from as WindowFrom, budget_used as BudgetUsed, unread as Unread,
               created_at as CreatedAt, last_customer_at as LastCustomerAt,
               (select count(*) from reply where conversation_id = @id and state in ('Planned', 'Sending')) as OpenReplies
        from conversation where id = @id
        """;

    public required string Id { get; init; }

    public required string Channel { get; init; }

    public required string Account { get; init; }

    public required string Customer { get; init; }

    public required string OwnerName { get; init; }

    public string? Agent { get; init; }

    public string? HandoffReason { get; init; }

    public long? HandedOffAt { get; init; }

    public required string Dialogue { get; init; }

    public long? WindowFrom { get; init; }

    public int BudgetUsed { get; init; }

    public int Unread { get; init; }

    public long CreatedAt { get; init; }

    public long? LastCustomerAt { get; init; }

    public int OpenReplies { get; init; }

    public ConversationOwner Owner => Enum.Parse<ConversationOwner>(OwnerName);

    /// <summary>Locks the row first, as every writer does, so that two acts on one conversation follow each other.</summary>
    public static async Task<ConversationRow?> LockAsync(WriteScope scope, Dialect dialect, string id)
    {
        await scope.Connection.ExecuteScalarAsync<string?>("select id from conversation where id = @id" + dialect.ForUpdate, new { id }, scope.Transaction);
        return await scope.Connection.QuerySingleOrDefaultAsync<ConversationRow>(Columns, new { id }, scope.Transaction);
    }

    public static Task<ConversationRow?> FindAsync(DbConnection connection, string id) =>
        connection.QuerySingleOrDefaultAsync<ConversationRow>(Columns, new { id });
}
