using SmartService.Knowledge;
using SmartService.Knowledge.Documents;
using SmartService.Knowledge.Text;

namespace SmartService.Ingest;

/// <summary>Collects lines under headings into passages small enough to be cited whole.</summary>
internal sealed class SectionBuilder(string title)
{
    private const int Longest = 500;

    private readonly List<(int Level, string Text)> _headings = [];
    private readonly List<string> _lines = [];
    private readonly List<SourcePassage> _passages = [];

    /// <summary>Starts a new section.</summary>
    public void Heading(int level, string text)
    {
        Flush();
        _headings.RemoveAll(heading => heading.Level >= level);
        if (text != title && text.Length > 0)
        {
            _headings.Add((level, text));
        }
    }

    public void Line(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            _lines.AddRange(line.Length <= Longest ? [line] : Cut(line));
        }
    }

    /// <summary>A table inside running text: each row repeats its header, so that it can stand alone.</summary>
    public void Table(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        Flush();
        foreach (var row in rows.Skip(1))
        {
            var cells = rows[0].Zip(row, (header, cell) => (header: header.Trim(), cell: cell.Trim())).Where(pair => pair.cell.Length > 0).ToList();
            if (cells.Count > 0)
            {
                _passages.Add(new SourcePassage
                {
                    Kind = PassageKind.Row,
                    Source = Path(),
                    Text = string.Join('；', cells.Select(pair => pair.header.Length == 0 ? pair.cell : $"{pair.header}：{pair.cell}")),
                });
            }
        }
    }

    public IReadOnlyList<SourcePassage> Passages()
    {
        Flush();
        return _passages;
    }

    private static IEnumerable<string> Cut(string line)
    {
        var start = 0;
        var end = 0;
        foreach (var (from, length) in Sentences.Split(line))
        {
            if (from + length - start > Longest && end > start)
            {
                yield return line[start..end];
                start = from;
            }

            end = from + length;
        }

        // A sentence without an end is cut hard, never inside a character.
        for (; start < end; start += Longest)
        {
            var until = Math.Min(start + Longest, end);
            if (until < end && char.IsLowSurrogate(line[until]))
            {
                until--;
            }

            yield return line[start..until];
            start -= Longest - (until - start);
        }
    }

    private void Flush()
    {
        var from = 0;
        while (from < _lines.Count)
        {
            var (to, length) = (from, 0);
            while (to < _lines.Count && (to == from || length + _lines[to].Length <= Longest))
            {
                length += _lines[to].Length + 1;
                to++;
            }

            _passages.Add(new SourcePassage { Kind = PassageKind.Text, Source = Path(), Text = string.Join('\n', _lines[from..to]) });
            from = to;
        }

        _lines.Clear();
    }

    private string Path() => string.Join(" › ", _headings.Select(heading => heading.Text).Prepend(title));
}
