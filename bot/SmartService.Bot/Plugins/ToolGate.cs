using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using SmartService.Plugins;

namespace SmartService.Bot.Plugins;

/// <summary>
/// What every tool call passes, whoever makes it: the list of what this step allows, confirmation of writes, time and
/// size limits, audit. A broken plugin ends in a result, never in an exception.
/// </summary>
public sealed class ToolGate(string conversation, Func<string, Tool?> find, ToolAudit audit, ToolOptions options, TimeProvider time, ILogger<ToolGate> logger) : IToolGate
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    public async Task<ToolResult> InvokeAsync(string tool, IReadOnlyDictionary<string, object?> arguments, Confirmation? confirmation = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var found = find(tool);
        var started = time.GetTimestamp();
        var result = found switch
        {
            null => new ToolResult(ToolStatus.Refused, Error: "The tool is not allowed in this step."),
            { Effect: Effect.Write } when confirmation is null => new ToolResult(ToolStatus.Refused, Error: "The customer has not confirmed this change."),
            _ => await CallAsync(found, arguments, confirmation, cancellationToken),
        };
        var duration = time.GetElapsedTime(started);
        AnswerMetrics.ToolCalled(found?.Name ?? "unknown", result.Status, duration);
        await audit.RecordAsync(new ToolCall(conversation, found?.Name ?? "unknown", found?.Effect, result.Status, confirmation?.IdempotencyKey, duration), cancellationToken);
        return result;
    }

    private async Task<ToolResult> CallAsync(Tool tool, IReadOnlyDictionary<string, object?> arguments, Confirmation? confirmation, CancellationToken cancellationToken)
    {
        var call = new AIFunctionArguments(arguments.ToDictionary(StringComparer.Ordinal));
        if (confirmation is not null)
        {
            call["idempotencyKey"] = confirmation.IdempotencyKey;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.TimeoutSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            // On the pool and abandoned at the limit: a plugin may block its thread or ignore the token.
            var running = Task.Run(async () => Measure(await tool.Function.InvokeAsync(call, either.Token)), either.Token);
            var value = await running.WaitAsync(either.Token);
            return value is { } json ? new ToolResult(ToolStatus.Ok, json) : new ToolResult(ToolStatus.TooLarge, Error: "The tool's result is over the limit.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            AnswerLog.ToolTimedOut(logger, tool.Name, options.TimeoutSeconds);
            return new ToolResult(ToolStatus.TimedOut, Error: "The tool did not answer in time.");
        }
        catch (Exception exception)
        {
            // Only the type: a plugin's message may repeat what the customer wrote.
            AnswerLog.ToolFailed(logger, tool.Name, exception.GetType().Name);
            return new ToolResult(ToolStatus.Failed, Error: "The tool failed.");
        }
    }

    private JsonElement? Measure(object? value)
    {
        var bytes = value is JsonElement element ? JsonSerializer.SerializeToUtf8Bytes(element, Json) : JsonSerializer.SerializeToUtf8Bytes(value, Json);
        if (bytes.Length > options.MaxResultBytes)
        {
            return null;
        }

        return JsonSerializer.Deserialize<JsonElement>(bytes);
    }
}
