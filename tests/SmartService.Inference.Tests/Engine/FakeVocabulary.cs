using System.Text;
using SmartService.Inference.Engine;

namespace SmartService.Inference.Tests.Engine;

/// <summary>256 bytes, some whole Chinese characters, and the tokens of a chat template.</summary>
internal sealed class FakeVocabulary(bool hasBegin = false) : Vocabulary
{
    public const int End = 256;
    public const int Start = 257;
    public const int BeginToken = 258;
    private const int FirstCharacter = 260;
    private const string Characters = "你好请问这个商品多少钱有货吗谢谢";
    private static readonly byte[][] s_bytes =
    [
        .. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), [], [], [], [],
        .. Characters.Select(character => Encoding.UTF8.GetBytes([character])),
    ];

    public override int Count => s_bytes.Length;

    public override int? Begin => hasBegin ? BeginToken : null;

    public override ReadOnlySpan<byte> Bytes(int token) => s_bytes[token];

    public override bool IsEnd(int token) => token == End;

    public override bool IsControl(int token) => token is >= End and < FirstCharacter;

    public override int[] Tokenize(string text, bool special)
    {
        var tokens = new List<int>();
        for (var at = 0; at < text.Length;)
        {
            if (special && Special(text.AsSpan(at)) is var (token, length) && length > 0)
            {
                tokens.Add(token);
                at += length;
                continue;
            }

            var rune = Rune.GetRuneAt(text, at);
            var whole = rune.IsBmp ? Characters.IndexOf((char)rune.Value) : -1;
            if (whole >= 0)
            {
                tokens.Add(FirstCharacter + whole);
            }
            else
            {
                tokens.AddRange(Encoding.UTF8.GetBytes(rune.ToString()).Select(value => (int)value));
            }

            at += rune.Utf16SequenceLength;
        }

        return [.. tokens];
    }

    private static (int Token, int Length) Special(ReadOnlySpan<char> text) =>
        text.StartsWith("<|im_end|>") ? (End, 10) : text.StartsWith("<|im_start|>") ? (Start, 12) : text.StartsWith("<|begin|>") ? (BeginToken, 9) : default;
}
