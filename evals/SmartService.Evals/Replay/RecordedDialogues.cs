using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace SmartService.Evals.Replay;

/// <summary>
/// Reads the customers' side of recorded dialogues from a data folder, in memory only.
/// <para>
/// ECD (<c>dialogue/ecd_sample_zh/*.jsonl</c>): <c>context</c> alternates between customer and seller and ends with the
/// customer, to whom <c>candidates</c> answer. Counted from its end, every second utterance is therefore the customer's; in
/// all 107 sessions of the sample the length is odd and the first utterance is the customer's, too. Consecutive utterances
/// of one side were joined by the data's makers, so nothing more can be told apart.
/// </para>
/// <para>CrossWOZ (<c>dialogue/crosswoz_zh/dialogues.*.jsonl[.gz]</c>): messages whose <c>role</c> is <c>usr</c>.</para>
/// </summary>
public static class RecordedDialogues
{
    public const string Ecd = "ecd";
    public const string CrossWoz = "crosswoz";

    /// <exception cref="EvalException">The folder holds neither, or a file is not what its name says.</exception>
    public static async Task<IReadOnlyList<Dialogue>> ReadAsync(string dataFolder, CancellationToken cancellationToken)
    {
        var dialogues = new List<Dialogue>();
        foreach (var file in Files(dataFolder, "ecd_sample_zh", "*.jsonl*"))
        {
            dialogues.AddRange(await ReadFileAsync(file, row => new Dialogue(Ecd, EcdCustomer(row)), cancellationToken));
        }

        foreach (var file in Files(dataFolder, "crosswoz_zh", "dialogues.*.jsonl*"))
        {
            dialogues.AddRange(await ReadFileAsync(file, row => new Dialogue(CrossWoz, CrossWozCustomer(row)), cancellationToken));
        }

        return dialogues.Count > 0
            ? dialogues
            : throw new EvalException($"No recorded dialogues under {dataFolder} (dialogue/ecd_sample_zh, dialogue/crosswoz_zh). Give the folder with --data.");
    }

    private static IEnumerable<string> Files(string dataFolder, string set, string pattern)
    {
        var folder = Path.Combine(dataFolder, "dialogue", set);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal) : [];
    }

    private static async Task<List<Dialogue>> ReadFileAsync(string path, Func<JsonElement, Dialogue> read, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        await using Stream content = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var lines = new StreamReader(content, Encoding.UTF8);
        var dialogues = new List<Dialogue>();
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                continue;
            }

            try
            {
                using var row = JsonDocument.Parse(line);
                var dialogue = read(row.RootElement);
                if (dialogue.Utterances.Count > 0)
                {
                    dialogues.Add(dialogue);
                }
            }
            catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                // The line may be a customer's words: name the place, not the content.
                throw new EvalException($"{path}, dialogue {dialogues.Count + 1}: not of the expected format ({exception.GetType().Name}).", exception);
            }
        }

        return dialogues;
    }

    private static List<string> EcdCustomer(JsonElement row)
    {
        var context = row.GetProperty("context").EnumerateArray().Select(one => one.GetString() ?? "").ToList();
        return [.. context.Where((_, index) => (context.Count - 1 - index) % 2 == 0).Where(HasText)];
    }

    private static List<string> CrossWozCustomer(JsonElement row) =>
        [.. row.GetProperty("messages").EnumerateArray()
            .Where(message => message.GetProperty("role").GetString() == "usr")
            .Select(message => message.GetProperty("text").GetString() ?? "")
            .Where(HasText)];

    private static bool HasText(string utterance) => !string.IsNullOrWhiteSpace(utterance);
}
