using System.Text.RegularExpressions;
using SmartService.Bot.Texts;

namespace SmartService.Bot.Answers;

/// <summary>「多少钱，有货吗，几天能到」: the questions inside one message, and whether they can be understood without a product.</summary>
internal static partial class SeveralQuestions
{
    private const int Most = 4;
    private const int LongestText = 80;

    /// <summary>The questions in order, statements joined to the question that they introduce; a single entry when there is only one.</summary>
    public static IReadOnlyList<string> In(string text)
    {
        var questions = new List<string>();
        var before = "";
        foreach (var clause in Clauses(text))
        {
            before = before.Length == 0 ? clause : $"{before}，{clause}";
            if (Question.Asks(clause))
            {
                questions.Add(before);
                before = "";
            }
        }

        return questions.Count is > 1 and <= Most && text.Length <= LongestText ? questions : [text];
    }

    /// <summary>Whether everything asked is about a product that is not named: price, stock, size and the like, perhaps with delivery.</summary>
    public static bool LackProduct(string text)
    {
        var clauses = Clauses(text).Select(PlainText.Bare).Where(clause => clause.Length > 0).ToList();
        return clauses.Exists(clause => Trait().IsMatch(clause)) && clauses.TrueForAll(clause => Trait().IsMatch(clause) || Delivery().IsMatch(clause));
    }

    private static string[] Clauses(string text) =>
        text.Split(['，', ',', '。', '？', '?', '！', '!', '；', ';', '、', '\n', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    [GeneratedRegex("^(请问|那|那么)?(这个|那个|这款|那款|这件|它|这)?(的)?(是|要|有|卖)?(多少钱|多少元|几块钱|什么价格?|啥价|价格(是)?(多少)?|价钱(多少)?|怎么卖|售价|还?有(现)?货(吗|么|没|不)?|有没有(现)?货|库存(多少|还有吗)?|多大(尺寸)?|(什么)?尺寸(是)?(多少|多大)?|多高|多宽|多重|有?(什么|哪些|几种|几个)颜色|颜色(有哪些)?|(是)?(什么|啥)(材质|材料|面料)(的|做的)?|材质(是什么)?)(呀|啊|呢|的|吗|哦)?$|^(这个|那个|这款|那款|这件)(呢|怎么样|好吗|如何)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Trait();

    [GeneratedRegex("^(大概|大约|一般)?(几天|多久|多长时间|什么时候)(能|可以|会)?(到|到货|送到|发货|收到)(呀|啊|呢)?$|^(包邮|包运费|包安装|包送货)(吗|么|不)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Delivery();
}
