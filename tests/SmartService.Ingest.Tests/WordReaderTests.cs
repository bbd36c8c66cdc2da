using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;

namespace SmartService.Ingest.Tests;

public sealed class WordReaderTests
{
    [Fact]
    public void Headings_become_sources_and_rows_of_a_table_carry_its_header()
    {
        var document = new WordReader().Read("流程.docx", Build(
            Heading("售后流程", 0), Heading("投诉", 1), Paragraph("投诉后24小时内答复。"), Heading("时限", 2), Table(["问题", "时限"], ["少件", "3天"], ["破损", "5天"])));
        Assert.Equal("售后流程", document.Title);
        Assert.Contains(document.Passages, passage => passage.Source == "售后流程 › 投诉" && passage.Text == "投诉后24小时内答复。");
        var rows = document.Passages.Where(passage => passage.Source.StartsWith("售后流程 › 投诉 › 时限", StringComparison.Ordinal)).Select(passage => passage.Text).ToList();
        Assert.Contains(rows, text => text.Contains("少件", StringComparison.Ordinal) && text.Contains("时限：3天", StringComparison.Ordinal));
        Assert.Contains(rows, text => text.Contains("破损", StringComparison.Ordinal) && text.Contains("时限：5天", StringComparison.Ordinal));
    }

    [Fact]
    public void A_document_without_headings_is_titled_by_its_file()
    {
        var document = new WordReader().Read("说明.docx", Build(Paragraph("签收后7天内可以退货。")));
        Assert.Equal(("说明", "签收后7天内可以退货。"), (document.Title, Assert.Single(document.Passages).Text));
    }

    private static byte[] Build(params OpenXmlElement[] elements)
    {
        using var stream = new MemoryStream();
        using (var document = WordprocessingDocument.Create(stream, WordprocessingDocumentType.Document))
        {
            document.AddMainDocumentPart().Document = new Document(new Body(elements));
        }

        return stream.ToArray();
    }

    private static Paragraph Heading(string text, int level) =>
        new(new ParagraphProperties(new OutlineLevel { Val = level }), new Run(new Text(text)));

    private static Paragraph Paragraph(string text) => new(new Run(new Text(text)));

    private static Table Table(params string[][] rows) => new(rows.Select(row => new TableRow(row.Select(cell => new TableCell(Paragraph(cell))))));
}
