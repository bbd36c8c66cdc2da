using System.Text;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>Markdown: headings become the path of a passage, table rows stand alone, markup and HTML go.</summary>
public sealed class MarkdownReader : IDocumentReader
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().DisableHtml().Build();

    public IReadOnlyCollection<string> Extensions { get; } = [".md", ".markdown"];

    public SourceDocument Read(string name, ReadOnlyMemory<byte> content)
    {
        var front = FrontMatter.Read(TextDecoder.Decode(content));
        var blocks = Markdown.Parse(front.Body, Pipeline);
        var first = blocks.OfType<HeadingBlock>().FirstOrDefault(heading => heading.Level == 1);
        var title = front.Title ?? (first is null ? null : Inline(first.Inline)) ?? Path.GetFileNameWithoutExtension(name);
        var sections = new SectionBuilder(title);
        foreach (var block in blocks)
        {
            if (block == first)
            {
                // The only top heading is the title again, maybe in other words.
                sections.Heading(1, front.Title is null || blocks.OfType<HeadingBlock>().Count(heading => heading.Level == 1) == 1 ? title : Inline(first.Inline));
            }
            else
            {
                Add(block, sections);
            }
        }

        return new SourceDocument { Title = title, ValidFrom = front.ValidFrom, ValidTo = front.ValidTo, Passages = sections.Passages() };
    }

    private static void Add(Block block, SectionBuilder sections)
    {
        switch (block)
        {
            case HeadingBlock heading:
                sections.Heading(heading.Level, Inline(heading.Inline));
                break;
            case Table table:
                sections.Table([.. table.OfType<TableRow>().Select(row => (IReadOnlyList<string>)[.. row.OfType<TableCell>().Select(Flat)])]);
                break;
            case ListBlock list:
                foreach (var (item, number) in list.OfType<ListItemBlock>().Select((item, i) => (item, i + 1)))
                {
                    sections.Line((list.IsOrdered ? $"{number}. " : "") + Flat(item));
                }

                break;
            case ContainerBlock container:
                foreach (var child in container)
                {
                    Add(child, sections);
                }

                break;
            case CodeBlock code:
                sections.Line(code.Lines.ToString());
                break;
            case LeafBlock leaf:
                sections.Line(Inline(leaf.Inline));
                break;
        }
    }

    private static string Flat(ContainerBlock container) =>
        string.Join('\n', container.Descendants<LeafBlock>().Select(leaf => leaf is CodeBlock code ? code.Lines.ToString() : Inline(leaf.Inline)).Where(text => text.Length > 0));

    private static string Inline(ContainerInline? inline)
    {
        var text = new StringBuilder();
        foreach (var leaf in inline?.Descendants<LeafInline>() ?? [])
        {
            _ = leaf switch
            {
                LiteralInline literal => text.Append(literal.Content.AsSpan()),
                CodeInline code => text.Append(code.Content),
                LineBreakInline => text.Append('\n'),
                AutolinkInline link => text.Append(link.Url),
                _ => text,
            };
        }

        return text.ToString().Trim();
    }
}
