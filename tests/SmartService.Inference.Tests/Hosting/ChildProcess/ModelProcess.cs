using Microsoft.Extensions.Logging.Abstractions;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>A host whose child is this test program, and what the tests do with it.</summary>
internal sealed class ModelProcess : IAsyncDisposable
{
    // Far beyond anything that a loaded machine needs; no test is decided by it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("smartservice-test-").FullName;
    private int _files;

    private ModelProcess(ChildProcessModelHost host) => Host = host;

    public ChildProcessModelHost Host { get; }

    public static ModelSupervisionOptions Options { get; } = new() { Backoff = TimeSpan.Zero, MaxCrashes = 1000, BeatEvery = TimeSpan.FromMilliseconds(100) };

    public static ModelProcess Create(ModelSupervisionOptions? options = null, LocalModelOptions? models = null, IChildLauncher? launcher = null) =>
        new(launcher is null
            ? new ChildProcessModelHost(models ?? new(), options ?? Options, TimeProvider.System, NullLogger<ChildProcessModelHost>.Instance)
            : new ChildProcessModelHost(models ?? new(), options ?? Options, TimeProvider.System, NullLogger.Instance, launcher));

    public static async Task<ModelProcess> StartAsync(ModelSupervisionOptions? options = null, LocalModelOptions? models = null, IChildLauncher? launcher = null)
    {
        var process = Create(options, models, launcher);
        await process.Host.StartAsync(CancellationToken.None).WaitAsync(Patience);
        return process;
    }

    public static ModelSupervisionOptions Bad(string kind, ModelSupervisionOptions? options = null) => (options ?? Options) with
    {
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { [BadChild.Variable] = kind },
    };

    /// <summary>The name of a file that does not exist yet.</summary>
    public string NewFile() => Path.Combine(_folder, $"{Interlocked.Increment(ref _files)}");

    public async Task<string> TextAsync(string script, CancellationToken cancellationToken = default) =>
        string.Concat((await UpdatesAsync(ScriptedModelHost.Request(script), cancellationToken)).Select(update => update.Text));

    /// <summary>All updates of a whole output.</summary>
    public async Task<List<GenerationUpdate>> UpdatesAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        async Task<List<GenerationUpdate>> ReadAsync()
        {
            var updates = new List<GenerationUpdate>();
            await foreach (var update in Host.GenerateAsync(request, cancellationToken))
            {
                Assert.Null(updates.LastOrDefault()?.Finish);
                updates.Add(update);
            }

            Assert.NotNull(updates[^1].Finish);
            Assert.NotNull(updates[^1].Usage);
            return updates;
        }

        return await ReadAsync().WaitAsync(Patience, CancellationToken.None);
    }

    public static async Task EventuallyAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
