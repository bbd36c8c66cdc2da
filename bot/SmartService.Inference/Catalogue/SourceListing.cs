using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartService.Inference.Catalogue;

/// <summary>
/// Asks a source which files a repository has, with size and SHA-256.
/// Hugging Face: <c>GET /api/models/{repo}/tree/{revision}</c>, <c>lfs.oid</c>. ModelScope: <c>GET /api/v1/models/{repo}/repo/files</c>, <c>Sha256</c>.
/// </summary>
internal sealed class SourceListing(DownloadClient client, ModelPullOptions options, TimeProvider time)
{
    private const int MaxBytes = 8 << 20;

    /// <summary>The catalogue's files as the source has them now.</summary>
    /// <exception cref="ModelPullException">The source lacks one, says no hash, or lists another one than the catalogue.</exception>
    /// <exception cref="TransientDownloadException">It did not answer properly.</exception>
    public async Task<IReadOnlyList<RemoteFile>> ReadAsync(CatalogueRepository repository, CancellationToken cancellationToken)
    {
        var (huggingFace, root, revision) = Place(options, repository);
        var listing = huggingFace ? $"api/models/{repository.Repository}/tree/{revision}?recursive=true" : $"api/v1/models/{repository.Repository}/repo/files?Revision={revision}&Recursive=true";
        return Match(options, repository, await ListAsync(Below(root, listing), repository.Repository, cancellationToken));
    }

    /// <summary>What the catalogue wants, with what a list says about it.</summary>
    /// <exception cref="ModelPullException">The source lacks one, says no hash, or lists another one than the catalogue.</exception>
    internal static IReadOnlyList<RemoteFile> Match(ModelPullOptions options, CatalogueRepository repository, IReadOnlyList<ListedFile> listed)
    {
        var (huggingFace, root, revision) = Place(options, repository);
        var files = huggingFace ? "" : "models/";
        return [.. repository.Files.Select(file => Remote(
            options,
            file,
            listed.FirstOrDefault(one => string.Equals(one.Path, file.Path, StringComparison.Ordinal)),
            Below(root, $"{files}{repository.Repository}/resolve/{revision}/{file.Path}")))];
    }

    private static (bool HuggingFace, Uri Root, string Revision) Place(ModelPullOptions options, CatalogueRepository repository)
    {
        var huggingFace = options.Source == ModelSource.HuggingFace;
        return (huggingFace, options.Mirror ?? new Uri(huggingFace ? "https://huggingface.co" : "https://www.modelscope.cn"), repository.Revision ?? (huggingFace ? "main" : "master"));
    }

    private static RemoteFile Remote(ModelPullOptions options, CatalogueFile file, ListedFile? listed, Uri uri)
    {
        if (listed is null || listed.Bytes <= 0)
        {
            throw new ModelPullException($"The source does not list {file.Path}.");
        }

        var hash = listed.Sha256?.ToLowerInvariant() ?? file.Sha256;
        if (hash is null || !ModelCatalogue.Hash().IsMatch(hash))
        {
            throw new ModelPullException($"The source does not say the SHA-256 of {file.Path}; without it nothing is downloaded.");
        }

        if (!options.AcceptChanged)
        {
            Compare(options.Mirror, file, listed.Bytes, hash);
        }

        return new RemoteFile(file.FileName, uri, listed.Bytes, hash, file.Sha256 == hash);
    }

    private static void Compare(Uri? mirror, CatalogueFile file, long bytes, string hash)
    {
        const string Consent = "If the publisher replaced it, --accept-changed takes the new one.";
        if (file.Sha256 is { } pinned && pinned != hash)
        {
            throw new ModelPullException($"{file.Path} at the source is not the file that the catalogue names (SHA-256 {hash[..12]}… instead of {pinned[..12]}…). {Consent}");
        }

        if (file.Bytes is { } size && size != bytes)
        {
            throw new ModelPullException($"{file.Path} at the source is not the file that the catalogue names ({bytes} bytes instead of {size}). {Consent}");
        }

        // The publisher's own source is believed about its files; whoever runs a mirror could list the hash of anything.
        if (file.Sha256 is null && mirror is { IsLoopback: false })
        {
            throw new ModelPullException($"The catalogue knows no SHA-256 of {file.Path}, so only {mirror.Host} would say what it is. If you trust that server, --accept-changed takes its word.");
        }
    }

    private async Task<IReadOnlyList<ListedFile>> ListAsync(Uri uri, string repository, CancellationToken cancellationToken)
    {
        using var silence = new Watch(options.StallTimeout, time, cancellationToken);
        try
        {
            using var response = await client.GetAsync(uri, static _ => { }, silence.Token);
            Retrying.Check(response, repository, time);
            await using var body = await response.Content.ReadAsStreamAsync(silence.Token);
            var bytes = await ReadAsync(body, silence.Token);
            return options.Source == ModelSource.HuggingFace
                ? [.. (JsonSerializer.Deserialize(bytes, ListingJson.Default.ListTreeEntry) ?? []).OfType<TreeEntry>().Select(entry => new ListedFile(entry.Path, entry.Lfs?.Size ?? entry.Size, entry.Lfs?.Oid))]
                : [.. (JsonSerializer.Deserialize(bytes, ListingJson.Default.ScopeListing)?.Data?.Files ?? []).OfType<ScopeFile>().Select(entry => new ListedFile(entry.Path, entry.Size, string.IsNullOrEmpty(entry.Sha256) ? null : entry.Sha256))];
        }
        catch (JsonException exception)
        {
            throw new TransientDownloadException("the server's list of files is none", exception);
        }
        catch (Exception exception) when (silence.IsBroken(exception))
        {
            throw new TransientDownloadException(silence.Reason(exception), exception);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            all.Write(buffer, 0, read);
            if (all.Length > MaxBytes)
            {
                throw new ModelPullException("The source's list of files is too long to be one.");
            }
        }

        return all.ToArray();
    }

    // A mirror may be a folder of a server: https://example.com/hf.
    private static Uri Below(Uri root, string path) => new(root.AbsoluteUri.TrimEnd('/') + "/" + path);
}

/// <summary>A file as a source lists it.</summary>
internal sealed record ListedFile(string? Path, long Bytes, string? Sha256);

/// <summary>A file to download; <paramref name="IsPinned"/>: its hash is the catalogue's, not only what the source lists.</summary>
internal sealed record RemoteFile(string Name, Uri Uri, long Bytes, string Sha256, bool IsPinned);

internal sealed record TreeEntry(string? Path, long Size, TreeLfs? Lfs = null);

internal sealed record TreeLfs(string Oid, long Size);

internal sealed record ScopeListing(ScopeData? Data = null);

internal sealed record ScopeData(IReadOnlyList<ScopeFile?>? Files = null);

internal sealed record ScopeFile(string? Path, long Size, string? Sha256 = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(List<TreeEntry?>))]
[JsonSerializable(typeof(ScopeListing))]
internal sealed partial class ListingJson : JsonSerializerContext;
