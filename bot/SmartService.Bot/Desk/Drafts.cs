using Dapper;
using SmartService.Data;

namespace SmartService.Bot.Desk;

/// <summary>What an agent has typed and not sent, so that another device or a new circuit goes on with it.</summary>
public sealed class Drafts(IDatabase database)
{
    public Task SaveAsync(string conversationId, string agent, string text, CancellationToken cancellationToken) =>
        database.WriteAsync(
            scope => text.Length == 0
                ? scope.Connection.ExecuteAsync(
                    "delete from draft where conversation_id = @conversationId and agent = @agent", new { conversationId, agent }, scope.Transaction)
                : scope.Connection.ExecuteAsync(
                    """
                    insert into draft (conversation_id, agent, text, updated_at) values (@conversationId, @agent, @text, @now)
                    on conflict (conversation_id, agent) do update set text = excluded.text, updated_at = excluded.updated_at
                    """,
                    new { conversationId, agent, text, now = scope.NowMs },
                    scope.Transaction),
            cancellationToken);

    public Task<string> LoadAsync(string conversationId, string agent, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope => await scope.Connection.ExecuteScalarAsync<string?>(
                "select text from draft where conversation_id = @conversationId and agent = @agent", new { conversationId, agent }) ?? "",
            cancellationToken);
}
