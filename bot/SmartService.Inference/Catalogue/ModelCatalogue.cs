using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace SmartService.Inference.Catalogue;

/// <summary>
/// The models that <c>model pull</c> knows, from <c>models.json</c> in this folder. Repositories and file names are the publishers'
/// own where there are any (Qwen), else those of ggml-org, gpustack, bartowski and ModelScope's LLM-Research; hashes were
/// published for Hugging Face and stand in several public documents each. They hold for ModelScope where the same publisher offers a
/// file of the same name there: publishers upload one file to both, and where one did not, <c>model pull</c> says so instead of taking it.
/// </summary>
public static partial class ModelCatalogue
{
    private static readonly Lazy<IReadOnlyList<CatalogueModel>> Models = new(Load);

    /// <summary>Chat models by size, then embedding models and rerankers.</summary>
    public static IReadOnlyList<CatalogueModel> All => Models.Value;

    /// <summary>The model of that name, in any case, or null.</summary>
    public static CatalogueModel? Find(string name) => All.FirstOrDefault(model => string.Equals(model.Name, name, StringComparison.OrdinalIgnoreCase));

    private static IReadOnlyList<CatalogueModel> Load()
    {
        using var stream = typeof(ModelCatalogue).Assembly.GetManifestResourceStream("SmartService.Inference.Catalogue.models.json")!;
        return Read(stream);
    }

    /// <exception cref="InvalidDataException">A name or path could leave the model folder, or a hash is none.</exception>
    internal static IReadOnlyList<CatalogueModel> Read(Stream stream)
    {
        var models = JsonSerializer.Deserialize(stream, CatalogueJson.Default.ListCatalogueModel) ?? [];
        foreach (var file in models.SelectMany(model => model.Sources.Values).SelectMany(source => source.Files))
        {
            if (!SafePath().IsMatch(file.Path) || file.Path.Contains("..", StringComparison.Ordinal) || (file.Sha256 is { } hash && !Hash().IsMatch(hash)))
            {
                throw new InvalidDataException($"The model catalogue has a file that cannot be used: {file.Path}.");
            }
        }

        return models;
    }

    /// <summary>SHA-256 in lower case hexadecimal.</summary>
    [GeneratedRegex("^[0-9a-f]{64}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    internal static partial Regex Hash();

    // Each part begins with a letter or digit, so that no part is "..", hidden or absolute, and the name ends in .gguf.
    [GeneratedRegex(@"^([A-Za-z0-9][A-Za-z0-9._-]*/)*[A-Za-z0-9][A-Za-z0-9._-]*\.gguf$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SafePath();
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(List<CatalogueModel>))]
internal sealed partial class CatalogueJson : JsonSerializerContext;
