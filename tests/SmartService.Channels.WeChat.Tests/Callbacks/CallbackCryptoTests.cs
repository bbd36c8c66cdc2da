using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SmartService.Channels.WeChat.Callbacks;

namespace SmartService.Channels.WeChat.Tests.Callbacks;

public sealed class CallbackCryptoTests
{
    private const string Token = "SmartServiceTok3n";
    private const string Key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    private const string OtherKey = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvut";
    private const string Corp = "ww0123456789abcdef";
    private const string Timestamp = "1790000000";
    private const string Nonce = "nonce-1";

    private static readonly CallbackCrypto Crypto = new(new CallbackKeys(Token, Key, Corp));

    [Fact]
    public void A_signature_is_the_sha1_of_the_parts_in_ordinal_order()
    {
        // Ordinal: '+' < '1' < 'A' < '_' < 'a'. A culture-aware order would put '_' first and 'a' before 'A'.
        var crypto = new CallbackCrypto(new CallbackKeys("_token", Key, Corp));
        // printf '+nonceABC_tokenabc' | sha1sum
        const string expected = "fecd92e1c1b25d356be79f7c717118dc61fe1469";
        Assert.Equal(expected, crypto.Sign("ABC", "abc", "+nonce"));
        Assert.Equal(expected, crypto.Sign("abc", "+nonce", "ABC"));
    }

