using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using SmartService.Ingest.Tables;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>CSV and TSV.</summary>
public sealed class CsvTableReader : IDocumentReader
{
    public IReadOnlyCollection<string> Extensions { get; } = [".csv", ".tsv"];

    public SourceDocument Read(string name, ReadOnlyMemory<byte> content)
    {
        var text = TextDecoder.Decode(content);
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var header = end < 0 ? text : text[..end];
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            HasHeaderRecord = false,
            BadDataFound = null,
            Delimiter = header.Contains('\t') ? "\t" : header.Contains(',') || !header.Contains(';') ? "," : ";",
            MaxFieldSize = 1_000_000,
        };
        try
        {
            using var parser = new CsvParser(new StringReader(text), configuration);
            var rows = new List<string[]>();
            while (parser.Read())
            {
                TableLimits.CheckColumns(parser.Count);
                TableLimits.CheckRows(rows.Count);
                rows.Add([.. parser.Record!.Select(cell => cell.Trim())]);
            }

            return TableDocument.From(name, [new SheetRows("", rows)]);
        }
        catch (CsvHelperException exception)
        {
            throw new UnreadableDocumentException("The table cannot be read: a cell is not closed or far too long.", exception);
        }
    }
}
