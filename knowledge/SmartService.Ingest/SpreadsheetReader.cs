using System.Globalization;
using ExcelDataReader;
using ExcelDataReader.Exceptions;
using SmartService.Ingest.Tables;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>Excel workbooks, new and old.</summary>
public sealed class SpreadsheetReader : IDocumentReader
{
    public IReadOnlyCollection<string> Extensions { get; } = [".xlsx", ".xls"];

    public SourceDocument Read(string name, ReadOnlyMemory<byte> content)
    {
        IngestServices.EnsureCodePages();
        if (content.Span.StartsWith("PK"u8))
        {
            ArchiveGuard.Check(content);
        }
        else if (IsEncrypted(content.Span))
        {
            throw new UnreadableDocumentException("The workbook is encrypted. Save it without a password or protection and import it again.");
        }

        try
        {
            using var reader = ExcelReaderFactory.CreateReader(new MemoryStream(content.ToArray(), writable: false));
            var sheets = new List<SheetRows>();
            do
            {
                sheets.Add(new SheetRows(reader.Name, Rows(reader)));
            }
            while (reader.NextResult());
            return TableDocument.From(name, sheets);
        }
        catch (Exception exception) when (exception is ExcelReaderException or InvalidDataException or System.Xml.XmlException or EndOfStreamException
            or IndexOutOfRangeException or ArgumentException or NullReferenceException or FormatException)
        {
            throw new UnreadableDocumentException("The file is damaged: it is not a readable Excel workbook.", exception);
        }
    }

    /// <summary>
    /// An encrypted workbook is a zip file inside an OLE file. ExcelDataReader tries the well-known password of read-only
    /// workbooks by itself, so the zip file within would come past <see cref="ArchiveGuard"/>.
    /// </summary>
    private static bool IsEncrypted(ReadOnlySpan<byte> content)
    {
        const string Stream = "encryptedpackage";
        if (!content.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]))
        {
            return false;
        }

        for (var start = 0; start + (2 * Stream.Length) <= content.Length; start++)
        {
            var same = 0;
            while (same < Stream.Length && (content[start + (2 * same)] | 0x20) == Stream[same] && content[start + (2 * same) + 1] == 0)
            {
                same++;
            }

            if (same == Stream.Length)
            {
                return true;
            }
        }

        return false;
    }

    private static List<string[]> Rows(IExcelDataReader reader)
    {
        TableLimits.CheckColumns(reader.FieldCount);
        var rows = new List<string[]>();
        while (reader.Read())
        {
            TableLimits.CheckRows(rows.Count);
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => Cell(reader.GetValue(column)))]);
        }

        return rows;
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        DateTime { TimeOfDay.Ticks: 0 } date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime date => date.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        double number => ((decimal)Math.Round(number, 6)).ToString("0.######", CultureInfo.InvariantCulture),
        bool flag => flag ? "是" : "否",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)?.Trim() ?? "",
    };
}
