using System.Text.Json.Serialization;
using SmartService.Inference.Gguf;

namespace SmartService.Inference.Catalogue;

/// <summary>A model that <c>model pull</c> knows.</summary>
/// <param name="Name">What a person types, for example <c>qwen3-4b</c>.</param>
/// <param name="Kind">What it answers with.</param>
/// <param name="Parameters">For people, for example <c>4B</c>.</param>
/// <param name="Quantisation">For people, for example <c>Q4_K_M</c>.</param>
/// <param name="Context">Tokens that it was trained to read at once.</param>
/// <param name="Licence">Shown before the download.</param>
/// <param name="LicenceUrl">Its text.</param>
/// <param name="Sources">Where it can be had.</param>
public sealed record CatalogueModel(
    string Name,
    ModelKind Kind,
    string Parameters,
    string Quantisation,
    int Context,
    string Licence,
    Uri LicenceUrl,
    IReadOnlyDictionary<ModelSource, CatalogueRepository> Sources);

/// <summary>A model's files at one source.</summary>
/// <param name="Repository"><c>owner/name</c>.</param>
/// <param name="Files">Of several shards all, in order.</param>
/// <param name="Revision">The commit that the files' hashes were published for; null: the source's main branch.</param>
public sealed record CatalogueRepository(string Repository, IReadOnlyList<CatalogueFile> Files, string? Revision = null);

/// <summary>One file at a source.</summary>
/// <param name="Path">Its path in the repository.</param>
/// <param name="Bytes">Its size where a public document states it, else null.</param>
/// <param name="Sha256">Its hash where a public document states it, else null: then the source's own listing is believed, a mirror's only with consent.</param>
public sealed record CatalogueFile(string Path, long? Bytes = null, string? Sha256 = null)
{
    /// <summary>The name that it gets in the model folder.</summary>
    [JsonIgnore]
    public string FileName => Path[(Path.LastIndexOf('/') + 1)..];
}

public enum ModelSource
{
    /// <summary>modelscope.cn; fast in China.</summary>
    ModelScope,

    /// <summary>huggingface.co.</summary>
    HuggingFace,
}
