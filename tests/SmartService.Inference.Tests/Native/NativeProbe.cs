using System.Runtime.CompilerServices;
using System.Text.Json;
using SmartService.Inference.Hosting;
using SmartService.Inference.Native;

namespace SmartService.Inference.Tests.Native;

/// <summary>
/// What a child process is asked to do. LLamaSharp keeps the first failure for the life of a process, so each broken set of
/// libraries needs a process of its own: this assembly, started on a copied folder, with the question in the environment.
/// </summary>
internal sealed record NativeProbe(string NativeFolder, GpuUse Gpu, string Model)
{
    public const string Variable = "SMARTSERVICE_TESTS_NATIVE_PROBE";

    /// <summary>Runs before the test runner's own entry point and ends the process, if there is a question.</summary>
    [ModuleInitializer]
    internal static void Answer()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } question)
        {
            var answer = Run(JsonSerializer.Deserialize<NativeProbe>(question)!);
            Console.Out.WriteLine(NativeProbeAnswer.Mark + JsonSerializer.Serialize(answer));
            Environment.Exit(0);
        }
    }

    private static NativeProbeAnswer Run(NativeProbe probe)
    {
        var options = new LocalModelOptions { NativeFolder = probe.NativeFolder, Gpu = probe.Gpu, Threads = 1, ContextTokens = 512 };
        var outcome = NativeBackend.Start(options);
        try
        {
            using var model = LlamaModel.LoadAsync(probe.Model, options).GetAwaiter().GetResult();
            using var decoder = new LlamaDecoder(model, DecoderShape.For(options, model));
            return new NativeProbeAnswer(outcome, Greedy.Tokens(decoder, model.Vocabulary.Tokenize("hello", special: false), 4).Count, null);
        }
        catch (ModelUnavailableException exception)
        {
            // The server would go on here without a local model.
            return new NativeProbeAnswer(outcome, 0, exception.Message);
        }
    }
}

internal sealed record NativeProbeAnswer(NativeOutcome Outcome, int Tokens, string? ModelProblem)
{
    public const string Mark = "ANSWER ";
}
