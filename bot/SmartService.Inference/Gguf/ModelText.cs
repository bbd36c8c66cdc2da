using System.Globalization;
using System.Text;

namespace SmartService.Inference.Gguf;

/// <summary>Texts that a model file says about itself. They go to terminals, logs and metrics, and whoever made the file chose them.</summary>
internal static class ModelText
{
    /// <summary>The most characters of a name that are shown.</summary>
    public const int Longest = 100;

    /// <summary>Without control and direction characters, cut at <see cref="Longest"/>.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > Longest)
            {
                break;
            }

            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned))
            {
                clean.Append(rune.ToString());
            }
        }

        return clean.ToString().Trim();
    }
}
