namespace SmartService.Channels.WeChat.Callbacks;

/// <summary>The secrets of one callback URL, parsed once. Not a record: it must never print itself.</summary>
public sealed class CallbackKeys
{
    /// <summary>Length of an EncodingAESKey as the console shows it.</summary>
    public const int EncodingAesKeyLength = 43;

    private readonly byte[] _current;
    private readonly byte[]? _previous;

    /// <summary>Parses the keys as the console shows them.</summary>
    /// <exception cref="FormatException">A key is not 43 characters of base64.</exception>
    public CallbackKeys(string token, string encodingAesKey, string receiveId, string? previousEncodingAesKey = null)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(receiveId);
        Token = token;
        ReceiveId = receiveId;
        _current = ParseKey(encodingAesKey);
        _previous = string.IsNullOrEmpty(previousEncodingAesKey) ? null : ParseKey(previousEncodingAesKey);
    }

    /// <summary>The token that takes part in every signature.</summary>
    public string Token { get; }

    /// <summary>What every plaintext ends with: the corp id, the app id, or nothing for the AI bot.</summary>
    public string ReceiveId { get; }

    /// <summary>Whether a key from before a rotation is still accepted.</summary>
    public bool HasPrevious => _previous is not null;

    /// <summary>Whether <paramref name="encodingAesKey"/> is a key.</summary>
    public static bool IsKey(string? encodingAesKey) => TryParseKey(encodingAesKey, out _);

    internal byte[] Key(bool previous) => previous
        ? _previous ?? throw new InvalidOperationException("There is no previous EncodingAESKey.")
        : _current;

    private static byte[] ParseKey(string? encodingAesKey) =>
        TryParseKey(encodingAesKey, out var key) ? key : throw new FormatException("EncodingAESKey must be 43 characters of base64.");

    private static bool TryParseKey(string? encodingAesKey, out byte[] key)
    {
        key = new byte[32];
        // Convert accepts a last character whose two unused bits are not zero, as three of four real keys have; the newer
        // System.Buffers.Text.Base64 refuses them. Convert also skips white space, which shows in the number of bytes.
        return encodingAesKey is { Length: EncodingAesKeyLength }
            && Convert.TryFromBase64String(encodingAesKey + "=", key, out var written)
            && written == key.Length;
    }
}
