using System.Text.RegularExpressions;
using SmartService.Bot.Texts;

namespace SmartService.Bot.Answers;

/// <summary>The question inside what was said.</summary>
internal static partial class Question
{
    /// <summary>Without the greeting in front and the thanks behind, which would only blur the search.</summary>
    public static string Of(string text)
    {
        var core = Thanks().Replace(Greeting().Replace(text.Trim(), ""), "").Trim();
        return core.Length == 0 ? text.Trim() : core;
    }

    /// <summary>
    /// The question as it can be repeated to the customer, or null when it is long or holds what we do not echo: digits of
    /// phones and orders, links, markup.
    /// </summary>
    public static string? Echo(string text)
    {
        var question = Of(text).TrimEnd('?', '？', '。', '！', '!', '~', '～', ' ', '，', ',');
        return question.Length is > 1 and <= 20 && question.Count(char.IsDigit) < 6 && Plain().IsMatch(question) ? question : null;
    }

    /// <summary>Whether a text asks something, rather than fills in a form.</summary>
    public static bool Asks(string text) => Asking().IsMatch(PlainText.Compact(text));

    [GeneratedRegex(@"^(?:(?:你好|您好|亲|哈喽|嗨|hi|hello|在吗|在么|客服|请问一?下?|我?想?(?:问|咨询)一?下|想问|(?:不要|不用|先别|别)再?(?:给我|帮我)?转(?:人工|真人|客服)(?:了|啦)?[\s,，]+你?(?:直接)?(?:告诉我|回答我?|说一?下)?)[\s,，。.!！~～?？、:：]*)+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Greeting();

    [GeneratedRegex(@"[\s,，。.!！~～?？]+(?:谢谢|多谢|感谢|谢了|麻烦了?)(?:你|您|啦|了|哈)?[\s。.!！~～]*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Thanks();

    [GeneratedRegex(@"^[\p{IsCJKUnifiedIdeographs}A-Za-z0-9 ,，、·]+$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Plain();

    [GeneratedRegex(@"[?？吗呢么]|怎么|怎样|如何|多少|多久|多大|什么|啥|哪|几[天个点种款折元块年月]|为何|能不能|可不可以|是不是|有没有|要不要|会不会|可以.*(?:吗|不)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Asking();
}
