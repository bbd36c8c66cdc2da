using System.Text;
using System.Text.RegularExpressions;

namespace SmartService.Plugins.Orders;

/// <summary>Finds order numbers, phone tails and the few words that steer a task in what customers write.</summary>
internal sealed partial class OrderWords
{
    private readonly Regex _number;

    public OrderWords(OrdersOptions options)
    {
        var prefix = options.NumberPrefix.Length > 0 ? options.NumberPrefix : "[A-Z]{2}";
        // Customers type 「my 2026-1018-001」; the engine that cannot look around is not needed, the pattern is linear.
        _number = new Regex($@"(?<![A-Z0-9]){prefix}[\s-]*(?:[0-9][\s-]*){{{options.NumberDigits}}}(?![0-9])", RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(200));
    }

    /// <summary>Order number and phone tail in the text, each null when absent.</summary>
    public (string? Order, string? Phone) Find(string text)
    {
        var normal = Normal(text);
        var match = _number.Match(normal);
        if (!match.Success)
        {
            // A card names its order in the shop's own form.
            var named = Named().Match(normal);
            return named.Success ? (named.Groups["id"].Value, null) : (null, Tail(normal));
        }

        return (string.Concat(match.Value.Where(char.IsAsciiLetterOrDigit)), Tail(normal.Remove(match.Index, match.Length).Insert(match.Index, " ")));
    }

    /// <summary>Whether the text has digits that could be part of an order number.</summary>
    public static bool HasDigits(string text) => Digits().IsMatch(Normal(text));

    public static bool Cancels(string text) => Cancel().IsMatch(Bare(text));

    public static bool Confirms(string text) => Confirm().IsMatch(Bare(text));

    public static bool ChangesReason(string text) => Change().IsMatch(Bare(text));

    public static bool Retries(string text) => Retry().IsMatch(Bare(text));

    /// <summary>Whether the text asks something instead of filling the form.</summary>
    public static bool Asks(string text) => Question().IsMatch(Bare(text) + (text.TrimEnd().EndsWith('?') || text.TrimEnd().EndsWith('？') ? "?" : ""));

    public static string Bare(string text) => string.Concat(Normal(text).ToLowerInvariant().Where(char.IsLetterOrDigit));

    private static string Normal(string text)
    {
        var whole = string.Concat((text.Length > 2000 ? text[..2000] : text).EnumerateRunes().Select(rune => rune.ToString()));
        return whole.Normalize(NormalizationForm.FormKC).ToUpperInvariant();
    }

    private static string? Tail(string normal)
    {
        var phone = Phone().Match(normal);
        if (phone.Success)
        {
            return phone.Value[^4..];
        }

        var tail = FourDigits().Match(normal);
        return tail.Success ? tail.Value : null;
    }

    [GeneratedRegex("订单号[:\\s]*(?<id>[A-Z0-9][A-Z0-9_-]{5,31})(?![A-Z0-9])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Named();

    [GeneratedRegex("(?<![0-9])1[0-9]{10}(?![0-9])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Phone();

    [GeneratedRegex("(?<![A-Z0-9])[0-9]{4}(?![0-9])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FourDigits();

    [GeneratedRegex("[0-9]{3,}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Digits();

    [GeneratedRegex("^(那|我|那我)?(先)?(取消|算了|不退了?|不查了?|不办了?|不用了?|不要了|不想退了?|不想查了?|退出|放弃|停|先不(退|查|用|办)了?|暂时不(退|查|用)了?|还是不(退|要退)了?|别退了|不申请了|取消(申请|退货|退货申请|查询|办理))(吧|啦|了|谢谢)*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Cancel();

    [GeneratedRegex("^(我)?(确认|确定|是的?|对的?|好的?|可以|同意|没错|没问题|ok|yes|嗯|行|提交)+(提交|退货|无误|了|吧|的|啊)*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Confirm();

    [GeneratedRegex("(改|换|重写|重填|写错)(一下|个|了)?(退货)?(原因|理由)|(原因|理由)(不对|错了|写错|改|换)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Change();

    [GeneratedRegex("^(重试|再试|再查|重新查|再来)(一下|一次|试试|吧)*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Retry();

    [GeneratedRegex("[?吗呢么]|怎么|如何|多少|多久|多大|什么|啥|哪|谁|几[天个点种款折楼]|能不能|可不可以|是不是|有没有|要不要|会不会", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Question();
}
