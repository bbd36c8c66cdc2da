using System.Diagnostics;
using System.Diagnostics.Metrics;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat;

/// <summary>
/// What a request of the local model cost, as the GenAI semantic conventions of OpenTelemetry name it. Recorded here, from what the
/// host says at the end, because the host is usually another process whose own metrics nobody reads. Tokens and the client's view of
/// the duration are not here: Microsoft.Extensions.AI's decorator records those (<c>gen_ai.client.*</c>), of both models alike.
/// </summary>
internal static class ChatTelemetry
{
    private static readonly double[] s_seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
    private static readonly Meter s_meter = new(ModelClients.TelemetryName);
    private static readonly Histogram<double> s_firstToken = Seconds("gen_ai.server.time_to_first_token", "From submission to the first output token.");
    private static readonly Histogram<double> s_perToken = Seconds("gen_ai.server.time_per_output_token", "From token to token after the first one.");
    private static readonly Histogram<double> s_duration = Seconds("gen_ai.server.request.duration", "From submission to the end.");
    private static readonly Histogram<double> s_queued = Seconds("smartservice.model.queue.duration", "From submission to the first computed token of the prompt.");

    private static readonly Counter<long> s_dropped = s_meter.CreateCounter<long>(
        "smartservice.model.prompt.dropped_blocks", "{block}", "Parts of prompts that were left out because the context was too small.");

    public static void Finished(string model, FinishReason reason, GenerationUsage usage)
    {
        var tags = Tags(model);
        s_queued.Record(usage.Queued.TotalSeconds, tags);
        if (usage.OutputTokens > 0)
        {
            s_firstToken.Record(usage.TimeToFirstToken.TotalSeconds, tags);
        }

        if (usage.OutputTokens > 1)
        {
            s_perToken.Record((usage.Duration - usage.TimeToFirstToken).TotalSeconds / (usage.OutputTokens - 1), tags);
        }

        if (usage.DroppedBlocks > 0)
        {
            s_dropped.Add(usage.DroppedBlocks, tags);
        }

        // As an error, so that answers that were cut off show beside failed ones.
        s_duration.Record(usage.Duration.TotalSeconds, reason == FinishReason.Deadline ? Tags(model, "deadline") : tags);
        Describe(Activity.Current, usage);
    }

    /// <param name="model">The model's name.</param>
    /// <param name="error">What it ended with: a type's name, or <c>cancelled</c>.</param>
    /// <param name="duration">Since submission.</param>
    public static void Failed(string model, string error, TimeSpan duration) => s_duration.Record(duration.TotalSeconds, Tags(model, error));

    // The current span is the request's, which the decorator outside has begun.
    private static void Describe(Activity? span, GenerationUsage usage) => span?
        .SetTag("gen_ai.server.time_to_first_token", usage.TimeToFirstToken.TotalSeconds)
        .SetTag("gen_ai.server.request.duration", usage.Duration.TotalSeconds)
        .SetTag("smartservice.model.queue.duration", usage.Queued.TotalSeconds)
        .SetTag("smartservice.model.prompt_tokens", usage.PromptTokens)
        .SetTag("smartservice.model.cached_tokens", usage.CachedTokens)
        .SetTag("smartservice.model.output_tokens", usage.OutputTokens)
        .SetTag("smartservice.model.fed_tokens", usage.FedTokens)
        .SetTag("smartservice.model.dropped_blocks", usage.DroppedBlocks);

    private static TagList Tags(string model, string? error = null)
    {
        TagList tags = [new("gen_ai.operation.name", "chat"), new("gen_ai.provider.name", "llama.cpp"), new("gen_ai.request.model", model)];
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        return tags;
    }

    private static Histogram<double> Seconds(string name, string what) =>
        s_meter.CreateHistogram(name, "s", what, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = s_seconds });
}
