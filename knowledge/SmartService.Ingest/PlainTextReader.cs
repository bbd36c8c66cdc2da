using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>Plain text: paragraphs between blank lines.</summary>
public sealed class PlainTextReader : IDocumentReader
{
    public IReadOnlyCollection<string> Extensions { get; } = [".txt"];

    public SourceDocument Read(string name, ReadOnlyMemory<byte> content)
    {
        var front = FrontMatter.Read(TextDecoder.Decode(content));
        var title = front.Title ?? Path.GetFileNameWithoutExtension(name);
        var sections = new SectionBuilder(title);
        foreach (var paragraph in front.Body.Split("\n\n"))
        {
            sections.Heading(1, "");
            sections.Line(paragraph);
        }

        return new SourceDocument { Title = title, ValidFrom = front.ValidFrom, ValidTo = front.ValidTo, Passages = sections.Passages() };
    }
}
