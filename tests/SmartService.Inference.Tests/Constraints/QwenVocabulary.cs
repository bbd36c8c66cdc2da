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
    private static readonly Lazy<QwenVocabulary?> Loaded = new(Load);
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
        Assert.SkipWhen(Loaded.Value is null, "Needs the chat model of shared/models or SMARTSERVICE_TEST_MODELS.");
        return Loaded.Value!;
    }

    public override ReadOnlySpan<byte> Bytes(int token) => _bytes[token];

    public override bool IsEnd(int token) => _ends[token];

    public override bool IsControl(int token) => _controls[token];

    public override int[] Tokenize(string text, bool special) => Array.ConvertAll(_model.Tokenize(text, false, special, Encoding.UTF8), token => (int)token);

    private static QwenVocabulary? Load()
    {
        var folder = Environment.GetEnvironmentVariable("SMARTSERVICE_TEST_MODELS") is { Length: > 0 } given ? given : Beside();
        var file = folder is not null && Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "qwen2.5*-00001-of-*.gguf").FirstOrDefault() : null;
        // First of all: LLamaSharp would load libraries of its own choice otherwise, for the whole process.
        Assert.True(NativeBackend.Start(new LocalModelOptions()).IsAvailable);
        return file is null ? null : new QwenVocabulary(LLamaWeights.LoadFromFile(new ModelParams(file) { VocabOnly = true }).NativeHandle);
    }

    private static string? Beside()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SmartService.sln")))
            {
                return Path.Combine(folder.FullName, "..", "shared", "models");
            }
        }

        return null;
    }
}
