using System.Globalization;
using SmartService.Inference.Catalogue;

namespace SmartService.Server.Commands;

/// <summary>One line for each model of <c>model list</c>.</summary>
internal static class ModelLines
{
    public static string Of(ModelFolderEntry entry, string folder, bool isUsed)
    {
        var file = Path.GetRelativePath(folder, entry.Path);
        var mark = isUsed ? "→" : entry.Model is null ? "✘" : " ";
        return entry.Model is { } model
            ? string.Create(CultureInfo.InvariantCulture, $"{mark} {model.Kind.ToString().ToLowerInvariant(),-9} {Size(model.Parameters),6} {model.Quantisation,-7} {model.Bytes / 1e9,6:0.00} GB  context {model.ContextTokens,6}  {file}  ({model.Name}){(entry.Note is { } note ? $"  ! {note}" : "")}")
            : $"{mark} {file}  {entry.Problem}";
    }

    public static string Of(CatalogueModel model)
    {
        var bytes = model.Sources.Values.Select(source => source.Files.Sum(file => file.Bytes ?? 0)).Max();
        return string.Create(CultureInfo.InvariantCulture, $"{model.Name,-22} {model.Kind.ToString().ToLowerInvariant(),-9} {model.Parameters,5} {model.Quantisation,-7} {bytes / 1e9,5:0.00} GB  {model.Licence}");
    }

    internal static string Size(long parameters) => parameters >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e9:0.0}B")
        : string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:0}M");
}
