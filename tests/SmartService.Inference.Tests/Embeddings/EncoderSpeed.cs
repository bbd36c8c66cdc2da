using System.Diagnostics;
using System.Globalization;
using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;
using SmartService.Inference.Native;

namespace SmartService.Inference.Tests.Embeddings;

/// <summary>
/// Not a test: prints how fast the development embedder is on this machine, by the clock (the best pass) and by processor time, which other
/// processes disturb less; with one thread (ENCODER_THREADS=1) that is its work alone, with more it holds their waiting for each other, too. Only when asked for, with the models' folder in SMARTSERVICE_TEST_MODELS:
/// <c>dotnet run --project tests/SmartService.Inference.Tests -- -explicit only -class "*EncoderSpeed" -showLiveOutput</c>.
/// </summary>
public sealed class EncoderSpeed
{
    [Fact(Explicit = true)]
    public async Task Print_tokens_per_second_by_length_of_text_and_of_pass()
    {
        var file = RealModels.Embedding();
        using var model = await LlamaModel.LoadAsync(file, new LocalModelOptions { Gpu = GpuUse.Off }, cancellationToken: TestContext.Current.CancellationToken);
        var facts = TinyEncoders.Facts(model);
        var threads = int.TryParse(Environment.GetEnvironmentVariable("ENCODER_THREADS"), CultureInfo.InvariantCulture, out var asked) ? asked : Environment.ProcessorCount;
        var random = new Random(1);
        foreach (var length in new[] { 32, 8, 128, 512 })
        {
            foreach (var pass in new[] { 8, 32, 128, 512, 1024, 2048 }.Where(pass => pass >= length))
            {
                using var encoder = LlamaEncoder.Create(model, facts with { TrainedTokens = Math.Max(pass, 512) }, Math.Max(pass, 512), threads);
                var pieces = Enumerable.Range(0, Math.Min(pass / length, encoder.MaxTexts))
                    .Select(at => new EncoderPiece(at, TinyEncoders.Text(random, length, length + 1, model.Vocabulary.Count), 0, length)).ToList();
                if (pieces.Count * length < pass)
                {
                    continue;
                }

                var results = new float[]?[pieces.Count];
                Assert.Equal(DecodeStatus.Ok, encoder.Encode(pieces, results));
                var best = double.MaxValue;
                using var process = Process.GetCurrentProcess();
                var (before, passes) = (process.TotalProcessorTime, 0);
                for (var (spent, turn) = (0d, 0); turn < 3 || (spent < 0.3 && turn < 50); turn++)
                {
                    var started = Stopwatch.GetTimestamp();
                    encoder.Encode(pieces, results);
                    var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
                    spent += seconds;
                    best = Math.Min(best, seconds);
                    passes++;
                }

                process.Refresh();
                var processorSeconds = (process.TotalProcessorTime - before).TotalSeconds / passes;
                Console.WriteLine($"{threads} threads, texts of {length,3} tokens, pass of {pass,4}: {pass / best:F0} tokens/s ({best * 1000:F1} ms, {pass / processorSeconds:F0} per CPU second)");
            }
        }
    }
}
