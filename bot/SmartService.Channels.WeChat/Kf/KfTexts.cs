using SmartService.Messages;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>The few words of this channel that customers read, from <c>kf-texts.zh.txt</c>.</summary>
internal static class KfTexts
{
    private static readonly Dictionary<string, string> Lines = Load();

    /// <summary>What stands for a file that had no room in a reply.</summary>
    public static string Media(MediaKind kind) => Lines[kind.ToString()];

    private static Dictionary<string, string> Load()
    {
        using var stream = typeof(KfTexts).Assembly.GetManifestResourceStream("kf-texts.zh.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
    }
}
