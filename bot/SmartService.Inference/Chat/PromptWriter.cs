using System.Buffers;
using System.Text;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat;

/// <summary>
/// Collects a prompt in blocks. Template text and data never share a segment, and data is cut inside every one of the family's
/// marks: a tokenizer finds user-defined tokens such as <c>&lt;think&gt;</c> even where special tokens are off, but not across segments.
/// </summary>
internal sealed class PromptWriter(SearchValues<string> marks)
{
    private readonly List<PromptBlock> _blocks = [];
    private readonly List<PromptSegment> _segments = [];
    private readonly StringBuilder _template = new();
    private readonly StringBuilder _data = new();

    public PromptWriter Template(string text)
    {
        FlushData();
        _template.Append(text);
        return this;
    }

    /// <summary>What a person, a document, a tool or the model wrote.</summary>
    public PromptWriter Data(string text)
    {
        if (text.Length > 0)
        {
            FlushTemplate();
            _data.Append(text);
        }

        return this;
    }

    /// <summary>Ends a block; nothing when it would be empty.</summary>
    public void EndBlock(bool required)
    {
        FlushData();
        FlushTemplate();
        if (_segments.Count > 0)
        {
            _blocks.Add(new PromptBlock([.. _segments], required));
            _segments.Clear();
        }
    }

    public IReadOnlyList<PromptBlock> Finish()
    {
        EndBlock(required: true);
        return _blocks;
    }

    private void FlushTemplate()
    {
        if (_template.Length > 0)
        {
            _segments.Add(new PromptSegment(_template.ToString(), IsTemplate: true));
            _template.Clear();
        }
    }

    private void FlushData()
    {
        if (_data.Length == 0)
        {
            return;
        }

        var text = _data.ToString();
        _data.Clear();
        var from = 0;
        while (text.AsSpan(from).IndexOfAny(marks) is >= 0 and var mark)
        {
            _segments.Add(new PromptSegment(text.Substring(from, mark + 1), IsTemplate: false));
            from += mark + 1;
        }

        if (from < text.Length)
        {
            _segments.Add(new PromptSegment(text[from..], IsTemplate: false));
        }
    }
}
