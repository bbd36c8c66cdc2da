using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Remote;

/// <summary>
/// Two models, the second standing in for the first. A request that fails before its first token goes to the second; once
/// something was streamed a failure is a failure, because two halves of different models are no answer. A model that keeps
/// failing is left alone for a while. Thread-safe. Not built on Microsoft.Extensions.AI's own fail-over client: there an update
/// with only a role already commits, and nothing limits the wait for the first token.
/// </summary>
public sealed class ModelFailoverClient : IChatClient
{
    /// <summary>
    /// Key in <see cref="ChatOptions.AdditionalProperties"/>: <see cref="First"/> when the caller has something better to do than the
    /// second while the first is saturated, <see cref="Second"/> to ask the second only.
    /// </summary>
    public const string Route = "route";

    /// <summary><see cref="ModelSaturatedException"/> is thrown to the caller; other failures go to the second.</summary>
    public const string First = "first";

    /// <summary>The first is not asked.</summary>
    public const string Second = "second";

    private readonly ModelTarget _first;
    private readonly ModelTarget _second;

    internal ModelFailoverClient(ModelTarget first, ModelTarget second) => (_first, _second) = (first, second);

    /// <summary>Both, in the preferred order.</summary>
    internal static ModelFailoverClient Of(IServiceProvider provider, IChatClient local, IChatClient endpoint)
    {
        var options = provider.GetRequiredService<IOptions<FailoverOptions>>().Value;
        var time = provider.GetRequiredService<TimeProvider>();
        var logger = provider.GetService<ILoggerFactory>()?.CreateLogger<ModelFailoverClient>() ?? (ILogger)NullLogger.Instance;
        var (here, there) = (new ModelTarget(ModelClients.Local, local, options, time, logger), new ModelTarget(ModelClients.Endpoint, endpoint, options, time, logger));
        return options.Prefer == ModelPreference.Local ? new ModelFailoverClient(here, there) : new ModelFailoverClient(there, here);
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ChatMessage> asked = [.. messages];
        return AskAsync(options, (target, token) => target.AnswerAsync(asked, options, token), cancellationToken);
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ChatMessage> asked = [.. messages];
        await using var stream = await AskAsync(options, (target, token) => target.BeginAsync(asked, options, token), cancellationToken);
        while (await stream.NextAsync() is { } update)
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : _first.Client.GetService(serviceType, serviceKey) ?? _second.Client.GetService(serviceType, serviceKey);
    }

    /// <summary>Does nothing: both clients belong to the container.</summary>
    public void Dispose()
    {
    }

    private async Task<T> AskAsync<T>(ChatOptions? options, Func<ModelTarget, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        var route = options?.AdditionalProperties?.GetValueOrDefault(Route) as string;
        if (route == Second)
        {
            return await ask(_second, cancellationToken);
        }

        ModelSaturatedException? saturated;
        try
        {
            return await ask(_first, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && !(route == First && exception is ModelSaturatedException))
        {
            saturated = exception as ModelSaturatedException;
        }

        try
        {
            return await ask(_second, cancellationToken);
        }
        catch (Exception exception) when (saturated is not null && !cancellationToken.IsCancellationRequested && exception is not ModelSaturatedException)
        {
            // That the first would be glad to later is of more use to the caller than why the second is away.
            throw new ModelSaturatedException(saturated.Message, exception) { RetryAfter = saturated.RetryAfter };
        }
    }
}
