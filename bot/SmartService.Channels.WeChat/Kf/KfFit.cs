using System.Text;
using SmartService.Channels.WeChat.Text;
using SmartService.Replies;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>Fits a reply to the limits of <c>kf/send_msg</c>.</summary>
internal static class KfFit
{
    private const int TextBytes = 2048;

    public static FittedReply Fit(IReadOnlyList<ReplyPart> reply, int maxParts)
    {
        ArgumentNullException.ThrowIfNull(reply);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxParts, 1);
        var parts = reply.SelectMany(Legal).ToList();
        var messages = Split(parts);
        if (messages.Count > maxParts)
        {
            messages = Split(Joined(parts));
        }

        return messages.Count <= maxParts ? new FittedReply([.. messages.Select(message => message.Part)], null) : Shortened(messages, maxParts);
    }

    public static string LinkText(LinkPart link) =>
        string.Join('\n', new[] { link.Title, link.Description, link.Url }.Select(PlainText.Clean).Where(line => !PlainText.IsBlank(line)));

    // What is no text keeps its place as long as one text can be sent as well; what is left over becomes the rest.
    private static FittedReply Shortened(List<Message> messages, int maxParts)
    {
        var others = messages.Count(message => message.Source is null);
        var texts = Math.Max(others < messages.Count ? 1 : 0, maxParts - others);
        var sent = new List<ReplyPart>(maxParts);
        var rest = new List<string>();
        string? cut = null;
        foreach (var message in messages)
        {
            var fits = sent.Count < maxParts && (message.Source is not null ? texts-- > 0 : sent.Count < maxParts - Math.Max(texts, 0));
            if (fits)
            {
                sent.Add(message.Part);
            }
            else if (message.Source is null)
            {
                rest.Add(AsText(message.Part));
            }
            else if (!ReferenceEquals(message.Source, cut))
            {
                // From here to the end as it stood, not piece by piece.
                cut = message.Source;
                rest.Add(cut[message.Start..]);
            }
        }

        return new FittedReply(sent, string.Join("\n\n", rest));
    }

    private static List<Message> Split(IEnumerable<ReplyPart> parts) =>
    [
        .. parts.SelectMany(part => part is TextPart text
            ? TextSplitter.Split(text.Text, TextBytes).Select(piece => new Message(new TextPart(piece.Text), text.Text, piece.Start))
            : [new Message(part, null, 0)]),
    ];

    private static List<ReplyPart> Joined(List<ReplyPart> parts)
    {
        var joined = new List<ReplyPart>();
        foreach (var part in parts)
        {
            if (part is TextPart next && joined.Count > 0 && joined[^1] is TextPart previous)
            {
                joined[^1] = new TextPart($"{previous.Text}\n\n{next.Text}");
            }
            else
            {
                joined.Add(part);
            }
        }

        return joined;
    }

    // Rendered, and each part that is no text within its own limits.
    private static IEnumerable<ReplyPart> Legal(ReplyPart part) => part switch
    {
        TextPart text => Texts(PlainText.Render(text.Text)),
        LinkPart link => IsCard(link) ? [Cleaned(link)] : Texts(LinkText(link)),
        MenuPart menu => KfMenu.Fit(menu),
        _ => [part],
    };

    private static IEnumerable<ReplyPart> Texts(string text) => PlainText.IsBlank(text) ? [] : [new TextPart(text)];

    private static LinkPart Cleaned(LinkPart link) =>
        link with { Title = PlainText.Clean(link.Title), Description = PlainText.Clean(link.Description), Url = link.Url.Trim() };

    private static bool IsCard(LinkPart link) =>
        !string.IsNullOrEmpty(link.ThumbMediaId)
        && !PlainText.IsBlank(link.Title) && Bytes(link.Title) <= 128
        && Bytes(link.Description) <= 512
        && Bytes(link.Url) <= 2048 && Uri.TryCreate(link.Url, UriKind.Absolute, out _);

    private static string AsText(ReplyPart message) => message switch
    {
        TextPart text => text.Text,
        MenuPart menu => KfMenu.AsText(menu),
        LinkPart link => LinkText(link),
        MediaPart media => KfTexts.Media(media.Kind),
        _ => "",
    };

    private static int Bytes(string text) => Encoding.UTF8.GetByteCount(text);

    /// <summary>One message, and for text the whole that it is a piece of.</summary>
    private sealed record Message(ReplyPart Part, string? Source, int Start);
}
