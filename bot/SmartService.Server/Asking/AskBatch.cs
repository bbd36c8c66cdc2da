using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using SmartService.Server.Hosting;
using Spectre.Console;

namespace SmartService.Server.Asking;

/// <summary>Many questions from a file: turns of one conversation in order, different conversations at once, answers in input order.</summary>
public static class AskBatch
{
    private const int Parallel = 8;

    public static async Task<int> RunAsync(AskSession session, FileInfo input, FileInfo output, CancellationToken cancellationToken)
    {
        var lines = await ReadAsync(input, cancellationToken);
        var answers = new ConcurrentDictionary<int, string>();
        var conversations = lines.Select((line, index) => (line, index)).GroupBy(pair => pair.line.Conversation, StringComparer.Ordinal);
        // A run must not meet the conversations of an earlier run with the same file.
        var run = Guid.NewGuid().ToString("N")[..8];
        var screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await screen.Progress().StartAsync(async progress =>
        {
            var task = progress.AddTask("ask", maxValue: Math.Max(1, lines.Count));
            await System.Threading.Tasks.Parallel.ForEachAsync(
                conversations,
                new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken },
                async (conversation, token) =>
                {
                    foreach (var (line, index) in conversation)
                    {
                        answers[index] = (await session.AskAsync($"{run}-{line.Conversation}", line.Text, token)).ToJson(line.Id);
                        task.Increment(1);
                    }
                });
        });
        output.Directory?.Create();
        await File.WriteAllLinesAsync(output.FullName, Enumerable.Range(0, lines.Count).Select(index => answers[index]), cancellationToken);
        return 0;
    }

    private static async Task<List<Line>> ReadAsync(FileInfo input, CancellationToken cancellationToken)
    {
        if (!input.Exists)
        {
            throw new UsageException($"There is no file {input.FullName}.");
        }

        await using Stream file = input.OpenRead();
        await using var stream = input.Extension == ".gz" ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream);
        var lines = new List<Line>();
        for (var number = 1; await reader.ReadLineAsync(cancellationToken) is { } text; number++)
        {
            if (text.Trim().Length > 0)
            {
                lines.Add(Parse(text, number, input));
            }
        }

        return lines;
    }

    private static Line Parse(string text, int number, FileInfo input)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            var id = TextOf(root, "id") ?? number.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return new Line(id, TextOf(root, "conversation") ?? id, TextOf(root, "text") ?? throw new UsageException($"{input.Name}, line {number}: there is no \"text\"."));
        }
        catch (JsonException exception)
        {
            throw new UsageException($"{input.Name}, line {number}: this is not JSON.", exception);
        }
    }

    private static string? TextOf(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value)
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()
            : null;

    private sealed record Line(string Id, string Conversation, string Text);
}
