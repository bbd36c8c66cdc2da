using SmartService.Evals.Rig;

namespace SmartService.Evals.Tests.Rig;

public sealed class AuditMetricsTests
{
    private static readonly AuditResult Audit = new()
    {
        Messages = 10,
        Accepted = 9,
        Turns = new Dictionary<string, int> { ["Answered"] = 4, ["Declined"] = 2, ["HandedOff"] = 1, ["Silent"] = 1 },
        Sends = 8,
        Lost = new Dictionary<Loss, int> { [Loss.NotWrittenDown] = 1, [Loss.NotTaken] = 2 },
        AfterDueMs = [10, 30, 20],
    };

    private static readonly StandInReport Report = new(10, 8, 3) { IllegalSendsByCode = new Dictionary<string, int> { ["95001"] = 3 } };

    [Fact]
    public void Every_count_has_its_own_name()
    {
        var values = AuditMetrics.Of(Audit, Report).ToDictionary(metric => metric.Name, metric => metric.Value);

        Assert.Equal((10, 9, 8, 4, 2, 1), (values["messages"], values["messages_accepted"], values["turns"], values["turns_answered"], values["refusals"], values["handoffs"]));
        Assert.Equal((3, 3), (values["lost"], values["illegal_sends"]));
    }

    [Fact]
    public void Timings_come_from_the_callbacks_and_from_the_ledger()
    {
        var values = AuditMetrics.Timings(Audit, Report with { Callbacks = new CallbackCounts(5, 5, 0) { P50Ms = 1, P99Ms = 4 } })
            .ToDictionary(metric => metric.Name, metric => metric.Value);

        Assert.Equal((4, 20, 30), (values["acknowledgement_p99"], values["reply_after_debounce_p50"], values["reply_after_debounce_p99"]));
    }

    [Fact]
    public void Findings_say_how_and_with_which_code() =>
        Assert.Equal(
            ["1 messages lost: NotWrittenDown.", "2 messages lost: NotTaken.", "3 sends refused by the platform with 95001."],
            AuditMetrics.Findings(Audit, Report));
}
