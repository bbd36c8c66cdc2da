using System.Globalization;
using System.Text;
using SmartService.Channels.WeChat.Text;
using SmartService.Replies;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>Fits a menu: head and tail 1024 bytes, ten items, ids of 64 and texts of 128 bytes. What does not fit becomes numbered text.</summary>
internal static class KfMenu
{
    private const int HeadBytes = 1024;
    private const int MaxItems = 10;

    /// <summary>Texts before, the menu, texts after.</summary>
    public static IEnumerable<ReplyPart> Fit(MenuPart menu)
    {
        var items = menu.Items.Select(Cleaned).ToList();
        var numbered = new List<string>();
        var shown = new List<MenuItem>();
        for (var i = 0; i < items.Count; i++)
        {
            if (shown.Count < MaxItems && IsLegal(items[i]))
            {
                shown.Add(items[i]);
            }
            else if (!PlainText.IsBlank(items[i].Text))
            {
                numbered.Add(Numbered(items[i], i + 1));
            }
        }

        var head = PlainText.Render(menu.Head);
        var tail = PlainText.Render(Lines([.. numbered, menu.Tail ?? ""]));
        if (shown.Count == 0)
        {
            return Texts(Lines([head, tail]));
        }

        var (before, shortHead) = Tail(head);
        var (shortTail, after) = Head(tail);
        return [.. Texts(before), new MenuPart(shortHead, shown, shortTail), .. Texts(after)];
    }

    /// <summary>The menu as text, for where no menu can be sent.</summary>
    public static string AsText(MenuPart menu) =>
        Lines([menu.Head, .. menu.Items.Select((item, index) => Numbered(item, index + 1)), menu.Tail ?? ""]);

    // A long head is introduced by ordinary messages; its last piece stays with the menu.
    private static (string Before, string Head) Tail(string head)
    {
        var pieces = TextSplitter.Split(head, HeadBytes);
        return pieces.Count <= 1 ? ("", head) : (head[..pieces[^1].Start].TrimEnd(), pieces[^1].Text);
    }

    private static (string? Tail, string After) Head(string tail)
    {
        var pieces = TextSplitter.Split(tail, HeadBytes);
        return pieces.Count <= 1 ? (tail.Length == 0 ? null : tail, "") : (pieces[0].Text, tail[pieces[1].Start..]);
    }

    private static bool IsLegal(MenuItem item) => item.Url is { } url
        ? Fits(url, 2048) && Fits(item.Text, 1024)
        : Fits(item.Id, 64) && Fits(item.Text, 128);

    private static bool Fits(string text, int maxBytes) => !PlainText.IsBlank(text) && Encoding.UTF8.GetByteCount(text) <= maxBytes;

    private static MenuItem Cleaned(MenuItem item) =>
        item with { Text = PlainText.Clean(item.Text).ReplaceLineEndings(" ").Trim(), Url = string.IsNullOrWhiteSpace(item.Url) ? null : item.Url.Trim() };

    private static string Numbered(MenuItem item, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{number}. {item.Text}{(item.Url is null ? "" : " " + item.Url)}");

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines.Where(line => !PlainText.IsBlank(line)));

    private static IEnumerable<ReplyPart> Texts(string text) => PlainText.IsBlank(text) ? [] : [new TextPart(text)];
}
