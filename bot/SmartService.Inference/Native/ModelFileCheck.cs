using System.Text.RegularExpressions;

namespace SmartService.Inference.Native;

/// <summary>What can be said about a model file before native code reads it.</summary>
internal static partial class ModelFileCheck
{
    /// <summary>One sentence that names the file, or null.</summary>
    public static string? ProblemOf(string path)
    {
        if (Directory.Exists(path))
        {
            return $"'{path}' is a folder; the model must be a GGUF file.";
        }

        if (!File.Exists(path))
        {
            return $"The model file '{path}' does not exist.";
        }

        return ShardProblem(path) ?? HeaderProblem(path);
    }

    private static string? ShardProblem(string path)
    {
        var match = Shard().Match(Path.GetFileName(path));
        if (!match.Success)
        {
            return null;
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string Name(int number) => $"{match.Groups["prefix"].Value}-{number:00000}-of-{match.Groups["count"].Value}.gguf";
        if (match.Groups["number"].Value != "00001")
        {
            return $"The model file '{path}' is a later part of a split model; name the first one, '{Name(1)}'.";
        }

        for (var number = 2; number <= int.Parse(match.Groups["count"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture); number++)
        {
            var part = Path.Combine(folder, Name(number));
            if (!File.Exists(part))
            {
                return $"The model file '{path}' is the first of {match.Groups["count"].Value.TrimStart('0')} parts, and '{part}' is missing.";
            }

            if (HeaderProblem(part) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static string? HeaderProblem(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[24];
            var length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (length == 0)
            {
                return $"The model file '{path}' is empty.";
            }

            return length < 4 || !start[..4].SequenceEqual("GGUF"u8) ? $"The file '{path}' is not a GGUF model."
                : length < start.Length ? $"The model file '{path}' is cut off; download it again."
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"The model file '{path}' cannot be read: {exception.Message.TrimEnd('.')}.";
        }
    }

    [GeneratedRegex(@"^(?<prefix>.+)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shard();
}
