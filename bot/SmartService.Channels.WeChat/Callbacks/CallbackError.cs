namespace SmartService.Channels.WeChat.Callbacks;

/// <summary>
/// Why a callback was refused, with the vendor library's numbers because operators search for them. Only for the log:
/// the answer to the outside is always the same.
/// </summary>
public enum CallbackError
{
    /// <summary>Accepted.</summary>
    None = 0,

    /// <summary>The signature, or a parameter that it needs, is missing or wrong.</summary>
    Signature = -40001,

    /// <summary>The envelope is not XML or JSON with exactly one ciphertext.</summary>
    Envelope = -40002,

    /// <summary>The plaintext is meant for another corp or app.</summary>
    ReceiveId = -40005,

    /// <summary>The ciphertext is not whole blocks, or its padding is not well formed.</summary>
    Decrypt = -40007,

    /// <summary>The frame inside is too short, lies about its length, or does not hold UTF-8.</summary>
    Buffer = -40008,

    /// <summary>The ciphertext is not base64.</summary>
    Base64 = -40010,

    /// <summary>The timestamp is outside the window. Our own number: the vendor has no such check.</summary>
    Stale = -40099,
}
