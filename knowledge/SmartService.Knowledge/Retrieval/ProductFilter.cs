using System.Globalization;
using System.Text.RegularExpressions;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>A choice among products that the question describes: 三千以内的沙发, 最便宜的床垫, 有现货的地毯, 有哪些茶几.</summary>
internal sealed partial record ProductFilter(string Relation, decimal? Least, decimal? Most, bool? Ascending, bool InStock, int Start, int Length)
{
    private const string Number = @"(\d+(\.\d+)?|[一二两三四五六七八九十百千万]+)";

    public static ProductFilter? Of(string text)
    {
        if (Range().Match(text) is { Success: true } range && Value(range.Groups["from"].Value) is { } from && Value(range.Groups["to"].Value) is { } to && from < to && to >= 10)
        {
            return new ProductFilter("价格", from, to, null, false, range.Index, range.Length);
        }

        if (Below().Match(text) is { Success: true } below && Value(below.Groups["value"].Value) is { } most && most >= 10)
        {
            return new ProductFilter("价格", null, most, null, false, below.Index, below.Length);
        }

        if (Above().Match(text) is { Success: true } above && Value(above.Groups["value"].Value) is { } least && least >= 10)
        {
            return new ProductFilter("价格", least, null, null, false, above.Index, above.Length);
        }

        if (Superlative().Match(text) is { Success: true } superlative)
        {
            var (relation, ascending) = Direction(superlative.Groups["what"].Value);
            return new ProductFilter(relation, null, null, ascending, false, superlative.Index, superlative.Length);
        }

        if (Stock().Match(text) is { Success: true } stock)
        {
            return new ProductFilter("库存", null, null, null, true, stock.Index, stock.Length);
        }

        return Which().Match(text) is { Success: true } which ? new ProductFilter("价格", null, null, null, false, which.Index, which.Length) : null;
    }

    /// <summary>What a comparison of named products is about.</summary>
    public static string? Compared(string text) => Comparison().Match(text) is { Success: true } match ? Direction(match.Groups["what"].Value).Relation : null;

    /// <summary>Where a comparison stands in the question.</summary>
    public static (int Start, int Length)? ComparedAt(string text) => Comparison().Match(text) is { Success: true } match ? (match.Index, match.Length) : null;

    public bool Accepts(decimal value) => (Least is null || value >= Least) && (Most is null || value <= Most) && (!InStock || value > 0);

    private static (string Relation, bool Ascending) Direction(string word) => word switch
    {
        "便宜" or "实惠" or "省钱" or "低" => ("价格", true),
        "贵" => ("价格", false),
        "轻" => ("重量", true),
        "重" => ("重量", false),
        "承重" or "承重大" => ("承重", false),
        "小" or "窄" or "矮" or "薄" => ("尺寸", true),
        "质保长" or "质保" or "保修" => ("质保", false),
        _ => ("尺寸", false),
    };

    private static decimal? Value(string text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) && number < 100_000_000
        ? number
        : ChineseNumerals.Parse(text);

    [GeneratedRegex("(?<from>" + Number + @")\s*(?:元|块钱?)?\s*(?:到|至|-|~|—)\s*(?<to>" + Number + @")\s*(?:元|块钱?)?(?:之间)?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Range();

    [GeneratedRegex("(?:不超过|低于|少于|最多|预算)(?<value>" + Number + ")(?:元|块钱?)?|(?<value>" + Number + @")\s*(?:元|块钱?)?\s*(?:以内|以下|之内|之下|内的|以里)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Below();

    [GeneratedRegex("(?<value>" + Number + @")\s*(?:元|块钱?)?\s*(?:以上|往上|起步)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Above();

    [GeneratedRegex("最(?<what>便宜|实惠|省钱|贵|轻|重|大|小|宽|长|高|厚|薄|窄|矮)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Superlative();

    [GeneratedRegex("有现货的?|有货的|现货", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Stock();

    [GeneratedRegex("(?:有|都有)(?:哪些|什么|啥|哪几款|几款)|有没有卖|推荐", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Which();

    [GeneratedRegex("(?:哪个|哪款|哪张|哪把|谁|哪一个|哪种)(?:更|比较|的)?(?<what>承重大?|质保长?|保修|便宜|实惠|省钱|贵|轻|重|大|小|宽|长|高|厚|薄|窄|矮)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Comparison();
}
