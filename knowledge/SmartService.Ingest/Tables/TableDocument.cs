using System.Globalization;
using System.Text.RegularExpressions;
using SmartService.Knowledge;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest.Tables;

/// <summary>The rows of one sheet.</summary>
internal sealed record SheetRows(string Name, IReadOnlyList<string[]> Rows);

/// <summary>Recognises what a table is by its header: FAQ, products, promotions with dates, or anything else.</summary>
internal sealed partial class TableDocument
{
    private const int HeaderWithin = 10;

    private readonly List<SourcePassage> _passages = [];
    private readonly List<SourceAlias> _aliases = [];
    private readonly List<string> _warnings = [];
    private string? _kindTitle;

    public static SourceDocument From(string name, IReadOnlyList<SheetRows> sheets)
    {
        var table = new TableDocument();
        var filled = sheets.Where(sheet => sheet.Rows.Any(row => row.Any(cell => cell.Length > 0))).ToList();
        var fileTitle = Path.GetFileNameWithoutExtension(name);
        foreach (var sheet in filled)
        {
            table.Read(filled.Count > 1 ? sheet.Name : null, sheet.Rows);
        }

        // Customers read the source: 商品表 says more to them than products.
        var title = fileTitle.Any(c => c > 0x2e80) ? fileTitle : table._kindTitle ?? fileTitle;
        return new SourceDocument
        {
            Title = title,
            Passages = [.. table._passages.Select(passage => passage with { Source = $"{title} › {passage.Source}" })],
            Aliases = table._aliases,
            Warnings = table._warnings,
        };
    }

    private void Read(string? sheet, IReadOnlyList<string[]> rows)
    {
        var at = HeaderRow(rows);
        var headers = rows[at].Select(Header.Parse).ToArray();
        var prefix = sheet is null ? "" : sheet + " › ";
        for (var i = at + 1; i < rows.Count; i++)
        {
            var cells = headers.Zip(rows[i], (header, value) => new Cell(header, value)).Where(cell => cell.Value.Length > 0).ToList();
            if (cells.Count == 0)
            {
                continue;
            }

            try
            {
                var (from, to) = Dates.Ordered(Dates.From(Value(cells, h => h.IsFrom)), Dates.To(Value(cells, h => h.IsTo)));
                if (ToPassage(headers, cells, prefix, i + 1) is { } passage)
                {
                    _passages.Add(passage with { ValidFrom = from, ValidTo = to });
                }
            }
            catch (UnreadableDocumentException exception)
            {
                // A row whose time is unknown must not be found as if it were always true.
                _warnings.Add($"Row {i + 1} was left out: {exception.Message}");
            }
        }
    }

    private SourcePassage? ToPassage(Header[] headers, List<Cell> cells, string prefix, int number)
    {
        if (Array.Exists(headers, h => h.IsQuestion) && Array.Exists(headers, h => h.IsAnswer))
        {
            return Faq(cells, prefix, number);
        }

        if (Array.Exists(headers, h => h.IsFrom || h.IsTo))
        {
            _kindTitle ??= "优惠活动";
            return Row(cells, prefix + Label(cells), null);
        }

        return Array.Exists(headers, h => h.IsName) && Array.Exists(headers, h => h.IsProductFact)
            ? Product(cells, prefix, number)
            : Row(cells, prefix + Label(cells), null);
    }

    private SourcePassage? Faq(List<Cell> cells, string prefix, int number)
    {
        _kindTitle ??= "常见问题";
        if (Value(cells, h => h.IsQuestion) is not { } question || Value(cells, h => h.IsAnswer) is not { } answer)
        {
            _warnings.Add($"Row {number} was left out: question or answer is empty.");
            return null;
        }

        var variants = (Value(cells, h => h.IsVariants) ?? "").Split(['|', '｜', '\n', ';', '；'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new SourcePassage { Kind = PassageKind.Faq, Source = prefix + question, Question = question, Variants = variants, Text = answer };
    }

    private SourcePassage? Product(List<Cell> cells, string prefix, int number)
    {
        _kindTitle ??= "商品表";
        if (Value(cells, h => h.IsName) is not { } name)
        {
            _warnings.Add($"Row {number} was left out: the product has no name.");
            return null;
        }

        foreach (var alias in cells.Where(cell => cell.Header.IsAlias).SelectMany(cell => AliasSeparators().Split(cell.Value)).Concat(cells.Where(cell => cell.Header.IsCode).Select(cell => cell.Value))
            .Select(alias => alias.Trim()).Where(alias => alias.Length > 1))
        {
            _aliases.Add(new SourceAlias(alias, name));
        }

        return Row(cells, prefix + name, name) with
        {
            Facts = [.. cells.Where(cell => !cell.Header.IsName && !cell.Header.IsAlias && cell.Header.Name.Length > 0).DistinctBy(cell => cell.Header.Name).Select(Fact)],
        };
    }

    private static SourceFact Fact(Cell cell)
    {
        var match = NumberWithUnit().Match(cell.Value);
        return match.Success && decimal.TryParse(match.Groups["number"].Value.Replace(",", "", StringComparison.Ordinal), NumberStyles.Number, CultureInfo.InvariantCulture, out var number)
            ? new SourceFact(cell.Header.Name, cell.Header.WithUnit(cell.Value), number, match.Groups["unit"].Value is { Length: > 0 } own ? own : cell.Header.Unit)
            : new SourceFact(cell.Header.Name, cell.Header.WithUnit(cell.Value), null, null);
    }

    private static SourcePassage Row(List<Cell> cells, string source, string? subject) => new()
    {
        Kind = PassageKind.Row,
        Source = source,
        Subject = subject,
        Text = string.Join('；', cells.Select(cell => cell.Header.Name.Length == 0 ? cell.Value : $"{cell.Header.Name}：{cell.Header.WithUnit(cell.Value).TrimEnd('。')}")),
    };

    /// <summary>What a person would call the row: its name, or its first words.</summary>
    private static string Label(List<Cell> cells) =>
        Value(cells, h => h.IsName) ?? string.Join(' ', cells.Where(cell => !char.IsAsciiDigit(cell.Value[0])).Select(cell => cell.Value.Length > 20 ? cell.Value[..20] : cell.Value).DefaultIfEmpty(cells[0].Value).Take(2));

    private static string? Value(List<Cell> cells, Func<Header, bool> header) => cells.Find(cell => header(cell.Header))?.Value;

    private static int HeaderRow(IReadOnlyList<string[]> rows)
    {
        var known = Enumerable.Range(0, Math.Min(rows.Count, HeaderWithin)).FirstOrDefault(
            i => rows[i].Select(Header.Parse).Count(h => h.IsName || h.IsQuestion || h.IsAnswer || h.IsProductFact || h.IsFrom || h.IsTo) >= 2, -1);
        return known >= 0 ? known : Math.Max(0, Enumerable.Range(0, Math.Min(rows.Count, HeaderWithin)).FirstOrDefault(i => rows[i].Count(cell => cell.Length > 0) >= 2, 0));
    }

    [GeneratedRegex(@"^(?<number>-?\d[\d,]*(\.\d+)?)\s*(?<unit>\p{L}{0,4})$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NumberWithUnit();

    [GeneratedRegex("[、,，;；|/]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AliasSeparators();

    private sealed record Cell(Header Header, string Value);
}
