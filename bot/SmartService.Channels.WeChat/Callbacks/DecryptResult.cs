using System.Text;

namespace SmartService.Channels.WeChat.Callbacks;

/// <summary>What a ciphertext held, or why it was refused.</summary>
/// <param name="Error"><see cref="CallbackError.None"/> when accepted.</param>
/// <param name="Message">The message as sent; empty when refused.</param>
/// <param name="PreviousKey">Decrypted with the key from before the rotation: answer with the same key.</param>
public sealed record DecryptResult(CallbackError Error, byte[] Message, bool PreviousKey = false)
{
    /// <summary>Whether everything held.</summary>
    public bool Ok => Error == CallbackError.None;

    /// <summary>The message as text; it was checked to be UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Message);

    internal static DecryptResult Refused(CallbackError error) => new(error, []);
}

/// <summary>The three query parameters that every callback carries, URL-decoded.</summary>
public sealed record CallbackQuery(string? Signature, string? Timestamp, string? Nonce);

/// <summary>How far the sender's clock may be from ours.</summary>
public sealed record TimestampWindow(DateTimeOffset Now, TimeSpan MaxSkew)
{
    /// <summary>Seconds that the timestamp is behind our clock (negative: ahead); null when it is not a number.</summary>
    public static double? Skew(string? timestamp, DateTimeOffset now) =>
        long.TryParse(timestamp, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var seconds)
            ? now.ToUnixTimeMilliseconds() / 1000.0 - seconds
            : null;

    internal bool Holds(string? timestamp) => Skew(timestamp, Now) is { } skew && Math.Abs(skew) <= MaxSkew.TotalSeconds;
}
