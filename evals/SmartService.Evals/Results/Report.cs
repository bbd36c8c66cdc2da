using System.Globalization;
using System.Text;
using SmartService.Evals.Metrics;

namespace SmartService.Evals.Results;

/// <summary>The readable report of a run.</summary>
public static class Report
{
    public const string Name = "report.md";

    public static async Task WriteAsync(string folder, RunResults results, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, Name), Of(results), cancellationToken);
    }

    public static string Of(RunResults results)
    {
        var text = new StringBuilder();
        text.Append("# Evaluation of ").AppendLine(results.StartedAt.ToString("yyyy-MM-dd HH:mm 'UTC'zzz", CultureInfo.InvariantCulture));
        text.AppendLine().Append(CultureInfo.InvariantCulture, $"{results.Machine.System}, {results.Machine.Runtime}, {results.Machine.Cores} cores.").AppendLine();
        foreach (var suite in results.Suites)
        {
            Append(text, suite);
        }

        return text.ToString();
    }

    /// <summary>A metric as people read it, with its interval where it is a share.</summary>
    public static string Format(Metric metric)
    {
        var value = FormatValue(metric.Value, metric.Unit);
        if (metric.Outcomes is not { Count: > 0 } outcomes)
        {
            return value;
        }

        var interval = Bootstrap.Share([.. outcomes.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value)]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{value} ({outcomes.Values.Count(outcome => outcome)} of {outcomes.Count}; 95 %: {interval.Low * 100:0.0} to {interval.High * 100:0.0})");
    }

    public static string FormatValue(double value, MetricUnit unit) => unit switch
    {
        MetricUnit.Share => (value * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %",
        MetricUnit.Milliseconds => value.ToString("0.0", CultureInfo.InvariantCulture) + " ms",
        MetricUnit.Seconds => value.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        _ => value.ToString("#,0.##", CultureInfo.InvariantCulture),
    };

    private static void Append(StringBuilder text, SuiteResult suite)
    {
        text.AppendLine().Append("## ").AppendLine(suite.Suite).AppendLine();
        text.AppendLine(suite.Clean ? "Nothing happened that must not happen." : "**Something happened that must not happen.**").AppendLine();
        text.AppendLine("| metric | value | |").AppendLine("| --- | ---: | --- |");
        foreach (var metric in suite.Metrics)
        {
            text.Append("| ").Append(metric.Name).Append(" | ").Append(Format(metric)).Append(" | ")
                .Append(metric.Better == Better.Zero && metric.Value != 0 ? "**must be 0**" : "").AppendLine(" |");
        }

        text.AppendLine().Append("Run with: ").Append(string.Join(", ", suite.Settings.Select(setting => $"{setting.Key} = {setting.Value}")));
        text.Append(CultureInfo.InvariantCulture, $"; {suite.DurationSeconds:0} s.").AppendLine();
        if (suite.Findings.Count > 0)
        {
            text.AppendLine().AppendLine("Findings:").AppendLine();
            foreach (var finding in suite.Findings)
            {
                text.Append("- ").AppendLine(finding);
            }
        }
    }
}
