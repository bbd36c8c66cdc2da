using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SmartService.Channels.WeChat.Callbacks;

/// <summary>
/// Signs, encrypts and decrypts callbacks of one URL. Thread-safe. The frame is
/// <c>random[16] | length[4, big-endian] | message | receive id</c>, AES-256-CBC, padded to a multiple of 32.
/// </summary>
public sealed class CallbackCrypto(CallbackKeys keys)
{
    private const int RandomLength = 16;
    private const int HeaderLength = RandomLength + sizeof(int);
    private const int AesBlock = 16;

    // PKCS#7 over blocks of 32, twice the cipher's own block: the platform's PaddingMode.PKCS7 cannot do it.
    private const int PadBlock = 32;

    /// <summary>The keys in use.</summary>
    public CallbackKeys Keys { get; } = keys;

    /// <summary>Lower-case hex SHA-1 over the token and the three values in ordinal order.</summary>
    public string Sign(string timestamp, string nonce, string encrypt)
    {
        string[] parts = [Keys.Token, timestamp, nonce, encrypt];
        // A culture-aware order differs for mixed case, '_', '-', '+' and '/'.
        Array.Sort(parts, StringComparer.Ordinal);
#pragma warning disable CA5350 // SHA-1 is the platform's protocol.
        return Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(parts))));
#pragma warning restore CA5350
    }

    /// <summary>Encrypts a message under fresh random bytes.</summary>
    /// <param name="message">The plaintext.</param>
    /// <param name="previousKey">Answer a sender that still uses the key from before the rotation.</param>
    public string Encrypt(ReadOnlySpan<byte> message, bool previousKey = false)
    {
        Span<byte> random = stackalloc byte[RandomLength];
        RandomNumberGenerator.Fill(random);
        return Encrypt(message, random, previousKey);
    }

    /// <summary>Encrypts a message under the given 16 random bytes.</summary>
    public string Encrypt(ReadOnlySpan<byte> message, ReadOnlySpan<byte> random16, bool previousKey = false)
    {
        if (random16.Length != RandomLength)
        {
            throw new ArgumentException("Exactly 16 bytes are needed.", nameof(random16));
        }

        var receiveId = Encoding.UTF8.GetBytes(Keys.ReceiveId);
        var length = HeaderLength + message.Length + receiveId.Length;
        var padding = PadBlock - length % PadBlock;
        var frame = new byte[length + padding];
        random16.CopyTo(frame);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(RandomLength), message.Length);
        message.CopyTo(frame.AsSpan(HeaderLength));
        receiveId.CopyTo(frame.AsSpan(HeaderLength + message.Length));
        frame.AsSpan(length).Fill((byte)padding);

        var key = Keys.Key(previousKey);
        using var aes = Aes.Create();
        aes.Key = key;
        return Convert.ToBase64String(aes.EncryptCbc(frame, key.AsSpan(0, AesBlock), PaddingMode.None));
    }

    /// <summary>
    /// Checks and decrypts. The signature is the only integrity protection (CBC without a MAC decrypts altered ciphertext to
    /// altered text), so nothing is decrypted before it holds.
    /// </summary>
    /// <param name="query">Signature, timestamp and nonce of the URL.</param>
    /// <param name="encrypt">The ciphertext exactly as received.</param>
    /// <param name="window">When given, timestamps outside are refused.</param>
    public DecryptResult Decrypt(CallbackQuery query, string? encrypt, TimestampWindow? window = null)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Signature is null || query.Timestamp is null || query.Nonce is null || encrypt is null
            || !SameText(query.Signature, Sign(query.Timestamp, query.Nonce, encrypt)))
        {
            return DecryptResult.Refused(CallbackError.Signature);
        }

        if (window is { } limits && !limits.Holds(query.Timestamp))
        {
            return DecryptResult.Refused(CallbackError.Stale);
        }

        if (!TryDecodeBase64(encrypt, out var ciphertext))
        {
            return DecryptResult.Refused(CallbackError.Base64);
        }

        var result = Open(ciphertext, previousKey: false);
        if (!result.Ok && Keys.HasPrevious && Open(ciphertext, previousKey: true) is { Ok: true } older)
        {
            return older;
        }

        return result;
    }

    /// <summary>Decrypts a downloaded AI-bot file: same cipher, no frame. False when it is not whole or its padding is wrong.</summary>
    public bool TryDecryptMedia(ReadOnlySpan<byte> ciphertext, out byte[] media, bool previousKey = false)
    {
        var found = TryDecryptBlocks(ciphertext, previousKey, out var padded, out var length);
        media = found ? padded[..length] : [];
        return found;
    }

    private DecryptResult Open(ReadOnlySpan<byte> ciphertext, bool previousKey)
    {
        if (!TryDecryptBlocks(ciphertext, previousKey, out var padded, out var length))
        {
            return DecryptResult.Refused(CallbackError.Decrypt);
        }

        ReadOnlySpan<byte> frame = padded.AsSpan(0, length);
        if (frame.Length < HeaderLength)
        {
            return DecryptResult.Refused(CallbackError.Buffer);
        }

        var messageLength = BinaryPrimitives.ReadUInt32BigEndian(frame[RandomLength..]);
        var rest = frame[HeaderLength..];
        if (messageLength > rest.Length)
        {
            return DecryptResult.Refused(CallbackError.Buffer);
        }

        if (!rest[(int)messageLength..].SequenceEqual(Encoding.UTF8.GetBytes(Keys.ReceiveId)))
        {
            return DecryptResult.Refused(CallbackError.ReceiveId);
        }

        var message = rest[..(int)messageLength].ToArray();
        return System.Text.Unicode.Utf8.IsValid(message) ? new DecryptResult(CallbackError.None, message, previousKey) : DecryptResult.Refused(CallbackError.Buffer);
    }

    private bool TryDecryptBlocks(ReadOnlySpan<byte> ciphertext, bool previousKey, out byte[] padded, out int length)
    {
        padded = [];
        length = 0;
        if (ciphertext.IsEmpty || ciphertext.Length % AesBlock != 0)
        {
            return false;
        }

        var key = Keys.Key(previousKey);
        using var aes = Aes.Create();
        aes.Key = key;
        padded = aes.DecryptCbc(ciphertext, key.AsSpan(0, AesBlock), PaddingMode.None);
        var padding = padded[^1];
        length = padded.Length - padding;
        // Every padding byte counts, not only the last one.
        return padding is >= 1 and <= PadBlock && length >= 0 && !padded.AsSpan(length).ContainsAnyExcept(padding);
    }

    private static bool SameText(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

    private static bool TryDecodeBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length / 4 * 3];
        // Convert skips white space; the standard alphabet has none.
        if (text.Length == 0 || text.AsSpan().ContainsAny(" \t\r\n") || !Convert.TryFromBase64String(text, bytes, out var written))
        {
            return false;
        }

        bytes = bytes[..written];
        return true;
    }
}
