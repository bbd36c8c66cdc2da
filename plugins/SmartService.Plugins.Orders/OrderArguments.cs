using System.Text.RegularExpressions;

namespace SmartService.Plugins.Orders;

/// <summary>What the tools accept, whoever wrote it.</summary>
internal sealed partial class OrderArguments(OrdersOptions options)
{
    public const int LongestReason = 100;

    private readonly Regex _typed = new($"^{(options.NumberPrefix.Length > 0 ? options.NumberPrefix : "[A-Z]{2}")}[0-9]{{{options.NumberDigits}}}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>
    /// The order number in capitals, or null when it is none: as the settings describe it, or in the shop's own form as order
    /// cards bring it. Neither has dots or slashes, which would turn into another path at the order system.
    /// </summary>
    public string? Number(string? text)
    {
        var number = (text ?? "").Trim().ToUpperInvariant();
        return _typed.IsMatch(number) || Card().IsMatch(number) ? number : null;
    }

    public static bool IsTail(string? text) => text is not null && Tail().IsMatch(text);

    public static bool IsReason(string? text) => !string.IsNullOrWhiteSpace(text) && text.Length <= LongestReason && !HasLink(text);

    /// <summary>Whether the text would show as a link on the shop's screens.</summary>
    public static bool HasLink(string text) => Link().IsMatch(text);

    [GeneratedRegex(@"^[A-Z0-9][A-Z0-9_-]{5,31}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Card();

    [GeneratedRegex(@"^[0-9]{4}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Tail();

    [GeneratedRegex(@"[a-z]+://|www\.|[a-z0-9]\.(com|cn|net|org|shop|top|xyz|cc|vip|io|me|info)(?![a-z])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();
}
