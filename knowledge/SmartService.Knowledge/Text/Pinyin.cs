namespace SmartService.Knowledge.Text;

/// <summary>How characters sound, without tone: people pick the wrong character of the right sound.</summary>
internal static class Pinyin
{
    private static readonly Dictionary<char, string> Sounds = Resource.Lines("pinyin.txt").Select(line => line.Split(' '))
        .SelectMany(parts => parts[1].Select(c => (c, parts[0]))).ToDictionary(pair => pair.c, pair => pair.Item2);

    /// <summary>The sound of two characters; null when one is unknown.</summary>
    public static string? Of(ReadOnlySpan<char> pair) =>
        Sounds.TryGetValue(pair[0], out var first) && Sounds.TryGetValue(pair[1], out var second) ? $"{first} {second}" : null;
}
