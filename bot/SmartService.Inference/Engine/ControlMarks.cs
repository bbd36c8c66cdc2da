using System.Text;

namespace SmartService.Inference.Engine;

/// <summary>
/// The control tokens that a request wants to read as text, because they belong to the format of its output. All others stay
/// without text: what a customer reads holds no token of the template.
/// </summary>
internal sealed class ControlMarks
{
    private readonly Dictionary<int, byte[]> _texts;

    private ControlMarks(Dictionary<int, byte[]> texts) => _texts = texts;

    /// <summary>Null when the model has none of them.</summary>
    public static ControlMarks? Of(IReadOnlyList<string> marks, Vocabulary vocabulary)
    {
        Dictionary<int, byte[]>? texts = null;
        foreach (var mark in marks)
        {
            if (vocabulary.Tokenize(mark, special: true) is [var token] && vocabulary.IsControl(token))
            {
                (texts ??= [])[token] = Encoding.UTF8.GetBytes(mark);
            }
        }

        return texts is null ? null : new ControlMarks(texts);
    }

    /// <summary>The text of a control token that was asked for, in UTF-8; empty for every other token.</summary>
    public ReadOnlySpan<byte> Bytes(int token) => _texts.GetValueOrDefault(token);
}
