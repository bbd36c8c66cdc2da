using System.Text;
using System.Text.RegularExpressions;

namespace SmartService.Channels.WeChat.Text;

/// <summary>
/// Renders the Markdown that people and models write as the plain text that WeChat shows. Line by line and forgiving:
/// whatever is not recognised stays as it is. Rendering twice changes nothing, because the rest of a long answer comes back.
/// </summary>
internal static partial class PlainText
{
    private const string CodeIndent = "    ";
    private const int RegexMs = 1000;

    public static string Render(string markdown)
    {
        var lines = Clean(markdown).Split('\n');
        var output = new List<string>(lines.Length);
        for (var i = 0; i < lines.Length; i++)
        {
            if (Fence().Match(lines[i]) is { Success: true } fence)
            {
                i = Code(lines, i + 1, fence.Groups["mark"].Value, output);
            }
            else if (i + 1 < lines.Length && lines[i].Contains('|', StringComparison.Ordinal) && TableRule().IsMatch(lines[i + 1]))
            {
                i = Table(lines, i, output);
            }
            else
            {
                output.Add(Line(lines[i]));
            }
        }

        return Gaps().Replace(string.Join('\n', output.Select(line => line.TrimEnd())), "\n\n").Trim('\n');
    }

    /// <summary>Drops control characters and lone surrogates; line ends become LF.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                clean.Append(c).Append(text[++i]);
            }
            else if (c == '\r')
            {
                if (i + 1 == text.Length || text[i + 1] != '\n')
                {
                    clean.Append('\n');
                }
            }
            else if (c is '\n' or '\t' || !(char.IsControl(c) || char.IsSurrogate(c) || c is '\uFFFE' or '\uFFFF'))
            {
                clean.Append(c);
            }
        }

        return clean.ToString();
    }

    /// <summary>Whether a customer would see nothing: white space and invisible characters only.</summary>
    public static bool IsBlank(string? text) => string.IsNullOrEmpty(text) || text.EnumerateRunes().All(rune =>
        Rune.IsWhiteSpace(rune)
        || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Control
        || rune.Value is >= 0xFE00 and <= 0xFE0F);

    private static string Line(string line)
    {
        if (Heading().Match(line) is { Success: true } heading)
        {
            var title = Inline(heading.Groups["text"].Value).Trim();
            return title.Length == 0 ? "" : $"【{title}】";
        }

        if (HorizontalRule().IsMatch(line))
        {
            return "";
        }

        if (Bullet().Match(line) is { Success: true } bullet)
        {
            return $"{bullet.Groups["indent"].Value}· {Inline(bullet.Groups["text"].Value)}";
        }

        // Four spaces are code, in Markdown as in what we render code to.
        return line.StartsWith(CodeIndent, StringComparison.Ordinal) ? line : Inline(Quote().Replace(line, ""));
    }

    private static int Code(string[] lines, int from, string mark, List<string> output)
    {
        var i = from;
        for (; i < lines.Length; i++)
        {
            var trimmed = lines[i].Trim();
            if (trimmed.StartsWith(mark, StringComparison.Ordinal) && trimmed.All(c => c == mark[0]))
            {
                break;
            }

            output.Add(lines[i].Length == 0 ? "" : CodeIndent + lines[i]);
        }

        return i;
    }

    // A table becomes one group of "column: value" lines per row, so that no message shows values without their names.
    private static int Table(string[] lines, int head, List<string> output)
    {
        var names = Cells(lines[head]);
        var i = head + 2;
        output.Add("");
        for (; i < lines.Length && lines[i].Contains('|', StringComparison.Ordinal); i++)
        {
            var cells = Cells(lines[i]);
            for (var column = 0; column < cells.Count; column++)
            {
                var name = column < names.Count ? names[column] : "";
                if (cells[column].Length > 0)
                {
                    output.Add(name.Length > 0 ? $"{name}: {cells[column]}" : cells[column]);
                }
            }

            output.Add("");
        }

        if (i == head + 2)
        {
            output.Add(string.Join(' ', names));
        }

        return i - 1;
    }

    private static List<string> Cells(string line)
    {
        var inner = line.Trim();
        inner = inner.StartsWith('|') ? inner[1..] : inner;
        inner = inner.EndsWith('|') && !inner.EndsWith("\\|", StringComparison.Ordinal) ? inner[..^1] : inner;
        return [.. CellBorder().Split(inner).Select(cell => Inline(cell.Trim()))];
    }

    private static string Inline(string text) => InlineMark().Replace(text, mark =>
    {
        if (mark.Groups["url"].Success || mark.Groups["code"].Success)
        {
            return mark.Groups["url"].Success ? mark.Value : mark.Groups["code"].Value;
        }

        if (mark.Groups["href"].Success)
        {
            var label = Inline(mark.Groups["label"].Value).Trim();
            var href = mark.Groups["href"].Value;
            return label.Length == 0 || label == href ? href : $"{label} {href}";
        }

        if (mark.Groups["auto"].Success)
        {
            return mark.Groups["auto"].Value;
        }

        return mark.Groups["escaped"].Success ? mark.Groups["escaped"].Value : Inline(mark.Groups["inner"].Value);
    });

    [GeneratedRegex(@"^ {0,3}(?<mark>```+|~~~+)[^`]*$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, RegexMs)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^ {0,3}\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, RegexMs)]
    private static partial Regex TableRule();

    [GeneratedRegex(@"(?<!\\)\|", RegexOptions.CultureInvariant, RegexMs)]
    private static partial Regex CellBorder();

    [GeneratedRegex(@"^ {0,3}#{1,6}(\s+(?<text>.*?)(\s+#+)?)?\s*$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, RegexMs)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^ {0,3}(?<mark>[-*_])[ \t]*(\k<mark>[ \t]*){2,}$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, RegexMs)]
    private static partial Regex HorizontalRule();

    [GeneratedRegex(@"^(?<indent>[ \t]*)[-*+][ \t]+(\[[ xX]\][ \t]+)?(?<text>.*)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, RegexMs)]
    private static partial Regex Bullet();

    [GeneratedRegex(@"^ {0,3}(>[ \t]?)+", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, RegexMs)]
    private static partial Regex Quote();

    [GeneratedRegex(@"\n(?:[ \t]*\n){2,}", RegexOptions.CultureInvariant, RegexMs)]
    private static partial Regex Gaps();

    // Lengths are bounded so that 100,000 unmatched marks stay cheap. Emphasis next to letters or digits is left alone:
    // 3*4*5 and snake_case are not Markdown to a customer. [微笑] is an emoticon of WeChat, not a link.
    [GeneratedRegex(
        """
        (?<url>(?:https?|ftp)://[!-~-[<>"`*\]]]+)
        |`(?<code>[^`\n]{1,500})`
        |!?\[(?<label>[^\[\]\n]{0,500})\]\(\s*<?(?<href>[^\s<>()]{1,2048}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,500})?)>?(?:\s+"[^"\n]{0,200}")?\s*\)
        |<(?<auto>(?:https?://|mailto:)[^\s<>]{1,2048})>
        |\*\*(?=\S)(?<inner>[^*\n]{1,500}?(?:\*[^*\n]{1,100}\*[^*\n]{0,300}?)?)(?<=\S)\*\*
        |__(?=\S)(?<inner>[^_\n]{1,500}?)(?<=\S)__(?!\w)
        |~~(?=\S)(?<inner>[^~\n]{1,500}?)(?<=\S)~~
        |(?<![A-Za-z0-9*\\])\*(?=[^\s*])(?<inner>[^*\n]{1,500}?)(?<=\S)\*(?![A-Za-z0-9*])
        |(?<![\w\\])_(?=[^\s_])(?<inner>[^_\n]{1,500}?)(?<=\S)_(?!\w)
        |\\(?<escaped>[\\`*_{}\[\]()#+\-.!|~>])
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, RegexMs * 5)]
    private static partial Regex InlineMark();
}
