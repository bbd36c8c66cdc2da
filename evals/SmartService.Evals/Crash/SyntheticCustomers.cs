using System.Globalization;
using System.Text;
using SmartService.Evals.Replay;

namespace SmartService.Evals.Crash;

/// <summary>Customers that were made up for this project, so that a crash run needs no recorded data.</summary>
internal static class SyntheticCustomers
{
    // More than anybody writes in a run: the kills decide when it ends.
    private const int MessagesPerCustomer = 400;

    public static IReadOnlyList<CustomerScript> Write(int customers, int seed)
    {
        using var stream = typeof(SyntheticCustomers).Assembly.GetManifestResourceStream("SmartService.Evals.Crash.messages.txt")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var texts = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var random = new Random(seed);
        var dialogues = Enumerable.Range(0, customers)
            .Select(_ => new Dialogue("synthetic", [.. Enumerable.Range(0, MessagesPerCustomer).Select(_ => texts[random.Next(texts.Length)])]))
            .ToList();
        return ScriptWriter.Write(dialogues, customers, customers * MessagesPerCustomer, fragmentShare: 0.2, seed, "wmCrash" + seed.ToString(CultureInfo.InvariantCulture) + "x");
    }
}