    [Fact]
    public void The_published_three_part_check_number_holds()
    {
        // An empty fourth part sorts first and adds nothing: the Official Account's plain signature.
        var crypto = new CallbackCrypto(new CallbackKeys("AAAAA", Key, ""));
        Assert.Equal("f464b24fc39322e44b38aa78f5edd27bd1441696", crypto.Sign("1714036504", "1514711492", ""));
        Assert.Equal("899cf89e464efb63f54ddac96b0a0a235f53aa78", crypto.Sign("1714037059", "486452656", ""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("订单到哪了？👨‍👩‍👧‍👦🇨🇳🤷🏽‍♀️")]
    [InlineData("a]]>b & <c> \"d\"")]
    public void What_was_encrypted_decrypts(string message)
    {
        var result = Receive(Crypto, Crypto.Encrypt(Encoding.UTF8.GetBytes(message)));
        Assert.True(result.Ok);
        Assert.Equal(message, result.Text);
    }

    [Fact]
    public void Every_message_length_up_to_two_pad_blocks_makes_a_round_trip()
    {
        for (var length = 0; length <= 80; length++)
        {
            var message = Encoding.ASCII.GetBytes(new string('m', length));
            var encrypt = Crypto.Encrypt(message);
            Assert.Equal(0, Convert.FromBase64String(encrypt).Length % 32);
            Assert.Equal(message, Receive(Crypto, encrypt).Message);
        }
    }

    [Fact]
    public void An_aligned_frame_gets_a_whole_block_of_padding()
    {
        var message = new byte[64 - 20 - Corp.Length];
        Assert.Equal(96, Convert.FromBase64String(Crypto.Encrypt(message)).Length);
        Assert.True(Receive(Crypto, Crypto.Encrypt(message)).Ok);
    }

    [Fact]
    public void The_same_random_bytes_give_the_same_ciphertext_and_fresh_ones_another()
    {
        byte[] random = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        Assert.Equal(Crypto.Encrypt("x"u8, random), Crypto.Encrypt("x"u8, random));
        Assert.NotEqual(Crypto.Encrypt("x"u8), Crypto.Encrypt("x"u8));
        Assert.Throws<ArgumentException>(() => Crypto.Encrypt("x"u8, new byte[15]));
    }

    [Fact]
    public void An_empty_receive_id_is_matched_exactly()
    {
        var bot = new CallbackCrypto(new CallbackKeys(Token, Key, ""));
        Assert.Equal("hi", Receive(bot, bot.Encrypt("hi"u8)).Text);
        Assert.Equal(CallbackError.ReceiveId, Receive(bot, Crypto.Encrypt("hi"u8)).Error);
        Assert.Equal(CallbackError.ReceiveId, Receive(Crypto, bot.Encrypt("hi"u8)).Error);
    }

    [Theory]
    [InlineData("WW0123456789abcdef")]
    [InlineData("ww0123456789abcde")]
    [InlineData("ww0123456789abcdef ")]
    public void A_message_for_another_corp_is_refused(string corp)
    {
        var other = new CallbackCrypto(new CallbackKeys(Token, Key, corp));
        Assert.Equal(CallbackError.ReceiveId, Receive(Crypto, other.Encrypt("hi"u8)).Error);
    }

    [Fact]
    public void A_key_whose_last_character_has_unused_bits_is_accepted_and_equals_its_canonical_form()
    {
        var canonical = Key[..^1] + "E";
        foreach (var last in "FGH")
        {
            var crypto = new CallbackCrypto(new CallbackKeys(Token, Key[..^1] + last, Corp));
            Assert.Equal("hi", Receive(crypto, new CallbackCrypto(new CallbackKeys(Token, canonical, Corp)).Encrypt("hi"u8)).Text);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456789ABCDEF")]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH")]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456789ABCDE-_")]
    [InlineData("abcdefghijklmnopqrstuvwxyz 0123456789ABCDEF")]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456789ABCDEF=")]
    public void Anything_else_is_no_key(string? key)
    {
        Assert.False(CallbackKeys.IsKey(key));
        Assert.Throws<FormatException>(() => new CallbackKeys(Token, key!, Corp));
    }

    [Fact]
    public void Every_changed_character_of_ciphertext_nonce_timestamp_or_signature_is_refused_before_decryption()
    {
        var encrypt = Crypto.Encrypt("hi"u8);
        var signature = Crypto.Sign(Timestamp, Nonce, encrypt);
        for (var i = 0; i < encrypt.Length; i++)
        {
            Assert.Equal(CallbackError.Signature, Crypto.Decrypt(new(signature, Timestamp, Nonce), Changed(encrypt, i)).Error);
        }

        for (var i = 0; i < signature.Length; i++)
        {
            Assert.Equal(CallbackError.Signature, Crypto.Decrypt(new(Changed(signature, i), Timestamp, Nonce), encrypt).Error);
        }

        Assert.Equal(CallbackError.Signature, Crypto.Decrypt(new(signature, "1790000001", Nonce), encrypt).Error);
        Assert.Equal(CallbackError.Signature, Crypto.Decrypt(new(signature, Timestamp, "nonce-2"), encrypt).Error);
        Assert.Equal(CallbackError.Signature, Crypto.Decrypt(new(signature.ToUpperInvariant(), Timestamp, Nonce), encrypt).Error);
        Assert.Equal(CallbackError.Signature, Crypto.Decrypt(new("", Timestamp, Nonce), encrypt).Error);
        Assert.Equal(CallbackError.Signature, Crypto.Decrypt(new(null, Timestamp, Nonce), encrypt).Error);
        Assert.Equal(CallbackError.Signature, Crypto.Decrypt(new(signature, null, Nonce), encrypt).Error);
        Assert.Equal(CallbackError.Signature, Crypto.Decrypt(new(signature, Timestamp, null), encrypt).Error);
        Assert.Equal(CallbackError.Signature, Crypto.Decrypt(new(signature, Timestamp, Nonce), null).Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(33)]
    [InlineData(255)]
    public void A_padding_value_outside_1_to_32_is_refused(byte last)
    {
        var frame = Frame(10, 10);
        frame[^1] = last;
        Assert.Equal(CallbackError.Decrypt, Receive(Crypto, Seal(frame)).Error);
    }

    [Fact]
    public void Every_padding_byte_counts_and_not_only_the_last()
    {
        var frame = Frame(10, 10);
        var padding = frame[^1];
        Assert.True(padding > 1);
        Assert.True(Receive(Crypto, Seal(frame)).Ok);
        for (var i = 2; i <= padding; i++)
        {
            var tampered = (byte[])frame.Clone();
            tampered[^i] ^= 1;
            Assert.Equal(CallbackError.Decrypt, Receive(Crypto, Seal(tampered)).Error);
        }
    }

    [Theory]
    [InlineData(11, CallbackError.ReceiveId)]
    [InlineData(9, CallbackError.ReceiveId)]
    [InlineData(29, CallbackError.Buffer)]
    [InlineData(int.MaxValue, CallbackError.Buffer)]
    [InlineData(-1, CallbackError.Buffer)]
    [InlineData(int.MinValue, CallbackError.Buffer)]
    public void A_frame_that_lies_about_its_length_is_refused(int claimed, CallbackError expected) =>
        Assert.Equal(expected, Receive(Crypto, Seal(Frame(10, claimed))).Error);

    [Fact]
    public void A_frame_of_less_than_twenty_bytes_is_refused()
    {
        var frame = new byte[32];
        frame.AsSpan(19).Fill(13);
        Assert.Equal(CallbackError.Buffer, Receive(Crypto, Seal(frame)).Error);
        Array.Fill(frame, (byte)32);
        Assert.Equal(CallbackError.Buffer, Receive(Crypto, Seal(frame)).Error);
    }

    [Theory]
    [InlineData("", CallbackError.Base64)]
    [InlineData("***", CallbackError.Base64)]
    [InlineData("AAAA AAAA", CallbackError.Base64)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA==\n", CallbackError.Base64)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA-==", CallbackError.Base64)]
    [InlineData("AAAA", CallbackError.Decrypt)]
    public void Signed_text_that_is_no_ciphertext_is_refused(string encrypt, CallbackError expected) =>
        Assert.Equal(expected, Receive(Crypto, encrypt).Error);

    [Fact]
    public void A_message_that_is_not_utf8_is_refused() =>
        Assert.Equal(CallbackError.Buffer, Receive(Crypto, Crypto.Encrypt([0xC3, 0x28])).Error);

    [Fact]
    public void The_previous_key_still_opens_after_a_rotation_and_answers_can_use_it()
    {
        var before = new CallbackCrypto(new CallbackKeys(Token, Key, Corp));
        var after = new CallbackCrypto(new CallbackKeys(Token, OtherKey, Corp, Key));

        var old = Receive(after, before.Encrypt("old"u8));
        Assert.Equal("old", old.Text);
        Assert.True(old.PreviousKey);
        Assert.Equal("answer", Receive(before, after.Encrypt("answer"u8, old.PreviousKey)).Text);
        Assert.False(Receive(after, after.Encrypt("new"u8)).PreviousKey);
        Assert.False(Receive(new CallbackCrypto(new CallbackKeys(Token, OtherKey, Corp)), before.Encrypt("old"u8)).Ok);
        Assert.Throws<InvalidOperationException>(() => before.Encrypt("x"u8, previousKey: true));
    }

    [Theory]
    [InlineData(300, true)]
    [InlineData(-300, true)]
    [InlineData(301, false)]
    [InlineData(-301, false)]
    public void Timestamps_outside_the_window_are_stale(int behind, bool accepted)
    {
        var window = new TimestampWindow(DateTimeOffset.FromUnixTimeSeconds(1790000000 + behind), TimeSpan.FromSeconds(300));
        Assert.Equal(accepted ? CallbackError.None : CallbackError.Stale, Receive(Crypto, Crypto.Encrypt("hi"u8), Timestamp, window).Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("-1790000000")]
    [InlineData("1790000000.5")]
    [InlineData("99999999999999999999999")]
    [InlineData("１７９０００００００")]
    public void A_timestamp_that_is_no_number_is_stale_when_there_is_a_window(string timestamp)
    {
        var window = new TimestampWindow(DateTimeOffset.FromUnixTimeSeconds(1790000000), TimeSpan.FromSeconds(300));
        Assert.Equal(CallbackError.Stale, Receive(Crypto, Crypto.Encrypt("hi"u8), timestamp, window).Error);
        Assert.True(Receive(Crypto, Crypto.Encrypt("hi"u8), timestamp).Ok);
    }

    [Fact]
    public void Media_is_decrypted_without_a_frame()
    {
        byte[] file = [1, 2, 3, .. new byte[40]];
        var padding = 32 - file.Length % 32;
        byte[] padded = [.. file, .. Enumerable.Repeat((byte)padding, padding)];
        var sealedFile = Convert.FromBase64String(Seal(padded));

        Assert.True(Crypto.TryDecryptMedia(sealedFile, out var media));
        Assert.Equal(file, media);
        Assert.False(Crypto.TryDecryptMedia(sealedFile.AsSpan(1), out _));
        Assert.False(Crypto.TryDecryptMedia([], out _));
        Assert.False(Crypto.TryDecryptMedia(Convert.FromBase64String(Seal(new byte[32])), out media));
        Assert.Empty(media);
    }

    private static DecryptResult Receive(CallbackCrypto crypto, string encrypt, string timestamp = Timestamp, TimestampWindow? window = null) =>
        crypto.Decrypt(new CallbackQuery(crypto.Sign(timestamp, Nonce, encrypt), timestamp, Nonce), encrypt, window);

    private static byte[] Frame(int messageLength, int claimed)
    {
        var length = 20 + messageLength + Corp.Length;
        var padding = 32 - length % 32;
        var frame = new byte[length + padding];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(16), claimed);
        Encoding.ASCII.GetBytes(Corp).CopyTo(frame.AsSpan(20 + messageLength));
        frame.AsSpan(length).Fill((byte)padding);
        return frame;
    }

    // Written from the format's description, apart from the product's code.
    private static string Seal(byte[] padded)
    {
        using var aes = Aes.Create();
        aes.Key = Convert.FromBase64String(Key + "=");
        return Convert.ToBase64String(aes.EncryptCbc(padded, aes.Key.AsSpan(0, 16), PaddingMode.None));
    }

    private static string Changed(string text, int at) =>
        string.Concat(text.AsSpan(0, at), text[at] == '0' ? "1" : "0", text.AsSpan(at + 1));
}
