using System.Net;
using Polly;
using Polly.Retry;

namespace SmartService.Inference.Catalogue;

/// <summary>Something that another try may mend.</summary>
internal sealed class TransientDownloadException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>When the server wants to be asked again.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

internal static class Retrying
{
    // A server that asks for more is asked again too early; a person who waits longer would think that the program hangs.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    public static ResiliencePipeline Pipeline(ModelPullOptions options, TimeProvider time) => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<TransientDownloadException>(),
            MaxRetryAttempts = options.Retries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.RetryDelay,
            MaxDelay = LongestWait,
            DelayGenerator = static arguments => ValueTask.FromResult(
                arguments.Outcome.Exception is TransientDownloadException { RetryAfter: { } wait } ? wait < LongestWait ? wait : LongestWait : (TimeSpan?)null),
        })
        .Build();

    /// <summary>Throws for an answer that is none: worth another try or not, by its status.</summary>
    public static void Check(HttpResponseMessage response, string what, TimeProvider time)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        if (status is 408 or 425 or 429 or >= 500)
        {
            throw new TransientDownloadException($"the server answered {status}") { RetryAfter = RetryAfter(response, time) };
        }

        throw new ModelPullException(response.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone => $"The source does not have {what}.",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"The source does not give {what} without an account (status {status}).",
            _ => $"The source answered {status} for {what}.",
        });
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero => wait,
        _ => null,
    };
}
