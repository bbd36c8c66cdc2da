using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SmartService.Inference.Hosting;
using OsProcess = System.Diagnostics.Process;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>
/// A host whose prompt says what it does, as <c>name=value</c> separated by semicolons: <c>count</c> words, one <c>every</c> so
/// many milliseconds, or with <c>pace</c> one per step of a thread that makes 50 steps a second for all; <c>at</c> this word <c>do</c> something, only <c>once</c> while this file does not exist. Word n is always
/// the same, so a text is whole when it equals <see cref="Text"/>; <c>drift</c> makes it another one in every process. Text
/// behind the prompt is continued, as a model would.
/// </summary>
internal sealed partial class ScriptedModelHost(LocalModelOptions options, Action? die = null) : IModelHost
{
    private readonly Lazy<Pace> _pace = new(() => new Pace());
    private long _steps;
    private volatile bool _isBroken;

    public ModelHostStatus Status => new()
    {
        IsReady = !_isBroken,
        Problem = _isBroken ? "the engine broke" : null,
        Steps = Interlocked.Read(ref _steps),
        Cells = 4096,
    };

    public static string Text(int count) => string.Concat(Enumerable.Range(0, count).Select(Word));

    public static GenerationRequest Request(string script) => new()
    {
        Prompt = [new PromptBlock([new PromptSegment(script, IsTemplate: true)])],
        MaxTokens = 1_000_000,
    };

    public async Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken)
    {
        switch (options.Path)
        {
            case "missing":
                throw new ModelUnavailableException("The file /models/missing.gguf does not exist.");
            case "abort":
                await Console.Error.WriteLineAsync("ggml.c:42: GGML_ASSERT(false) failed");
                Abort();
                break;
            case var path when path.StartsWith("abort-while=", StringComparison.Ordinal) && File.Exists(path["abort-while=".Length..]):
                Abort();
                break;
        }

        return new ModelHostInfo
        {
            Backend = $"scripted {options.Threads}",
            Chat = new ChatModelInfo { Name = "模型", Architecture = "none", ContextTokens = 4096, VocabularySize = 10, Template = "{{ messages }}" },
        };
    }

    public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var script = request.Prompt[0].Segments[0].Text.Split(';').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        var (count, every, at) = (Number(script, "count", 1), Number(script, "every", 0), Number(script, "at", -1));
        var already = request.Prompt.Count > 1 ? request.Prompt[^1].Segments[0].Text : "";
        var first = already.Length == 0 ? 0 : already.Split('，').Length - 1;
        for (var word = first; word < count; word++)
        {
            if (word == at && (!script.TryGetValue("once", out var file) || IsFirst(file)))
            {
                await DoAsync(script["do"], cancellationToken);
            }

            if (script.ContainsKey("pace"))
            {
                await _pace.Value.NextStep;
            }
            else if (every > 0)
            {
                await Task.Delay(every, cancellationToken);
            }
            else if (word % 16 == 0)
            {
                await Task.Yield();
            }

            Interlocked.Increment(ref _steps);
            yield return new GenerationUpdate(script.ContainsKey("drift") && word > 0 ? $"{Environment.ProcessId}，" : Word(word)) { OutputTokens = word + 1 - first };
        }

        var seed = request.Sampling.Seed?.ToString(CultureInfo.InvariantCulture) ?? "none";
        yield return new GenerationUpdate(script.ContainsKey("seed") ? seed : "")
        {
            OutputTokens = count - first,
            Finish = FinishReason.Stop,
            Usage = new GenerationUsage(10 + first, 4, count - first, 0, 0, TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2)),
        };
    }

    public async Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken)
    {
        if (texts[0].StartsWith("once=", StringComparison.Ordinal) && IsFirst(texts[0]["once=".Length..]))
        {
            await DoAsync("kill", cancellationToken);
        }

        return [.. texts.Select(text => new[] { text.Length, (float)purpose, float.NegativeInfinity })];
    }

    public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken) =>
        passages.Count == 0 ? throw new ModelUnavailableException("No reranker is loaded.") : Task.FromResult<IReadOnlyList<float>>([.. passages.Select(passage => 0.5f + passage.Length)]);

    public ValueTask DisposeAsync()
    {
        if (_pace.IsValueCreated)
        {
            _pace.Value.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private static string Word(int word) => $"词{word}，";

    private static int Number(Dictionary<string, string> script, string name, int otherwise) =>
        script.TryGetValue(name, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    private static bool IsFirst(string file)
    {
        try
        {
            new FileStream(file, FileMode.CreateNew).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task DoAsync(string what, CancellationToken cancellationToken)
    {
        switch (what)
        {
            case "die":
                die?.Invoke();
                await Task.Delay(Timeout.Infinite, cancellationToken);
                break;
            case "abort":
                await Console.Error.WriteLineAsync("ggml.c:42: GGML_ASSERT(n_tokens <= n_batch) failed");
                Abort();
                break;
            case "segv":
                // A fault in native code; a signal that is only sent would be swallowed by the runtime's handler.
                _ = StringLength(16);
                break;
            case "failfast":
                Environment.FailFast("scripted");
                break;
            case "kill":
                OsProcess.GetCurrentProcess().Kill();
                await Task.Delay(Timeout.Infinite, cancellationToken);
                break;
            case "freeze":
                Kill(Environment.ProcessId, 19);
                break;
            case "stall":
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
                break;
            case "break":
                _isBroken = true;
                await Task.Delay(Timeout.Infinite, cancellationToken);
                break;
            case "chatter":
                await Console.Error.WriteAsync(new string('x', 4_000_000));
                await Console.Out.WriteAsync(new string('y', 4_000_000));
                break;
            case "saturated":
                throw new ModelSaturatedException("full") { RetryAfter = TimeSpan.FromSeconds(7) };
            case "toolong":
                throw new PromptTooLongException("5000 tokens do not fit 4096.");
            case "unavailable":
                throw new ModelUnavailableException("gone");
            case "argument":
                throw new ArgumentException("keyword 'if' is not supported", nameof(what));
            case "cancelled":
                throw new OperationCanceledException("stopped");
            default:
                throw new FormatException("customer text that must not travel");
        }
    }

    /// <summary>Like the inference thread: every request gets its token at the same moment.</summary>
    private sealed class Pace : IDisposable
    {
        private readonly ManualResetEventSlim _stop = new();
        private TaskCompletionSource _step = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Pace() => new Thread(Run) { IsBackground = true }.Start();

        public Task NextStep => Volatile.Read(ref _step).Task;

        public void Dispose() => _stop.Set();

        private void Run()
        {
            while (!_stop.Wait(20))
            {
                Interlocked.Exchange(ref _step, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "abort")]
    private static partial void Abort();

    [LibraryImport("libc", EntryPoint = "strlen")]
    private static partial nint StringLength(nint text);

    [LibraryImport("libc", EntryPoint = "kill")]
    internal static partial void Kill(int process, int signal);
}
