using System.Text;
using SmartService.Evals.Rig;

namespace SmartService.Evals.Tests.Rig;

public sealed class LedgerEntryTests
{
    private const string Lines =
        """
        {"n":1,"kind":"customer_message","msgid":"m1","open_kfid":"wk1","external_userid":"wm1","msgtype":"text","text":{"content":"这是客户的秘密"},"time":"2026-11-25T03:00:00.25+00:00","mono_ms":12.5}
        {"n":2,"kind":"send","msgid":"r1","open_kfid":"wk1","external_userid":"wm1","msgtype":"text","text":{"content":"你好"},"time":"2026-11-25T03:00:01+00:00","mono_ms":900}

        {"n":3,"kind":"event_reply","msgid":"r2","open_kfid":"wk1","external_userid":"wm1","msgtype":"text","text":{"content":"你好"},"time":"2026-11-25T03:00:02+00:00","mono_ms":1900}
        """;

    [Fact]
    public async Task Lines_become_entries_that_keep_no_text()
    {
        var entries = await ReadAsync(Lines);

        Assert.Equal([LedgerKind.CustomerMessage, LedgerKind.Send, LedgerKind.EventReply], entries.Select(entry => entry.Kind));
        Assert.Equal(("m1", "wk1", "wm1", 12.5), (entries[0].MsgId, entries[0].Account, entries[0].Customer, entries[0].MonotonicMs));
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 3, 0, 0, 250, TimeSpan.Zero), entries[0].At);
        Assert.DoesNotContain("秘密", entries[0].ToString(), StringComparison.Ordinal);
        Assert.Equal(entries[1].ContentHash, entries[2].ContentHash);
        Assert.NotEqual(entries[0].ContentHash, entries[1].ContentHash);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("""{"n":1}""")]
    [InlineData("""{"n":"one","kind":"send","msgid":"r","open_kfid":"a","external_userid":"c","msgtype":"text","text":{},"time":"2026-11-25T03:00:00Z","mono_ms":1}""")]
    public async Task A_line_of_another_kind_is_refused(string line) => await Assert.ThrowsAsync<EvalException>(() => ReadAsync(line));

    private static async Task<IReadOnlyList<LedgerEntry>> ReadAsync(string lines)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(lines));
        return await LedgerEntry.ReadAsync(stream, TestContext.Current.CancellationToken);
    }
}
