using System.Runtime.CompilerServices;
using SmartService.Inference.Hosting;

namespace SmartService.Server.Bench.Model;

/// <summary>SmartService.Inference, in process or in a child.</summary>
internal sealed class OurSide(string name, IModelHost host) : IModelSide
{
    public string Name => name;

    public bool KnowsSchemas => true;

    public int Running => host.Status.Running + host.Status.Waiting;

    public async IAsyncEnumerable<BenchOutput> StreamAsync(BenchRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var generation = new GenerationRequest
        {
            Prompt = request.Prompt,
            MaxTokens = request.MaxTokens,
            Sampling = new SamplingSettings { Temperature = 0 },
            Shape = request.Schema is null ? null : new OutputShape.Json(request.Schema),
        };
        var told = 0;
        await foreach (var update in host.GenerateAsync(generation, cancellationToken))
        {
            var tokens = update.Usage is { } usage ? usage.OutputTokens - told : update.Text.Length > 0 ? 1 : 0;
            told += tokens;
            yield return new BenchOutput(update.Text, tokens);
        }
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
