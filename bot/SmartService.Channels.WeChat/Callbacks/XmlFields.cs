using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Xml;

namespace SmartService.Channels.WeChat.Callbacks;

/// <summary>The direct children of an XML document's root, read without DTD, entities or external access.</summary>
public sealed class XmlFields
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly List<KeyValuePair<string, string?>> _children = [];

    private XmlFields()
    {
    }

    /// <summary>Text of the one child of that name. Null when it is missing, repeated, or holds anything but text.</summary>
    public string? this[string name]
    {
        get
        {
            var found = _children.Where(child => child.Key == name).Take(2).ToArray();
            return found.Length == 1 ? found[0].Value : null;
        }
    }

    /// <summary>Reads UTF-8 bytes. False for anything that is not well-formed, or that has a DTD.</summary>
    public static bool TryRead(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out XmlFields? fields)
    {
        fields = null;
        try
        {
            // Decoded here, so that an encoding declaration in the document has no say.
            var text = StrictUtf8.GetString(utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8);
            var read = new XmlFields();
            using var reader = XmlReader.Create(new StringReader(text), new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                MaxCharactersInDocument = CallbackLimits.MaxBodyBytes,
                MaxCharactersFromEntities = 1024,
                CloseInput = true,
            });
            read.ReadChildren(reader);
            fields = read;
            return true;
        }
        catch (Exception refused) when (refused is XmlException or DecoderFallbackException)
        {
            return false;
        }
    }

    private void ReadChildren(XmlReader reader)
    {
        while (reader.Read())
        {
            if (reader is { NodeType: XmlNodeType.Element, Depth: 1 })
            {
                var name = reader.Name;
                _children.Add(new(name, ReadText(reader)));
            }
        }
    }

    private static string? ReadText(XmlReader reader)
    {
        if (reader.IsEmptyElement)
        {
            return "";
        }

        var text = new StringBuilder();
        var onlyText = true;
        while (reader.Read() && !(reader.NodeType == XmlNodeType.EndElement && reader.Depth == 1))
        {
            if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace)
            {
                text.Append(reader.Value);
            }
            else
            {
                onlyText = false;
            }
        }

        return onlyText ? text.ToString() : null;
    }
}
