using System.Globalization;
using System.Runtime.CompilerServices;
using LLama;
using LLama.Common;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using SmartService.Inference;
using SmartService.Inference.Chat;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;
using SmartService.Inference.Hosting.InProcess;
using SmartService.Server.Hosting;

namespace SmartService.Server.Bench.Model;

/// <summary>The sides of one run, all over the same file, with equal threads and caches.</summary>
internal sealed class ModelBenchRig : IAsyncDisposable
{
    private readonly List<IModelSide> _sides = [];
    private LLamaWeights? _weights;

    /// <summary>The first is the one that the others are compared with.</summary>
    public IReadOnlyList<IModelSide> Sides => _sides;

    public required BenchPrompts Prompts { get; init; }

    public required string Description { get; init; }

    /// <summary>
    /// Starts the sides whose names begin with one of <paramref name="wanted"/> (none given: all) over <paramref name="path"/>, for
    /// <paramref name="parallel"/> conversations at most; llama-server only where <paramref name="server"/> names its binary.
    /// </summary>
    /// <exception cref="UsageException">No side is left.</exception>
    public static async Task<ModelBenchRig> StartAsync(string path, string? server, int parallel, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        var threads = Environment.ProcessorCount;
        var options = new LocalModelOptions { Path = path, Parallel = parallel, Threads = threads, MaxWaitSeconds = 3600 };
        bool Wants(string name) => wanted.Count == 0 || wanted.Any(one => name.StartsWith(one, StringComparison.OrdinalIgnoreCase));

        var ours = new InProcessModelHost(options);
        var info = await ours.StartAsync(cancellationToken);
        var rig = new ModelBenchRig
        {
            Prompts = new BenchPrompts(Renderer(info)),
            Description = $"{info.Chat!.Name}, {info.Backend}, {threads.ToString(CultureInfo.InvariantCulture)} threads",
        };
        try
        {
            if (Wants("in process"))
            {
                rig._sides.Add(new OurSide("in process", ours));
            }
            else
            {
                await ours.DisposeAsync();
            }

            await rig.AddAsync("child process", Wants, async () =>
            {
                var host = new ChildProcessModelHost(options, new ModelSupervisionOptions(), TimeProvider.System, NullLogger<ChildProcessModelHost>.Instance);
                await host.StartAsync(cancellationToken);
                return new OurSide("child process", host);
            });
            var parameters = new ModelParams(path)
            {
                ContextSize = 32768, BatchSize = 512, UBatchSize = 512, SeqMax = (uint)Math.Max(parallel, 2), Threads = threads, BatchThreads = threads, GpuLayerCount = 0,
            };
            if (Wants("BatchedExecutor") || Wants("StatelessExecutor"))
            {
                rig._weights = await LLamaWeights.LoadFromFileAsync(parameters, cancellationToken);
            }

            await rig.AddAsync("BatchedExecutor", Wants, () => Task.FromResult<IModelSide>(new BatchedSide(rig._weights!, parameters)));
            await rig.AddAsync("StatelessExecutor", Wants, () => Task.FromResult<IModelSide>(new ExecutorSide(rig._weights!, Alone(path, threads))));
            if (server is not null)
            {
                await rig.AddAsync("llama-server", Wants, async () => await LlamaServerSide.StartAsync(server, path, 32768, parallel, threads, cancellationToken));
            }

            return rig._sides.Count > 0 ? rig : throw new UsageException("--sides names no side: in process, child process, BatchedExecutor, StatelessExecutor, llama-server.");
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var side in _sides)
        {
            await side.DisposeAsync();
        }

        _weights?.Dispose();
    }

    private static ModelParams Alone(string path, int threads) =>
        new(path) { ContextSize = 4096, BatchSize = 512, UBatchSize = 512, Threads = threads, BatchThreads = threads, GpuLayerCount = 0 };

    private async Task AddAsync(string name, Func<string, bool> wants, Func<Task<IModelSide>> make)
    {
        if (wants(name))
        {
            _sides.Add(await make());
        }
    }

    /// <summary>Prompts as the chat client makes them for this model's family.</summary>
    private static Func<string, string, IReadOnlyList<PromptBlock>> Renderer(ModelHostInfo info) => (system, user) =>
    {
        var capture = new PromptCapture(info);
        using var client = new LocalChatClient(capture);
        client.GetResponseAsync([new ChatMessage(ChatRole.System, system), new ChatMessage(ChatRole.User, user)]).GetAwaiter().GetResult();
        return capture.Prompt!;
    };

    /// <summary>Answers at once with nothing and keeps the prompt.</summary>
    private sealed class PromptCapture(ModelHostInfo info) : IModelHost
    {
        public IReadOnlyList<PromptBlock>? Prompt { get; private set; }

        public ModelHostStatus Status => new() { IsReady = true };

        public Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken) => Task.FromResult(info);

        public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Prompt = request.Prompt;
            await Task.CompletedTask;
            yield return new GenerationUpdate("") { Finish = FinishReason.Stop };
        }

        public Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
