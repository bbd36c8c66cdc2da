using System.Text.RegularExpressions;

namespace SmartService.Knowledge.Retrieval;

/// <summary>What kind of thing a question asks for. Evidence that holds no such thing cannot answer it.</summary>
internal sealed partial record AnswerType(string Name, Regex Asks, Regex Holds)
{
    /// <summary>In this order: the first that asks wins.</summary>
    private static readonly AnswerType[] All =
    [
        new("clock", AsksClock(), HoldsClock()),
        new("contact", AsksContact(), HoldsContact()),
        new("money", AsksMoney(), HoldsMoney()),
        new("duration", AsksDuration(), HoldsDuration()),
        new("place", AsksPlace(), HoldsPlace()),
        new("person", AsksPerson(), HoldsPerson()),
        new("size", AsksSize(), HoldsNumber()),
        new("count", AsksCount(), HoldsNumber()),
    ];

    public static AnswerType? Of(string normalized) => Array.Find(All, type => type.Asks.IsMatch(normalized));

    /// <summary>Whether the text holds what the question asks for; 多少双 asks for a number of 双.</summary>
    public bool HeldBy(string question, string text) =>
        Holds.IsMatch(text) && (Name != "count" || Measure().Match(question) is not { Success: true } measure
            || Regex.IsMatch(text, $@"[\d两双单三四五六七八九十多几]+(个|多)?{measure.Groups["unit"].Value}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)));

    /// <summary>Whether it is asked for a number of something countable: 几层, 多少双.</summary>
    public static bool HasMeasure(string question) => Measure().IsMatch(question);

    [GeneratedRegex("(?:多少|几)(?:个(?=人))?(?<unit>度|分贝|圈|楼|台|辆|门|本|件|张|把|款|双|层|斗|次|期|岁|条|人)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Measure();

    [GeneratedRegex("几点|营业时间|上班时间|下班时间|开门|关门|打烊", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AsksClock();

    [GeneratedRegex(@"\d{1,2}[:点时]\d{0,2}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HoldsClock();

    [GeneratedRegex("电话(是|号)?多少|电话号|什么电话|手机号是|联系方式|邮箱|热线", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AsksContact();

    [GeneratedRegex(@"\d{7,}|\d{3,4}-\d{3,}|@", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HoldsContact();

    [GeneratedRegex("多少钱|多钱|几块|几元|什么价|价格|价钱|怎么收费|收多少|费.{0,2}多少", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AsksMoney();

    [GeneratedRegex(@"\d元|\d块|免费|包邮|免运费|¥|\d%|折", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HoldsMoney();

    [GeneratedRegex("多久|多长时间|几天|几个月|几年|多少天|何时|什么时候|啥时候|哪天|哪年|多快", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AsksDuration();

    [GeneratedRegex(@"\d+(个)?(天|日|小时|月|年|周|工作日|分钟)|当天|次日|当日|减半|加倍|终身|随时|即时|立即|\d{4}-\d{2}|前|后|时$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HoldsDuration();

    [GeneratedRegex("地址|在哪(?!.{0,2}(看|查|下|申|买|开|改|领|找|用|退|填|设))|什么地方|位置|怎么走", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AsksPlace();

    [GeneratedRegex("[省市区县路街镇]|大道|广场|号楼|页|小程序|“", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HoldsPlace();

    [GeneratedRegex("(是|叫)谁|谁是|哪位|叫什么名", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AsksPerson();

    [GeneratedRegex("先生|女士|经理|设计师|创始人|老板", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HoldsPerson();

    [GeneratedRegex("多大|多长|多宽|多高|多厚|多深|多重|尺寸|几斤|几公斤", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AsksSize();

    [GeneratedRegex("多少|几(度|个|件|张|把|款|种|层|斗|次|期|级|岁|双|套|人|条|瓦)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AsksCount();

    [GeneratedRegex("[0-9]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HoldsNumber();
}
