using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SmartService.Inference.Embeddings;

/// <summary>Counters of embedding and reranking, of all encoders of the process. The GenAI conventions have none for what happens inside a server's batches.</summary>
internal static class EncoderTelemetry
{
    private static readonly Meter Meter = new(ModelClients.TelemetryName);

    private static readonly Histogram<int> PassTokens = Meter.CreateHistogram(
        "smartservice.inference.encode.tokens", "{token}", "Tokens of one pass of the embedding model or the reranker.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192] });

    private static readonly Histogram<int> PassTexts = Meter.CreateHistogram(
        "smartservice.inference.encode.texts", "{text}", "Texts of one pass of the embedding model or the reranker.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });

    private static readonly Histogram<double> PassSeconds = Meter.CreateHistogram(
        "smartservice.inference.encode.duration", "s", "Duration of one pass of the embedding model or the reranker.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] });

    private static readonly Counter<long> CutTexts = Meter.CreateCounter<long>(
        "smartservice.inference.encode.cut_texts", "{text}", "Texts that were longer than the model can take, so that their end is missing.");

    public static void Pass(int tokens, int texts, TimeSpan duration)
    {
        PassTokens.Record(tokens);
        PassTexts.Record(texts);
        PassSeconds.Record(duration.TotalSeconds);
    }

    public static void Cut(int texts, string operation)
    {
        if (texts > 0)
        {
            CutTexts.Add(texts, new TagList { { "operation", operation } });
        }
    }
}
