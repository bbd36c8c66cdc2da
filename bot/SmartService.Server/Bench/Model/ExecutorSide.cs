using System.Runtime.CompilerServices;
using LLama;
using LLama.Common;
using LLama.Sampling;

namespace SmartService.Server.Bench.Model;

/// <summary>LLamaSharp's <see cref="StatelessExecutor"/>, one request at a time behind a semaphore, because it allows no more.</summary>
internal sealed class ExecutorSide(LLamaWeights weights, ModelParams parameters) : IModelSide
{
    private readonly SemaphoreSlim _one = new(1);
    private int _running;

    public string Name => "StatelessExecutor";

    public bool KnowsSchemas => true;

    public int Running => _running;

    public async IAsyncEnumerable<BenchOutput> StreamAsync(BenchRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        await _one.WaitAsync(cancellationToken);
        try
        {
            var executor = new StatelessExecutor(weights, parameters);
            using var sampling = request.Schema is null
                ? (BaseSamplingPipeline)new GreedySamplingPipeline()
                : new GreedySamplingPipeline { Grammar = new Grammar(IntentGrammar.Text, "root") };
            var settings = new InferenceParams { MaxTokens = request.MaxTokens, SamplingPipeline = sampling };
            await foreach (var text in executor.InferAsync(request.Text, settings, cancellationToken))
            {
                yield return new BenchOutput(text, 1);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _running);
            _one.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _one.Dispose();
        return ValueTask.CompletedTask;
    }
}
