using System.Text;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>Decodes text files as people save them: UTF-8, UTF-16 with a mark, or what Windows calls ANSI in China.</summary>
internal static class TextDecoder
{
    public static string Decode(ReadOnlyMemory<byte> content)
    {
        var bytes = content.Span;
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
        {
            return Encoding.UTF8.GetString(bytes[3..]);
        }

        if (bytes.StartsWith(Encoding.Unicode.Preamble))
        {
            return Encoding.Unicode.GetString(bytes[2..]);
        }

        if (bytes.StartsWith(Encoding.BigEndianUnicode.Preamble))
        {
            return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        }

        if (bytes.Contains((byte)0))
        {
            throw new UnreadableDocumentException("The file is not text: it holds zero bytes.");
        }

        IngestServices.EnsureCodePages();
        foreach (var name in (string[])["utf-8", "gb18030"])
        {
            try
            {
                return Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback).GetString(bytes);
            }
            catch (DecoderFallbackException)
            {
                // Try the next one.
            }
        }

        throw new UnreadableDocumentException("The file is neither UTF-8 nor GB18030; save it as UTF-8.");
    }
}
