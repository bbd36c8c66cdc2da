using System.Text.RegularExpressions;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Documents;

/// <summary>Recognises text in documents that speaks to a language model instead of to a reader.</summary>
internal static partial class HiddenInstructions
{
    public static bool Found(string text) => Wording().IsMatch(ChineseText.Normalize(text).Text) || Invisible().IsMatch(text);

    [GeneratedRegex(
        @"(忽略|无视|忘记|不要理会|跳过).{0,8}(规则|指令|提示词|设定|要求|限制|系统)|你现在(是|扮演)|从现在(起|开始),?你|(系统|开发者)(提示词|指令|消息)\s*[::]|不要(告诉|透露给)(客户|顾客|用户)|把.{0,12}(发给|发送到|转给).{0,20}(http|邮箱|@)|ignore\s+(all\s+|any\s+)?(the\s+)?(previous|above|prior|earlier)|disregard\s+.{0,20}(instructions|rules)|(system|developer)\s*(prompt|message)|you\s+are\s+now\b|<\|?(system|im_start)\|?>|jailbreak",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Wording();

    // Tag characters and runs of zero-width characters have no honest use in a shop's documents.
    [GeneratedRegex("[\u200b-\u200f\u2060-\u2064\u202a-\u202e]{4,}|(\udb40[\udc00-\udc7f]){3,}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Invisible();
}
