using System.Globalization;
using System.Text;
using System.Text.Json;
using SmartService.StandIn.Control;

namespace SmartService.StandIn.Platform;

/// <summary><c>kf/sync_msg</c>: pages of an account's messages by cursor (wecom.md 3.3).</summary>
internal sealed class SyncApi(KfPlatform platform, StandInOptions options, PlatformClock clock, Report report)
{
    private const int MaxLimit = 1000;
    private static readonly TimeSpan _horizon = TimeSpan.FromDays(3);

    public Answer Pull(JsonElement body)
    {
        report.Pull();
        if (body.Text("open_kfid") is not { Length: > 0 } openKfId)
        {
            return Answer.Refused(40063, "open_kfid missing");
        }

        if (platform.Account(openKfId) is not { } account)
        {
            return Answer.Refused(95000, "invalid open_kfid");
        }

        var (cursor, token) = (body.Text("cursor") ?? "", body.Text("token") ?? "");
        if (Encoding.UTF8.GetByteCount(cursor) > 64 || Encoding.UTF8.GetByteCount(token) > 128)
        {
            return Answer.Refused(40058, "cursor or token too long");
        }

        if (body.Int("limit") is < 0 or > MaxLimit || body.Int("voice_format") is not (null or 0 or 1))
        {
            return Answer.Refused(40035, "invalid limit or voice_format");
        }

        lock (platform.Gate)
        {
            if (CheckRate(account, token) is { } refusal)
            {
                return Answer.Refused(refusal);
            }

            if (!TryReadCursor(cursor, out var position, out var afterEmpty))
            {
                return Answer.Refused(40035, "invalid cursor");
            }

            var limit = body.Int("limit") is { } asked and > 0 ? asked : MaxLimit;
            return Page(account, Math.Min(position, account.Log.Count), afterEmpty, limit);
        }
    }

    private Refusal? CheckRate(KfAccount account, string token)
    {
        if (token.Length > 0)
        {
            return account.Knows(token, clock.Now) ? null : new Refusal(95007, "invalid token");
        }

        return account.AllowsTokenlessCall(clock.Now, options.SyncCallsPerMinuteWithoutToken) ? null : new Refusal(45009, "api freq out of limit");
    }

    private Answer Page(KfAccount account, int position, bool afterEmpty, int limit)
    {
        // The platform sends empty pages with has_more now and then; here it depends on the position alone, so that a
        // replayed cursor gives the same page.
        if (!afterEmpty && position < account.Log.Count && EmptyAt(position))
        {
            return PageAnswer([], Cursor(position, afterEmpty: true), hasMore: true);
        }

        var oldest = clock.Now - _horizon;
        List<LoggedMessage> page = [];
        while (position < account.Log.Count && page.Count < limit)
        {
            if (account.Log[position].SentAt >= oldest)
            {
                page.Add(account.Log[position]);
            }

            position++;
        }

        return PageAnswer(page, Cursor(position, afterEmpty: false), position < account.Log.Count);
    }

    private static Answer PageAnswer(List<LoggedMessage> page, string next, bool hasMore) => Answer.Ok(json =>
    {
        json.WriteString("next_cursor", next);
        json.WriteNumber("has_more", hasMore ? 1 : 0);
        json.WriteStartArray("msg_list");
        foreach (var message in page)
        {
            json.WriteRawValue(message.Json.Span, skipInputValidation: true);
        }

        json.WriteEndArray();
    });

    private bool EmptyAt(int position) =>
        options.EmptyPageEvery > 0 && (((uint)position + 1) * 2654435761u >> 8) % (uint)options.EmptyPageEvery == 0;

    private string Cursor(int position, bool afterEmpty) =>
        Convert.ToHexStringLower(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{platform.Epoch}{(afterEmpty ? 'e' : 'n')}{position}")));

    private bool TryReadCursor(string cursor, out int position, out bool afterEmpty)
    {
        (position, afterEmpty) = (0, false);
        if (cursor.Length == 0)
        {
            return true;
        }

        byte[] bytes;
        try
        {
            bytes = Convert.FromHexString(cursor);
        }
        catch (FormatException)
        {
            return false;
        }

        var text = Encoding.ASCII.GetString(bytes);
        var epoch = platform.Epoch.Length;
        if (text.Length < epoch + 2 || text[epoch] is not ('e' or 'n')
            || !int.TryParse(text.AsSpan(epoch + 1), NumberStyles.None, CultureInfo.InvariantCulture, out position))
        {
            return false;
        }

        // A cursor from before a restart: a lost cursor replays everything, as on the platform.
        var current = text.StartsWith(platform.Epoch, StringComparison.Ordinal);
        (position, afterEmpty) = current ? (position, text[epoch] == 'e') : (0, false);
        return true;
    }
}
