using System.Text;
using LLama.Native;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Native;

/// <summary>
/// The vocabulary of a loaded model. What can be asked about a token is asked once, because each question is a native call; the
/// bytes of all tokens lie in one array.
/// </summary>
internal sealed class LlamaVocabulary : Vocabulary
{
    /// <summary>
    /// Longer texts are given to byte-pair and WordPiece vocabularies in pieces of at most this many UTF-16 units. llama.cpp runs the word
    /// patterns of most of them (DeepSeek, Mistral's Tekken, GPT-4o) in the C++ library's regular expressions, which recurse for
    /// every character of a run: 65,536 letters in a customer's message overflowed the stack and ended the process.
    /// </summary>
    private const int PieceLength = 2048;

    private readonly SafeLlamaModelHandle _model;
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly bool[] _ends;
    private readonly bool[] _controls;
    private readonly string[] _markers;
    private readonly int[] _suffix;
    private readonly bool _canBeCut;

    public LlamaVocabulary(SafeLlamaModelHandle model)
    {
        _model = model;
        var vocabulary = model.Vocab;
        Count = vocabulary.Count;
        Begin = vocabulary.ShouldAddBOS ? (int?)vocabulary.BOS : null;
        End = (int?)vocabulary.EOS;
        EndOfTurn = (int?)vocabulary.EOT ?? End;
        Separator = (int?)vocabulary.SEP;
        // Vocabularies of SentencePiece put a space in front of every text that they are given, so pieces would be other texts.
        _canBeCut = vocabulary.Type is LLamaVocabType.BytePairEncoding or LLamaVocabType.WordPiece;
        _suffix = [.. Array.ConvertAll(model.Tokenize("", addBos: true, special: false, Encoding.UTF8), token => (int)token).SkipWhile(token => token == Begin)];
        _starts = new int[Count + 1];
        _ends = new bool[Count];
        _controls = new bool[Count];
        var markers = new List<string>();
        var bytes = new MemoryStream(Count * 6);
        var buffer = new byte[256];
        for (var token = 0; token < Count; token++)
        {
            _ends[token] = ((LLamaToken)token).IsEndOfGeneration(vocabulary);
            _controls[token] = ((LLamaToken)token).IsControl(vocabulary);
            if (!_controls[token])
            {
                bytes.Write(Piece(token, special: false, ref buffer));
                // Some files give the tokens that end a turn the type of words, which llama.cpp then finds in every text.
                if (_ends[token])
                {
                    markers.Add(SpecialText(token));
                }
            }

            _starts[token + 1] = (int)bytes.Length;
        }

        _bytes = bytes.ToArray();
        _markers = [.. markers.Where(marker => marker.Length > 1)];
    }

    public override int Count { get; }

    public override int? Begin { get; }

    /// <summary>The end-of-sequence token, or null.</summary>
    public int? End { get; }

    public override int? EndOfTurn { get; }

    /// <summary>The token between two texts of a pair, or null.</summary>
    public int? Separator { get; }

    public override ReadOnlySpan<byte> Bytes(int token) => _bytes.AsSpan(_starts[token], _starts[token + 1] - _starts[token]);

    public override bool IsEnd(int token) => _ends[token];

    public override bool IsControl(int token) => _controls[token];

    /// <summary>The token as it is written in a template, control tokens included.</summary>
    public string SpecialText(int token)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)Count, nameof(token));
        var buffer = new byte[256];
        return Encoding.UTF8.GetString(Piece(token, special: true, ref buffer));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A lone surrogate counts as U+FFFD. A text of more than 2,048 UTF-16 units is cut where a line or a word begins, which gives
    /// the same tokens as the whole text; only a longer run without any break can come out as other tokens of the same text.
    /// </remarks>
    /// <exception cref="ModelUnavailableException">The model was freed.</exception>
    public override int[] Tokenize(string text, bool special)
    {
        // Requests are tokenized on their own threads: the model must not be freed under one of them.
        var isHeld = false;
        try
        {
            _model.DangerousAddRef(ref isHeld);
            return TokenizeHeld(text, special);
        }
        catch (ObjectDisposedException exception)
        {
            throw new ModelUnavailableException("The model is being unloaded.", exception);
        }
        finally
        {
            if (isHeld)
            {
                _model.DangerousRelease();
            }
        }
    }

    private int[] TokenizeHeld(string text, bool special)
    {
        if (text.Length <= PieceLength || !_canBeCut)
        {
            return TokenizePiece(text, special);
        }

        var tokens = new List<int>(text.Length / 2);
        var start = 0;
        while (start < text.Length)
        {
            var end = TextPieces.End(text, start, PieceLength);
            tokens.AddRange(TokenizePiece(text[start..end], special));
            start = end;
        }

        return [.. tokens];
    }

    /// <summary>
    /// A whole text as encoders want it: with the tokens that the vocabulary puts around every text, such as CLS and SEP. Special
    /// tokens in the text are text.
    /// </summary>
    public int[] TokenizeWhole(string text) => Begin is { } begin ? [begin, .. Tokenize(text, special: false), .. _suffix] : [.. Tokenize(text, special: false), .. _suffix];

    /// <summary>Tokens that the vocabulary puts after every whole text; empty for models that generate.</summary>
    public IReadOnlyList<int> Suffix => _suffix;

    private int[] TokenizePiece(string text, bool special)
    {
        if (text.Length == 0)
        {
            return [];
        }

        return special || _markers.Length == 0 ? Native(text, special) : TokenizeAroundMarkers(text);
    }

    /// <summary>
    /// Cuts every marker behind its first character, so that llama.cpp does not find it. In a loop, and each marker is looked for once
    /// per place where it is: a text may consist of nothing else.
    /// </summary>
    private int[] TokenizeAroundMarkers(string text)
    {
        var next = Array.ConvertAll(_markers, marker => Find(text, marker, 0));
        var tokens = new List<int>();
        var start = 0;
        while (next.Min() is var at && at < text.Length)
        {
            tokens.AddRange(Native(text[start..(at + 1)], special: false));
            start = at + 1;
            for (var marker = 0; marker < next.Length; marker++)
            {
                next[marker] = next[marker] < start ? Find(text, _markers[marker], start) : next[marker];
            }
        }

        tokens.AddRange(Native(text[start..], special: false));
        return [.. tokens];
    }

    private static int Find(string text, string marker, int start) =>
        text.IndexOf(marker, start, StringComparison.Ordinal) is >= 0 and var at ? at : text.Length;

    private int[] Native(string text, bool special) =>
        text.Length == 0 ? [] : Array.ConvertAll(_model.Tokenize(text, addBos: false, special, Encoding.UTF8), token => (int)token);

    private ReadOnlySpan<byte> Piece(int token, bool special, ref byte[] buffer)
    {
        var length = (int)_model.TokenToSpan(token, buffer, 0, special);
        if (length > buffer.Length)
        {
            buffer = new byte[length];
            length = (int)_model.TokenToSpan(token, buffer, 0, special);
        }

        return buffer.AsSpan(0, length);
    }
}
