using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>The lines between <c>---</c> at the top of a Markdown or text file.</summary>
internal sealed record FrontMatter(string? Title, DateTimeOffset? ValidFrom, DateTimeOffset? ValidTo, string Body)
{
    public static FrontMatter Read(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        var end = lines[0].Trim() == "---" ? Array.FindIndex(lines, 1, line => line.Trim() is "---" or "...") : -1;
        if (end < 0)
        {
            return new FrontMatter(null, null, null, string.Join('\n', lines));
        }

        string? title = null;
        DateTimeOffset? from = null, to = null;
        foreach (var line in lines[1..end])
        {
            var colon = line.IndexOfAny([':', '：']);
            if (colon <= 0)
            {
                continue;
            }

            var value = line[(colon + 1)..].Trim().Trim('"', '\'');
            switch (line[..colon].Trim().ToLowerInvariant())
            {
                case "title" or "标题":
                    title = value.Length > 0 ? value : null;
                    break;
                case "valid_from" or "生效日期" or "开始日期":
                    from = Dates.From(value);
                    break;
                case "valid_to" or "valid_until" or "失效日期" or "结束日期" or "截止日期":
                    to = Dates.To(value);
                    break;
                case "有效期" or "valid":
                    (from, to) = Dates.Range(value);
                    break;
            }
        }

        (from, to) = Dates.Ordered(from, to);
        return new FrontMatter(title, from, to, string.Join('\n', lines[(end + 1)..]));
    }
}
