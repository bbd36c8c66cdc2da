using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using LLama;
using LLama.Abstractions;
using LLama.Batched;
using LLama.Native;
using LLama.Sampling;

namespace SmartService.Server.Bench.Model;

/// <summary>LLamaSharp's <see cref="BatchedExecutor"/> with the loop that its examples show: prompt, infer, sample each, prompt again.</summary>
internal sealed class BatchedSide : IModelSide
{
    private readonly BatchedExecutor _executor;
    private readonly Channel<Job> _jobs = Channel.CreateUnbounded<Job>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _running;

    public BatchedSide(LLamaWeights weights, IContextParams parameters)
    {
        _executor = new BatchedExecutor(weights, parameters);
        _loop = Task.Run(LoopAsync);
    }

    public string Name => "BatchedExecutor";

    public bool KnowsSchemas => false;

    public int Running => _running;

    public async IAsyncEnumerable<BenchOutput> StreamAsync(BenchRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var job = new Job(request, cancellationToken);
        Interlocked.Increment(ref _running);
        await _jobs.Writer.WriteAsync(job, cancellationToken);
        await foreach (var output in job.Outputs.Reader.ReadAllAsync(cancellationToken))
        {
            yield return output;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _jobs.Writer.TryComplete();
        await _loop;
        _executor.Dispose();
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        var active = new List<Job>();
        try
        {
            while (active.Count > 0 || await _jobs.Reader.WaitToReadAsync(_stop.Token))
            {
                while (_jobs.Reader.TryRead(out var job))
                {
                    job.Start(_executor);
                    active.Add(job);
                }

                var result = await _executor.Infer(_stop.Token);
                if (result != DecodeResult.Ok)
                {
                    throw new InvalidOperationException($"BatchedExecutor: {result}.");
                }

                for (var at = active.Count - 1; at >= 0; at--)
                {
                    if (active[at].Advance())
                    {
                        active.RemoveAt(at);
                        Interlocked.Decrement(ref _running);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The bench is over.
        }
        catch (Exception exception)
        {
            active.ForEach(job => job.Outputs.Writer.TryComplete(exception));
        }
    }

    private sealed class Job(BenchRequest request, CancellationToken cancellationToken) : IDisposable
    {
        private readonly GreedySamplingPipeline _sampling = new();
        private StreamingTokenDecoder? _decoder;
        private Conversation? _conversation;
        private int _tokens;

        public Channel<BenchOutput> Outputs { get; } = Channel.CreateUnbounded<BenchOutput>();

        public void Start(BatchedExecutor executor)
        {
            _conversation = executor.Create();
            _decoder = new StreamingTokenDecoder(Encoding.UTF8, executor.Model);
            _conversation.Prompt(executor.Context.Tokenize(request.Text, addBos: false, special: true));
        }

        /// <summary>Samples if this conversation was in the batch; true at the end.</summary>
        public bool Advance()
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return End();
            }

            if (!_conversation!.RequiresSampling)
            {
                return false;
            }

            var handle = _conversation.Executor.Context.NativeHandle;
            var token = _sampling.Sample(handle, _conversation.GetSampleIndex());
            _sampling.Accept(token);
            if (token.IsEndOfGeneration(_conversation.Executor.Model.Vocab))
            {
                return End();
            }

            _decoder!.Add(token);
            Outputs.Writer.TryWrite(new BenchOutput(_decoder.Read(), 1));
            if (++_tokens == request.MaxTokens)
            {
                return End();
            }

            _conversation.Prompt(token);
            return false;
        }

        public void Dispose()
        {
            _conversation?.Dispose();
            _sampling.Dispose();
        }

        private bool End()
        {
            Dispose();
            Outputs.Writer.TryComplete();
            return true;
        }
    }
}
