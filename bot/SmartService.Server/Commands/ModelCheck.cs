using SmartService.Inference;
using SmartService.Inference.Catalogue;
using SmartService.Inference.Gguf;
using SmartService.Inference.Hosting;

namespace SmartService.Server.Commands;

/// <summary>What <c>model check</c> found.</summary>
/// <param name="Path">The file that was named.</param>
/// <param name="Model">Null where the file cannot be read as a model.</param>
/// <param name="Fit">Null where the model is none for conversations.</param>
/// <param name="Speed">Null where it was not measured.</param>
/// <param name="SpeedNote">Why it was not measured.</param>
/// <param name="Problem">Why the machine cannot serve it, one sentence; null where it can.</param>
internal sealed record ModelCheck(string Path, ModelFile? Model, ModelFit? Fit, ModelSpeed? Speed, string? SpeedNote, string? Problem)
{
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

        if (model.Kind != ModelKind.Chat)
        {
            return new ModelCheck(path, model, null, null, null, ModelCheckWords.WrongKind(model));
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
            return new ModelCheck(path, model, fit, await new ModelProbe(hosts).MeasureAsync(model, options, cancellationToken), null, null);
        }
        catch (ModelUnavailableException exception)
        {
            return new ModelCheck(path, model, fit, null, "没有测速。", $"模型加载不了：{exception.Message}");
        }
    }
}
