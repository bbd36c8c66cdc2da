using Microsoft.Extensions.Options;
using SmartService.Inference;
using SmartService.Inference.Catalogue;
using SmartService.Inference.Gguf;
using SmartService.Inference.Hosting;

namespace SmartService.Server.Commands;

/// <summary>What <c>model check</c> found.</summary>
/// <param name="Path">The file that was named.</param>
/// <param name="Model">Null where the file cannot be read as a model.</param>
/// <param name="Fit">Null where the model answers nothing.</param>
/// <param name="Speed">Of a chat model; null where it was not measured.</param>
/// <param name="SpeedNote">Why it was not measured.</param>
/// <param name="Problem">Why the machine cannot serve it, one sentence; null where it can.</param>
internal sealed record ModelCheck(string Path, ModelFile? Model, ModelFit? Fit, ModelSpeed? Speed, string? SpeedNote, string? Problem)
{
    /// <summary>Of an embedding model or a reranker; null where it was not measured.</summary>
    public EncoderSpeed? TextSpeed { get; init; }

    /// <summary>The host that the server would have: where it can, another process, so that a file that ends the process ends that one.</summary>
    public static IModelHost Host(LocalModelOptions options) =>
        ModelHosts.Create(new ServiceCollection().AddSingleton(Options.Create(options)).BuildServiceProvider());

    public static async Task<ModelCheck> RunAsync(
        string path, LocalModelOptions options, MachineMemory memory, Func<LocalModelOptions, IModelHost>? hosts, CancellationToken cancellationToken)
    {
        ModelFile model;
        try
        {
            model = ModelFile.Inspect(path);
        }
        catch (ModelFileException exception)
        {
            return new ModelCheck(path, null, null, null, null, ModelCheckWords.Of(exception, path));
        }

        if (model.Kind == ModelKind.Other)
        {
            return new ModelCheck(path, model, null, null, null, ModelCheckWords.NoModel(model));
        }

        var fit = ModelFit.Of(model, options, memory);
        if (!fit.Fits)
        {
            return new ModelCheck(path, model, fit, null, "内存不够，没有加载。", ModelCheckWords.TooLarge(fit));
        }

        if (hosts is null || !fit.FitsNow)
        {
            return new ModelCheck(path, model, fit, null, hosts is null ? "没有测速。" : "空闲内存不够，没有加载测速。", null);
        }

        try
        {
            var probe = new ModelProbe(hosts);
            return model.Kind == ModelKind.Chat
                ? new ModelCheck(path, model, fit, await probe.MeasureAsync(model, options, cancellationToken), null, null)
                : new ModelCheck(path, model, fit, null, null, null) { TextSpeed = await probe.MeasureEncoderAsync(model, options, TimeProvider.System, cancellationToken) };
        }
        catch (ModelUnavailableException exception)
        {
            return new ModelCheck(path, model, fit, null, "没有测速。", $"模型加载不了：{exception.Message}");
        }
    }
}
