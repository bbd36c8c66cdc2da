using System.Text.RegularExpressions;
using SmartService.Bot.Texts;

namespace SmartService.Bot.Answers.Checking;

/// <summary>Whether a clause affirms or denies, and what it is about. Guards against 「不在免费范围」 becoming 「可以免费」.</summary>
internal static partial class Polarity
{
    /// <summary>Whether the clause denies its main statement. What only names the case (「不是质量问题的，…」) does not count.</summary>
    public static bool Denies(string clause)
    {
        var core = Words().Replace(Doubled().Replace(Case().Replace(PlainText.Compact(clause), ""), ""), "");
        return Negation().IsMatch(core) != Opposite().IsMatch(core);
    }

    /// <summary>The letters that say what the clause is about: no negation, no modal or function words, no opposites of 免费.</summary>
    public static IReadOnlySet<string> Content(string clause)
    {
        var core = Opposite().Replace(Function().Replace(Negation().Replace(PlainText.Compact(clause), ""), ""), "免费");
        var letters = string.Concat(core.Where(char.IsLetterOrDigit));
        var pairs = new HashSet<string>(StringComparer.Ordinal);
        for (var at = 0; at + 1 < letters.Length; at++)
        {
            pairs.Add(letters.Substring(at, 2));
        }

        if (letters.Length == 1)
        {
            pairs.Add(letters);
        }

        return pairs;
    }

    /// <summary>Clauses, and each clause together with the one before it: 「人为损坏的，不在免费维修范围内」 is one statement.</summary>
    public static IEnumerable<(string About, string Statement)> Statements(string text)
    {
        foreach (var sentence in Sentences.Cut(text))
        {
            string? before = null;
            foreach (var clause in sentence.Split(['，', ',', '；', ';', '：', ':'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                yield return (clause, clause);
                if (before is not null)
                {
                    yield return (before + clause, clause);
                }

                before = clause;
            }
        }
    }

    /// <summary>Whether <paramref name="sentence"/> says yes where the closest statement of <paramref name="source"/> says no, or the other way round.</summary>
    public static bool Flips(string sentence, string source)
    {
        var known = Statements(source).Select(statement => (Content: Content(statement.About), Denies: Denies(statement.Statement))).Where(statement => statement.Content.Count > 0).ToList();
        foreach (var (about, statement) in Statements(sentence))
        {
            var content = Content(about);
            if (content.Count < 2)
            {
                continue;
            }

            var scored = known.Select(other => (other.Denies, Overlap: Overlap(content, other.Content))).ToList();
            var best = scored.Select(other => other.Overlap).DefaultIfEmpty(0).Max();
            var denies = Denies(statement);
            // Of several equally close statements one that agrees is enough.
            if (best >= 0.5 && !scored.Exists(other => other.Overlap >= best - 0.05 && other.Denies == denies))
            {
                return true;
            }
        }

        return false;
    }

    // Shared pairs against the larger side would punish short sentences, against the smaller one short clauses: take the middle.
    private static double Overlap(IReadOnlySet<string> left, IReadOnlySet<string> right)
    {
        var shared = (double)left.Count(right.Contains);
        return 2 * shared / (left.Count + right.Count);
    }

    // 「非质量问题的」「未拆封的」: only names the case.
    [GeneratedRegex("(如果|若|如)?(不是|并非|非|未经?|没有?|无法?)[^的]{1,12}(的话|的|时|情况下)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Case();

    [GeneratedRegex("不得不|不能不|没有不|无不|不无|不是不", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Doubled();

    // Words with a negative syllable that deny nothing.
    [GeneratedRegex("不仅|不但|不过|不同|不锈钢|不管|不论|无论|无理由|不断|不少|不错|差不多|不好意思|没关系|没问题|别的|特别|区别|分别|级别|类别|非常|未来|不限于|不满意", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Words();

    [GeneratedRegex("不|没|无法|无需|无须|无|未|勿|别|禁止|谢绝|拒绝|除外|非", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Negation();

    // Says the opposite of 免费 without a negation.
    [GeneratedRegex("收费|付费|自费|自理|自付|有偿|需要?支付|另(外|行)?(收|付|支付)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Opposite();

    [GeneratedRegex("可以|能够|需要|我们|您|你|的话|的|了|是|在|也|都|就|会|能|可|要|需|呢|吗|吧|啊|请|将|把|被|范围内?|之内|以内|内", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Function();
}
