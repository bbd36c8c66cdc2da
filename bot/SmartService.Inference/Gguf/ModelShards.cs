using System.Globalization;
using System.Text.RegularExpressions;

namespace SmartService.Inference.Gguf;

/// <summary>The names of split models: <c>NAME-00001-of-00003.gguf</c>, numbered from 1 (llama.cpp finds the others by name).</summary>
internal static partial class ModelShards
{
    private const int MaxShards = 1000;

    /// <summary>All shards of the model whose first one is <paramref name="path"/>; itself alone where it is not split.</summary>
    public static IReadOnlyList<string> Of(string path, GgufSplit? split)
    {
        if (split is null)
        {
            return [path];
        }

        var file = Path.GetFileName(path);
        if (split.Number != 0)
        {
            var first = NamePattern().Match(file) is { Success: true } named ? $" Name {Name(named.Groups["stem"].Value, 1, split.Count)} instead." : "";
            throw Wrong(path, $"{file} is shard {split.Number + 1} of {split.Count}; a model is named by its first one.{first}");
        }

        var match = NamePattern().Match(file);
        if (!match.Success || Number(match, "number") != 1 || Number(match, "count") != split.Count || split.Count > MaxShards)
        {
            throw Wrong(path, $"{file} is the first of {split.Count} shards; it must be named NAME-00001-of-{split.Count:D5}.gguf, so that the others are found.");
        }

        var folder = Path.GetDirectoryName(path) ?? "";
        return [.. Enumerable.Range(1, split.Count).Select(number => number == 1 ? path : Path.Combine(folder, Name(match.Groups["stem"].Value, number, split.Count)))];
    }

    /// <summary>Whether a file name is that of a later shard.</summary>
    public static bool IsLater(string fileName) => NamePattern().Match(fileName) is { Success: true } match && Number(match, "number") != 1;

    public static ModelFileException Wrong(string path, string message) => new(ModelFileFault.WrongShard, message) { File = path };

    private static string Name(string stem, int number, int count) => string.Create(CultureInfo.InvariantCulture, $"{stem}-{number:D5}-of-{count:D5}.gguf");

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<stem>.+)-(?<number>[0-9]{5})-of-(?<count>[0-9]{5})\.gguf$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();
}
