using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Engine;

/// <summary>A scheduler over a native decoder, made on the inference thread as it must be.</summary>
internal sealed class NativeRunner : IAsyncDisposable
{
    private readonly InferenceThread _thread;

    private NativeRunner(InferenceThread thread, IDecoder decoder, Func<IDecoder> make, SchedulerOptions options)
    {
        _thread = thread;
        Scheduler = new(decoder, make, thread, new ScriptedCompiler(decoder.Vocabulary), options, TimeProvider.System);
    }

    public Scheduler Scheduler { get; }

    public static async Task<NativeRunner> StartAsync(Func<IDecoder> make, SchedulerOptions? options = null)
    {
        var thread = new InferenceThread();
        return new(thread, await thread.RunAsync(make), make, options ?? new());
    }

    public async Task<(string Text, GenerationUpdate Last)> RunAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        var text = "";
        GenerationUpdate? last = null;
        await foreach (var update in Scheduler.GenerateAsync(request, cancellationToken))
        {
            text += update.Text;
            last = update;
        }

        return (text, last!);
    }

    public async ValueTask DisposeAsync()
    {
        await Scheduler.DisposeAsync();
        _thread.Dispose();
    }
}
