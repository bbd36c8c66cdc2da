using System.Text;
using SmartService.Ingest.Tables;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>
/// CSV and TSV as Excel and WPS save them (RFC 4180). CsvHelper 34 reads UTF-8 bytes through a new API made for typed
/// records; for rows of strings these lines are all that is needed.
/// </summary>
public sealed class CsvTableReader : IDocumentReader
{
    private const int LongestCell = 1_000_000;

    public IReadOnlyCollection<string> Extensions { get; } = [".csv", ".tsv"];

    public SourceDocument Read(string name, ReadOnlyMemory<byte> content)
    {
        var text = TextDecoder.Decode(content);
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var header = end < 0 ? text : text[..end];
        var delimiter = header.Contains('\t') ? '\t' : header.Contains(',') || !header.Contains(';') ? ',' : ';';
        return TableDocument.From(name, [new SheetRows("", Rows(text, delimiter))]);
    }

    internal static List<string[]> Rows(string text, char delimiter)
    {
        var rows = new List<string[]>();
        var row = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"')
                {
                    cell.Append(c);
                }
                else if (i + 1 < text.Length && text[i + 1] == '"')
                {
                    cell.Append('"');
                    i++;
                }
                else
                {
                    quoted = false;
                }

                if (cell.Length > LongestCell)
                {
                    break;
                }
            }
            else if (c == '"' && cell.Length == 0)
            {
                quoted = true;
            }
            else if (c == delimiter)
            {
                EndCell(row, cell);
            }
            else if (c == '\n' || (c == '\r' && (i + 1 >= text.Length || text[i + 1] != '\n')))
            {
                EndRow(rows, row, cell);
            }
            else if (c != '\r')
            {
                cell.Append(c);
            }
        }

        if (quoted)
        {
            throw new UnreadableDocumentException("The table cannot be read: a quoted cell is not closed or far too long.");
        }

        if (row.Count > 0 || cell.Length > 0)
        {
            EndRow(rows, row, cell);
        }

        return rows;
    }

    private static void EndCell(List<string> row, StringBuilder cell)
    {
        row.Add(cell.ToString().Trim());
        cell.Clear();
        TableLimits.CheckColumns(row.Count);
    }

    private static void EndRow(List<string[]> rows, List<string> row, StringBuilder cell)
    {
        EndCell(row, cell);
        TableLimits.CheckRows(rows.Count);
        rows.Add([.. row]);
        row.Clear();
    }
}
