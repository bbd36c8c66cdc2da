using System.Runtime.CompilerServices;
using SmartService.Inference.Hosting;

namespace SmartService.Server.Tests.Hosting;

/// <summary>A model of Qwen's family without any file: remembers what it was asked, and says what the test wants.</summary>
internal sealed class FakeModelHost : IModelHost
{
    private readonly List<GenerationRequest> _requests = [];
    private int _abandoned;

    /// <summary>Loading ends when this does.</summary>
    public Task Loading { get; init; } = Task.CompletedTask;

    /// <summary>What it says; null: nothing, until it is cancelled.</summary>
    public string? Text { get; set; } = "好的。";

    public IReadOnlyList<GenerationRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Requests that were cancelled before their end.</summary>
    public int Abandoned => Volatile.Read(ref _abandoned);

    public ModelHostStatus Status => new() { IsReady = Loading.IsCompletedSuccessfully };

    /// <summary>A request's prompt as the tokenizer sees it.</summary>
    public static string PromptOf(GenerationRequest request) => string.Concat(request.Prompt.SelectMany(block => block.Segments).Select(segment => segment.Text));

    public async Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken)
    {
        await Loading.WaitAsync(cancellationToken);
        return new ModelHostInfo
        {
            Backend = "none",
            Chat = new ChatModelInfo { Name = "fake", Architecture = "qwen2", Template = "<|im_start|>You are Qwen, created by Alibaba Cloud", ContextTokens = 4096, VocabularySize = 1000 },
        };
    }

    public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        lock (_requests)
        {
            _requests.Add(request);
        }

        if (Text is not { } text)
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }
            finally
            {
                Interlocked.Increment(ref _abandoned);
            }

            yield break;
        }

        yield return new GenerationUpdate(text)
        {
            Finish = FinishReason.Stop,
            Usage = new GenerationUsage(10, 0, 2, 0, 0, TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2)),
        };
    }

    public Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
