using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Remote;

/// <summary>One of the models behind a <see cref="ModelFailoverClient"/>, with a circuit breaker and counters.</summary>
internal sealed class ModelTarget
{
    private readonly ResiliencePipeline _circuit;
    private readonly TimeSpan _firstToken;
    private readonly TimeProvider _time;
    private readonly CircuitBreakerStateProvider _state = new();

    public ModelTarget(string name, IChatClient client, FailoverOptions options, TimeProvider time, ILogger logger)
    {
        (Name, Client, _firstToken, _time) = (name, client, TimeSpan.FromSeconds(options.FirstTokenSeconds), time);
        _circuit = new ResiliencePipelineBuilder { TimeProvider = time }.AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            // Three requests in a minute, more than half of them failed: one unlucky request is no reason to leave a model alone.
            FailureRatio = 0.5,
            MinimumThroughput = 3,
            SamplingDuration = TimeSpan.FromMinutes(1),
            BreakDuration = TimeSpan.FromSeconds(options.BreakSeconds),
            StateProvider = _state,
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } exception && Counts(exception, arguments.Context.CancellationToken)),
            OnOpened = arguments =>
            {
                Log.LeftAlone(logger, name, options.BreakSeconds, arguments.Outcome.Exception?.GetType().Name);
                return ValueTask.CompletedTask;
            },
        }).Build();
    }

    public string Name { get; }

    public IChatClient Client { get; }

    /// <summary>The whole answer.</summary>
    public async Task<ChatResponse> AnswerAsync(IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _circuit.ExecuteAsync(async token => await Client.GetResponseAsync(messages, options, token), cancellationToken);
            ModelMetrics.Asked(Name, "answered");
            (answer.AdditionalProperties ??= [])[ModelClients.AnsweredByKey] = Name;
            return answer;
        }
        catch (Exception exception)
        {
            Count(exception, cancellationToken);
            throw;
        }
    }

    /// <summary>A stream that has begun: its first token is there, or its end.</summary>
    /// <exception cref="TimeoutException">It did not begin in time.</exception>
    public async Task<BegunStream> BeginAsync(IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            return await _circuit.ExecuteAsync(async token => await BegunStream.OpenAsync(this, messages, options, _firstToken, _time, token), cancellationToken);
        }
        catch (Exception exception)
        {
            Count(exception, cancellationToken);
            throw;
        }
    }

    public void Ended(bool finished) => ModelMetrics.Asked(Name, finished ? "answered" : "broken_off");

    /// <summary>The reader left before the end.</summary>
    public void Left() => ModelMetrics.Asked(Name, "cancelled");

    /// <summary>The stream broke after it had begun: nobody can take over, but the breaker should know.</summary>
    public async Task BrokeOffAsync(Exception exception)
    {
        ModelMetrics.Asked(Name, "broken_off");
        var context = ResilienceContextPool.Shared.Get(CancellationToken.None);
        try
        {
            await _circuit.ExecuteOutcomeAsync(static (_, error) => ValueTask.FromResult(Outcome.FromException<bool>(error)), context, exception);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    // A cancellation of the model's own is a failure; one of the caller's says nothing. It counts only as the trial after a break:
    // what does not count would end the break, though nobody knows yet that the model is back.
    private bool Counts(Exception exception, CancellationToken caller) => exception is OperationCanceledException && caller.IsCancellationRequested
        ? _state.CircuitState == CircuitState.HalfOpen
        : IsModelsFault(exception);

    // A saturated model works, and a request that no model could serve says nothing about this one.
    private static bool IsModelsFault(Exception exception) =>
        exception is not (ModelSaturatedException or PromptTooLongException or ArgumentException or NotSupportedException or ModelEndpointException { Status: 400 or 413 or 422 });

    private void Count(Exception exception, CancellationToken cancellationToken) => ModelMetrics.Asked(Name, exception switch
    {
        _ when cancellationToken.IsCancellationRequested => "cancelled",
        ModelSaturatedException => "saturated",
        BrokenCircuitException => "left_alone",
        _ => "failed",
    });
}
