using SmartService.Evals.Rig;

namespace SmartService.Evals.Tests.Rig;

public sealed class StandInControlTests
{
    [Fact]
    public async Task A_written_message_returns_its_id_and_shows_in_the_ledger_once()
    {
        await using var platform = await PlatformDouble.StartAsync();

        var id = await platform.Control.WriteAsync("wk", "wm1", "「引号」😀", TestContext.Current.CancellationToken);
        var all = await platform.Control.LedgerAsync(0, TestContext.Current.CancellationToken);
        var rest = await platform.Control.LedgerAsync(1, TestContext.Current.CancellationToken);

        Assert.Equal("m0", id);
        Assert.Equal(("wm1", "「引号」😀"), Assert.Single(platform.Written));
        Assert.Equal(["m0", "r-m0"], all.Select(entry => entry.MsgId));
        Assert.Equal(["r-m0"], rest.Select(entry => entry.MsgId));
    }

    [Fact]
    public async Task The_report_is_read_as_the_stand_in_names_its_fields()
    {
        await using var platform = await PlatformDouble.StartAsync();

        var report = await platform.Control.ReportAsync(TestContext.Current.CancellationToken);

        Assert.Equal((3, 2, 1, 1, 4), (report.CustomerMessages, report.Sends, report.IllegalSends, report.IllegalSendsByCode["95001"], report.RepeatedKeys));
        Assert.Equal((9, 8, 1, 1.5, 7), (report.Callbacks.Attempts, report.Callbacks.Acknowledged, report.Callbacks.Failures, report.Callbacks.P50Ms, report.Callbacks.P99Ms));
    }
}
