using System.Globalization;
using System.Text;
using SmartService.Evals.Replay;

namespace SmartService.Evals.Crash;

/// <summary>Customers that were made up for this project, so that crash runs and warm-ups need no recorded data.</summary>
internal static class SyntheticCustomers
{
    public static IReadOnlyList<CustomerScript> Write(int customers, int messagesPerCustomer, int seed)
    {
        using var stream = typeof(SyntheticCustomers).Assembly.GetManifestResourceStream("SmartService.Evals.Crash.messages.txt")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var texts = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var random = new Random(seed);
        var dialogues = Enumerable.Range(0, customers)
            .Select(_ => new Dialogue("synthetic", [.. Enumerable.Range(0, messagesPerCustomer).Select(_ => texts[random.Next(texts.Length)])]))
            .ToList();
        return ScriptWriter.Write(dialogues, customers, customers * messagesPerCustomer, fragmentShare: 0.2, seed, "wmMadeUp" + seed.ToString(CultureInfo.InvariantCulture) + "x");
    }
}
