using SmartService.Evals.Results;

namespace SmartService.Evals.Rig;

/// <summary>An audit as metrics.</summary>
internal static class AuditMetrics
{
    public static IEnumerable<Metric> Of(AuditResult audit, StandInReport report) =>
    [
        Metric.Count("messages", audit.Messages),
        Metric.Count("messages_accepted", audit.Accepted),
        Metric.Count("turns", audit.Turns.Values.Sum()),
        Metric.Count("turns_answered", audit.Turns.GetValueOrDefault("Answered")),
        Metric.Count("refusals", audit.Turns.GetValueOrDefault("Declined")),
        Metric.Count("handoffs", audit.Turns.GetValueOrDefault("HandedOff")),
        Metric.Count("turns_silent", audit.Turns.GetValueOrDefault("Silent")),
        Metric.Count("replies", audit.Sends),
        Metric.Count("repeated_keys", report.RepeatedKeys),
        Metric.Zero("illegal_sends", report.IllegalSends),
        Metric.Zero("lost", audit.Lost.Values.Sum()),
        Metric.Zero("duplicates", audit.Duplicates),
        Metric.Zero("order_violations", audit.OrderViolations),
        Metric.Zero("unrecorded_sends", audit.Unrecorded),
        Metric.Zero("claimed_but_not_sent", audit.ClaimedOnly),
        Metric.Zero("undelivered_replies", audit.Undelivered),
    ];

    public static IEnumerable<Metric> Timings(AuditResult audit, StandInReport report) =>
    [
        new Metric("acknowledgement_p50", report.Callbacks.P50Ms, MetricUnit.Milliseconds, Better.Lower),
        new Metric("acknowledgement_p99", report.Callbacks.P99Ms, MetricUnit.Milliseconds, Better.Lower),
        Metric.Count("acknowledgements", report.Callbacks.Acknowledged),
        Metric.Zero("callback_failures", report.Callbacks.Failures),
        .. Metric.Timings("reply_after_debounce", audit.AfterDueMs),
        .. Metric.Timings("reply_end_to_end", audit.EndToEndMs),
    ];

    public static IEnumerable<string> Findings(AuditResult audit, StandInReport report) =>
    [
        .. audit.Lost.Select(lost => FormattableString.Invariant($"{lost.Value} messages lost: {lost.Key}.")),
        .. report.IllegalSendsByCode.Select(illegal => FormattableString.Invariant($"{illegal.Value} sends refused by the platform with {illegal.Key}.")),
    ];
}
