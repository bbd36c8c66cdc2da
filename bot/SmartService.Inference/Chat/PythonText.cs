namespace SmartService.Inference.Chat;

/// <summary>What <c>trim</c> means in the templates: Python's <c>str.strip()</c>, whose white space has four separators more than .NET's.</summary>
internal static class PythonText
{
    public static string Strip(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsSpace(text[start]))
        {
            start++;
        }

        while (end > start && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    private static bool IsSpace(char character) => character is >= '\u001c' and <= '\u001f' || char.IsWhiteSpace(character);
}
