using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Chat;

/// <summary>A host that says what it was told to and remembers what it was asked. Outputs are used up in order.</summary>
internal sealed class ScriptedModelHost(string? template = "<|im_start|>You are Qwen, created by Alibaba Cloud", string architecture = "qwen2") : IModelHost
{
    private static readonly GenerationUsage s_usage =
        new(100, 80, 7, 3, 1, TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(200));

    private readonly ConcurrentQueue<Func<GenerationRequest, IEnumerable<GenerationUpdate>>> _outputs = new();

    /// <summary>The model's name; metrics are told apart by it.</summary>
    public string Name { get; init; } = "scripted";

    public List<GenerationRequest> Requests { get; } = [];

    public int Abandoned { get; private set; }

    public ModelHostStatus Status { get; } = new() { IsReady = true };

    /// <summary>An output in pieces, ended for the reason given.</summary>
    public ScriptedModelHost Says(FinishReason finish, params string[] pieces) =>
        Says(_ => [.. pieces.Select(piece => new GenerationUpdate(piece)), new GenerationUpdate("") { Finish = finish, Usage = s_usage }]);

    public ScriptedModelHost Says(Func<GenerationRequest, IEnumerable<GenerationUpdate>> output)
    {
        _outputs.Enqueue(output);
        return this;
    }

    public Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken) => Task.FromResult(new ModelHostInfo
    {
        Backend = "script",
        Chat = new ChatModelInfo { Name = Name, Architecture = architecture, Template = template, ContextTokens = 4096, VocabularySize = 1000 },
    });

    public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Requests.Add(request);
        Assert.True(_outputs.TryDequeue(out var output), "The script has no further output.");
        var ended = false;
        try
        {
            foreach (var update in output(request))
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                ended = update.Finish is not null;
                yield return update;
            }
        }
        finally
        {
            Abandoned += ended ? 0 : 1;
        }
    }

    public Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
