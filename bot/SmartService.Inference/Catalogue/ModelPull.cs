using System.Security.Cryptography;

namespace SmartService.Inference.Catalogue;

/// <summary>
/// Downloads a model of the catalogue: sizes and hashes from the source, space on the disk, each file into a <c>.part</c> file that a
/// later call continues, hash, rename. A file has its name only when it is whole and its hash is right.
/// </summary>
public sealed class ModelPull(ModelPullOptions options, TimeProvider? timeProvider = null)
{
    // What the disk should have left afterwards.
    private const long Reserve = 256L << 20;

    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Gets what is missing. Safe to call again at any time, and beside another process.</summary>
    /// <exception cref="ModelPullException">It could not be had; one sentence says why, and what was received is kept where it can be continued.</exception>
    public async Task<ModelPullResult> RunAsync(CatalogueModel model, IProgress<ModelPullProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!model.Sources.TryGetValue(options.Source, out var repository))
        {
            throw new ModelPullException($"{model.Name} is not at {options.Source}.");
        }

        using var client = new DownloadClient(AddressRules.For(options.Mirror, options.AllowPrivate));
        var files = await ListAsync(client, repository, cancellationToken);
        try
        {
            var folder = Directory.CreateDirectory(options.Folder).FullName;
            CheckSpace(folder, files);
            var downloaded = false;
            foreach (var file in files)
            {
                downloaded |= await GetAsync(client, file, folder, Origin(model, repository, file), progress, cancellationToken);
            }

            return new ModelPullResult(Path.Combine(folder, files[0].Name), files.Sum(file => file.Bytes), downloaded, files.All(file => file.IsPinned));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelPullException($"{options.Folder} cannot be used: {exception.Message}", exception);
        }
    }

    private PullOrigin Origin(CatalogueModel model, CatalogueRepository repository, RemoteFile file) =>
        new(options.Source.ToString(), repository.Repository, model.Licence, file.Bytes, file.Sha256);

    private async Task<IReadOnlyList<RemoteFile>> ListAsync(DownloadClient client, CatalogueRepository repository, CancellationToken cancellationToken)
    {
        try
        {
            var listing = new SourceListing(client, options, _time);
            return await Retrying.Pipeline(options, _time).ExecuteAsync(async token => await listing.ReadAsync(repository, token), cancellationToken);
        }
        catch (TransientDownloadException exception)
        {
            var other = options.Source == ModelSource.ModelScope ? "huggingface" : "modelscope";
            throw new ModelPullException($"{(options.Mirror is null ? options.Source.ToString() : options.Mirror.Host)} cannot be asked: {exception.Message}. Another source: --from {other}, or --mirror URL.", exception);
        }
    }

    private void CheckSpace(string folder, IReadOnlyList<RemoteFile> files)
    {
        var missing = files.Where(file => !File.Exists(Path.Combine(folder, file.Name))).Sum(file => file.Bytes - PartLength(Path.Combine(folder, file.Name)));
        if (missing > 0 && options.FreeSpace(folder) is var free && free < missing + Reserve)
        {
            throw new ModelPullException($"The disk of {folder} has {free / 1_000_000} MB free; {(missing + Reserve) / 1_000_000} MB are needed.");
        }
    }

    private static long PartLength(string target) => new FileInfo(target + ".part") is { Exists: true } part ? part.Length : 0;

    private async Task<bool> GetAsync(DownloadClient client, RemoteFile file, string folder, PullOrigin origin, IProgress<ModelPullProgress>? progress, CancellationToken cancellationToken)
    {
        var target = Path.Combine(folder, file.Name);
        using var record = PullRecord.Open(target, origin, out var continues);
        if (File.Exists(target))
        {
            await CheckExistingAsync(file, target, progress, cancellationToken);
            record.Finish();
            return false;
        }

        var partName = target + ".part";
        await using (var part = new FileStream(partName, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read))
        {
            if (!continues)
            {
                part.SetLength(0);
            }

            await new FileDownload(client, options, _time).RunAsync(
                file, part, record, done => progress?.Report(new ModelPullProgress(file.Name, ModelPullStep.Downloading, done, file.Bytes)), cancellationToken);
        }

        if (await HashAsync(partName, file, progress, cancellationToken) != file.Sha256)
        {
            File.Delete(partName);
            throw new ModelPullException($"{file.Name} arrived damaged: its SHA-256 is not the one that the source lists. It was removed; try again, or another source.");
        }

        File.Move(partName, target);
        record.Finish();
        progress?.Report(new ModelPullProgress(file.Name, ModelPullStep.Finished, file.Bytes, file.Bytes));
        return true;
    }

    // Never overwritten: the name may have been given by a person.
    private static async Task CheckExistingAsync(RemoteFile file, string target, IProgress<ModelPullProgress>? progress, CancellationToken cancellationToken)
    {
        if (new FileInfo(target).Length != file.Bytes || await HashAsync(target, file, progress, cancellationToken) != file.Sha256)
        {
            throw new ModelPullException($"{target} is there already and is another file than the source's; move it away or choose another --folder.");
        }

        progress?.Report(new ModelPullProgress(file.Name, ModelPullStep.Finished, file.Bytes, file.Bytes));
    }

    private static async Task<string> HashAsync(string path, RemoteFile file, IProgress<ModelPullProgress>? progress, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan | FileOptions.Asynchronous);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            progress?.Report(new ModelPullProgress(file.Name, ModelPullStep.Checking, stream.Position, file.Bytes));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
