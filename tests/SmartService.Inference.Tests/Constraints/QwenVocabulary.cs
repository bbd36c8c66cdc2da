using System.Text;
using LLama;
using LLama.Common;
using LLama.Native;
using SmartService.Inference.Constraints;
using SmartService.Inference.Engine;
using SmartService.Inference.Native;

namespace SmartService.Inference.Tests.Constraints;

/// <summary>The vocabulary of the chat model in <c>shared/models</c>, without its weights.</summary>
internal sealed class QwenVocabulary : Vocabulary
{
    private static readonly Lazy<QwenVocabulary> Loaded = new(() => Load(RealModels.Chat()));
    private readonly SafeLlamaModelHandle _model;
    private readonly byte[][] _bytes;
    private readonly bool[] _ends;
    private readonly bool[] _controls;

    private QwenVocabulary(SafeLlamaModelHandle model)
    {
        _model = model;
        (_bytes, _ends, _controls) = (new byte[model.Vocab.Count][], new bool[model.Vocab.Count], new bool[model.Vocab.Count]);
        var buffer = new byte[1_024];
        for (var token = 0; token < _bytes.Length; token++)
        {
            _ends[token] = ((LLamaToken)token).IsEndOfGeneration(model.Vocab);
            _controls[token] = ((LLamaToken)token).IsControl(model.Vocab);
            var length = (int)model.TokenToSpan(token, buffer, 0, special: false);
            _bytes[token] = _controls[token] ? [] : buffer[..length];
        }
    }

    public override int Count => _bytes.Length;

    public override int? Begin => null;

    public override int? EndOfTurn => (int)_model.Vocab.EOT!.Value;

    /// <summary>Skips the test where the model is not there.</summary>
    public static QwenVocabulary OrSkip()
    {
        RealModels.Chat();
        return Loaded.Value;
    }

    public override ReadOnlySpan<byte> Bytes(int token) => _bytes[token];

    public override bool IsEnd(int token) => _ends[token];

    public override bool IsControl(int token) => _controls[token];

    public override int[] Tokenize(string text, bool special) => Array.ConvertAll(_model.Tokenize(text, false, special, Encoding.UTF8), token => (int)token);

    private static QwenVocabulary Load(string file)
    {
        // First of all: LLamaSharp would load libraries of its own choice otherwise, for the whole process.
        Assert.True(NativeBackend.Start(new LocalModelOptions()).IsAvailable);
        return new QwenVocabulary(LLamaWeights.LoadFromFile(new ModelParams(file) { VocabOnly = true }).NativeHandle);
    }
}
