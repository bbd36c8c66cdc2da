using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SmartService.Evals.Rig;

/// <summary>One line of the stand-in's ledger. The text itself is not kept, only a hash of it.</summary>
/// <param name="Number">Order of events, from 1.</param>
/// <param name="Kind">What happened.</param>
/// <param name="MsgId">For a send: the idempotency key that the server gave.</param>
/// <param name="Account">The kf account.</param>
/// <param name="Customer">The customer.</param>
/// <param name="ContentHash">Equal for equal content.</param>
/// <param name="At">The platform's clock.</param>
/// <param name="MonotonicMs">Milliseconds since the stand-in started.</param>
public sealed record LedgerEntry(
    long Number, LedgerKind Kind, string MsgId, string Account, string Customer, string ContentHash, DateTimeOffset At, double MonotonicMs)
{
    /// <exception cref="EvalException">A line is none of a ledger.</exception>
    public static async Task<IReadOnlyList<LedgerEntry>> ReadAsync(Stream lines, CancellationToken cancellationToken)
    {
        var entries = new List<LedgerEntry>();
        using var reader = new StreamReader(lines, Encoding.UTF8);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                entries.Add(Parse(line));
            }
        }

        return entries;
    }

    private static LedgerEntry Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var type = root.GetProperty("msgtype").GetString()!;
            return new LedgerEntry(
                root.GetProperty("n").GetInt64(),
                root.GetProperty("kind").GetString() switch
                {
                    "customer_message" => LedgerKind.CustomerMessage,
                    "send" => LedgerKind.Send,
                    _ => LedgerKind.EventReply,
                },
                root.GetProperty("msgid").GetString()!,
                root.GetProperty("open_kfid").GetString()!,
                root.GetProperty("external_userid").GetString()!,
                Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(type + root.GetProperty(type).GetRawText()))),
                root.GetProperty("time").GetDateTimeOffset(),
                root.GetProperty("mono_ms").GetDouble());
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new EvalException("The stand-in's ledger holds a line that this evaluation does not understand.", exception);
        }
    }
}

/// <summary>What a ledger line tells.</summary>
public enum LedgerKind
{
    CustomerMessage,
    Send,
    EventReply,
}
