using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Engine;

/// <summary>A scheduler over a fake model.</summary>
internal sealed class SchedulerRig : IAsyncDisposable
{
    private readonly Func<FakeDecoder>? _another;

    public SchedulerRig(SchedulerOptions? options = null, FakeDecoder? decoder = null, FakeModel? model = null, TimeProvider? time = null, Func<FakeDecoder>? another = null)
    {
        Model = model ?? new FakeModel(new FakeVocabulary());
        _another = another;
        Decoder = decoder ?? new FakeDecoder(Model);
        Scheduler = new(Decoder, Recreate, Thread, new ScriptedCompiler(Model.Vocabulary), options ?? new(), time ?? TimeProvider.System);
    }

    public FakeModel Model { get; }

    /// <summary>The one in use.</summary>
    public FakeDecoder Decoder { get; private set; }

    public InferenceThread Thread { get; } = new();

    public Scheduler Scheduler { get; }

    public static GenerationRequest Ask(string prompt, int maxTokens = 64) => new()
    {
        Prompt = [new([new(prompt, true)])],
        MaxTokens = maxTokens,
        Sampling = new() { Temperature = 0 },
    };

    public async Task<(string Text, GenerationUpdate Last)> RunAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        var text = "";
        GenerationUpdate? last = null;
        await foreach (var update in Scheduler.GenerateAsync(request, cancellationToken))
        {
            Assert.Null(last);
            text += update.Text;
            last = update.Finish is null ? null : update;
        }

        Assert.NotNull(last);
        return (text, last);
    }

    public async Task<string> TextAsync(GenerationRequest request) => (await RunAsync(request)).Text;

    /// <summary>What the model writes when asked by hand.</summary>
    public string Expected(string prompt, int maxTokens = 64)
    {
        var tokens = Model.Greedy(Model.Vocabulary.Tokenize(prompt, special: true), maxTokens);
        var bytes = tokens.SelectMany(token => Model.Vocabulary.Bytes(token).ToArray()).ToArray();
        var decoder = System.Text.Encoding.UTF8.GetDecoder();
        var chars = new char[bytes.Length + 4];
        return new(chars, 0, decoder.GetChars(bytes, chars, flush: false));
    }

    /// <summary>On the inference thread, between two steps.</summary>
    public Task<T> BetweenStepsAsync<T>(Func<T> call) => Thread.RunAsync(call);

    public async ValueTask DisposeAsync()
    {
        await Scheduler.DisposeAsync();
        Thread.Dispose();
        Assert.True(Decoder.IsDisposed);
    }

    private FakeDecoder Recreate() => Decoder = _another is null ? new FakeDecoder(Model) : _another();
}
