using Dapper;
using Microsoft.Extensions.Logging;
using SmartService.Data;
using SmartService.Plugins;

namespace SmartService.Bot.Plugins;

/// <summary>Writes down that a tool was called: never with what, because that is customer text.</summary>
public sealed class ToolAudit(ILogger<ToolAudit> logger, IDatabase? database = null)
{
    /// <summary>Adds a row. A store that is away does not undo a call that happened; it is logged.</summary>
    public async Task RecordAsync(ToolCall call, CancellationToken cancellationToken)
    {
        if (database is null)
        {
            return;
        }

        try
        {
            await database.WriteAsync(
                scope => scope.Connection.ExecuteAsync(
                    """
                    insert into tool_call (conversation_id, tool, effect, status, idempotency_key, duration_ms, at)
                    values (@Conversation, @Tool, @Effect, @Status, @Key, @Duration, @Now)
                    """,
                    new
                    {
                        call.Conversation,
                        call.Tool,
                        Effect = call.Effect?.ToString() ?? "Unknown",
                        Status = call.Status.ToString(),
                        call.Key,
                        Duration = (int)Math.Min(call.Duration.TotalMilliseconds, int.MaxValue),
                        Now = scope.NowMs,
                    },
                    scope.Transaction),
                cancellationToken);
        }
        catch (StoreUnavailableException exception)
        {
            AnswerLog.AuditLost(logger, call.Tool, exception.GetType().Name);
            AnswerLog.Details(logger, exception);
        }
    }
}

/// <summary>One call as the audit sees it.</summary>
public sealed record ToolCall(string Conversation, string Tool, Effect? Effect, ToolStatus Status, string? Key, TimeSpan Duration);
