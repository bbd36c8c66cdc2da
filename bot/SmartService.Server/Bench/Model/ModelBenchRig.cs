using System.Globalization;
using LLama;
using LLama.Common;
using SmartService.Inference;
using SmartService.Inference.Chat;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;
using SmartService.Inference.Hosting.InProcess;
using SmartService.Server.Hosting;

namespace SmartService.Server.Bench.Model;

/// <summary>The sides of one run, all over the same file, threads and number of cells.</summary>
internal sealed class ModelBenchRig : IAsyncDisposable
{
    private LLamaWeights? _weights;

    private ModelBenchRig(IReadOnlyList<IModelSide> sides, BenchPrompts prompts, string description) => (Sides, Prompts, Description) = (sides, prompts, description);

    public IReadOnlyList<IModelSide> Sides { get; }

    public BenchPrompts Prompts { get; }

    public string Description { get; }
}
