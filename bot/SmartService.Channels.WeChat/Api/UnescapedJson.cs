using System.Text;
using System.Text.Encodings.Web;

namespace SmartService.Channels.WeChat.Api;

/// <summary>
/// Escapes only what JSON itself demands. WeCom refuses bodies with <c>\uXXXX</c> (40033), and the encoder that is meant for
/// this, <see cref="JavaScriptEncoder.UnsafeRelaxedJsonEscaping"/>, still writes emoji, U+3000 and private-use characters so.
/// </summary>
internal sealed unsafe class UnescapedJson : JavaScriptEncoder
{
    public static UnescapedJson Instance { get; } = new();

    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\';

    public override int FindFirstCharacterToEncode(char* text, int textLength)
    {
        for (var i = 0; i < textLength; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < textLength && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (WillEncode(text[i]) || char.IsSurrogate(text[i]))
            {
                return i;
            }
        }

        return -1;
    }

    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var output = new Span<char>(buffer, bufferLength);
        var escape = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => @"\\",
            '\n' => @"\n",
            '\r' => @"\r",
            '\t' => @"\t",
            '\b' => @"\b",
            '\f' => @"\f",
            < 0x20 => $@"\u{unicodeScalar:x4}",
            _ => new Rune(unicodeScalar).ToString(),
        };
        var fits = escape.AsSpan().TryCopyTo(output);
        numberOfCharactersWritten = fits ? escape.Length : 0;
        return fits;
    }
}
