using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace SmartService.Bot.Texts;

/// <summary>Reads the embedded files that hold what customers see and the words that we listen for.</summary>
internal static class TextFile
{
    public static T Load<T>(string name)
    {
        using var reader = new StringReader(Read("Texts." + name));
        return new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build().Deserialize<T>(reader);
    }

    /// <summary>The text of an embedded file, by its path with dots.</summary>
    public static string Read(string path)
    {
        using var stream = typeof(TextFile).Assembly.GetManifestResourceStream("SmartService.Bot." + path)
            ?? throw new InvalidOperationException($"The embedded file {path} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
