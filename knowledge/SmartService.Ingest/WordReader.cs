using System.Globalization;
using System.Text.RegularExpressions;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>Word documents: headings by style or outline level, paragraphs, tables row by row.</summary>
public sealed partial class WordReader : IDocumentReader
{
    public IReadOnlyCollection<string> Extensions { get; } = [".docx"];

    public SourceDocument Read(string name, ReadOnlyMemory<byte> content)
    {
        ArchiveGuard.Check(content);
        try
        {
            using var document = WordprocessingDocument.Open(new MemoryStream(content.ToArray(), writable: false), isEditable: false);
            var body = document.MainDocumentPart?.Document?.Body ?? throw new UnreadableDocumentException("The file is damaged: it has no body.");
            return Read(name, body, Styles(document.MainDocumentPart));
        }
        catch (Exception exception) when (exception is OpenXmlPackageException or FileFormatException or System.Xml.XmlException or InvalidOperationException)
        {
            throw new UnreadableDocumentException("The file is damaged: it is not a readable Word document.", exception);
        }
    }

    private static SourceDocument Read(string name, Body body, IReadOnlyDictionary<string, int> styles)
    {
        var paragraphs = body.Elements<Paragraph>().Select(paragraph => (level: Level(paragraph, styles), text: Text(paragraph))).Where(pair => pair.text.Length > 0).ToList();
        var title = paragraphs.FirstOrDefault(pair => pair.level is 0 or 1).text;
        if (string.IsNullOrEmpty(title))
        {
            title = Path.GetFileNameWithoutExtension(name);
        }

        var sections = new SectionBuilder(title);
        foreach (var element in body.ChildElements)
        {
            if (element is Table table)
            {
                sections.Table([.. table.Elements<TableRow>().Select(row => (IReadOnlyList<string>)[.. row.Elements<TableCell>().Select(cell => string.Join('\n', cell.Descendants<Paragraph>().Select(Text)))])]);
            }
            else
            {
                foreach (var paragraph in element is Paragraph own ? [own] : element.Descendants<Paragraph>())
                {
                    Add(paragraph, styles, sections);
                }
            }
        }

        return new SourceDocument { Title = title, Passages = sections.Passages() };
    }

    private static void Add(Paragraph paragraph, IReadOnlyDictionary<string, int> styles, SectionBuilder sections)
    {
        var text = Text(paragraph);
        if (Level(paragraph, styles) is { } level)
        {
            sections.Heading(level, text);
        }
        else
        {
            sections.Line(text);
        }
    }

    /// <summary>0 for the title, 1 to 9 for headings, null for text.</summary>
    private static int? Level(Paragraph paragraph, IReadOnlyDictionary<string, int> styles)
    {
        var properties = paragraph.ParagraphProperties;
        if (properties?.OutlineLevel?.Val?.Value is { } outline and < 9)
        {
            return outline + 1;
        }

        return properties?.ParagraphStyleId?.Val?.Value is { } style && styles.TryGetValue(style, out var level) ? level : null;
    }

    private static Dictionary<string, int> Styles(MainDocumentPart part)
    {
        var levels = new Dictionary<string, int>(StringComparer.Ordinal) { ["Title"] = 0 };
        for (var i = 1; i <= 9; i++)
        {
            levels[string.Create(CultureInfo.InvariantCulture, $"Heading{i}")] = i;
        }

        foreach (var style in part.StyleDefinitionsPart?.Styles?.Elements<Style>() ?? [])
        {
            var name = style.StyleName?.Val?.Value ?? "";
            if (style.StyleId?.Value is not { } id)
            {
                continue;
            }

            if (HeadingName().Match(name) is { Success: true } match)
            {
                levels[id] = int.Parse(match.Groups["level"].ValueSpan, CultureInfo.InvariantCulture);
            }
            else if (style.StyleParagraphProperties?.OutlineLevel?.Val?.Value is { } outline and < 9)
            {
                levels[id] = outline + 1;
            }
            else if (name.Equals("title", StringComparison.OrdinalIgnoreCase) || name == "标题")
            {
                levels[id] = 0;
            }
        }

        return levels;
    }

    private static string Text(OpenXmlElement paragraph) => string.Concat(paragraph.Descendants().Select(element => element switch
    {
        DocumentFormat.OpenXml.Wordprocessing.Text text => text.Text,
        Break or CarriageReturn => "\n",
        TabChar => " ",
        _ => "",
    })).Trim();

    [GeneratedRegex("^(heading|标题)\\s*(?<level>[1-9])$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HeadingName();
}
