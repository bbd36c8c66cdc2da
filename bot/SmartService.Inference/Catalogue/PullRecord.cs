using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartService.Inference.Catalogue;

/// <summary>
/// <c>NAME.gguf.pull.json</c> beside a model: where it comes from. While a download runs it is locked, which keeps two pulls of one
/// file apart; it is never deleted, because a lock on a deleted file keeps nobody out.
/// </summary>
internal sealed class PullRecord : IDisposable
{
    private readonly FileStream _stream;
    private PullOrigin _origin;

    private PullRecord(FileStream stream, PullOrigin origin) => (_stream, _origin) = (stream, origin);

    /// <summary>The strong entity tag of the answer that the part comes from.</summary>
    public string? ETag => _origin.ETag;

    /// <summary>Locks the file's record. Tells whether the part on the disk belongs to the wanted file.</summary>
    /// <exception cref="ModelPullException">Another pull has it.</exception>
    public static PullRecord Open(string target, PullOrigin wanted, out bool continues)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(target + ".pull.json", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult is 11 or 35 or unchecked((int)0x80070020))
        {
            // EWOULDBLOCK of Linux and macOS, ERROR_SHARING_VIOLATION of Windows.
            throw new ModelPullException($"{Path.GetFileName(target)} is being downloaded by another pull.", exception);
        }

        try
        {
            var there = Read(stream);
            continues = there is not null && there with { ETag = null, Finished = false } == wanted;
            var record = new PullRecord(stream, continues ? there! : wanted);
            record.Write();
            return record;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public void Remember(string? tag)
    {
        if (tag != _origin.ETag)
        {
            _origin = _origin with { ETag = tag };
            Write();
        }
    }

    public void Finish()
    {
        _origin = _origin with { Finished = true, ETag = null };
        Write();
    }

    public void Dispose() => _stream.Dispose();

    private static PullOrigin? Read(FileStream stream)
    {
        try
        {
            return stream.Length is > 0 and < 64 * 1024 ? JsonSerializer.Deserialize(stream, PullJson.Default.PullOrigin) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Write()
    {
        _stream.SetLength(0);
        _stream.Position = 0;
        JsonSerializer.Serialize(_stream, _origin, PullJson.Default.PullOrigin);
        _stream.Flush();
    }
}

/// <summary>Where a file comes from.</summary>
internal sealed record PullOrigin(string Source, string Repository, string Licence, long Bytes, string Sha256, string? ETag = null, bool Finished = false);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(PullOrigin))]
internal sealed partial class PullJson : JsonSerializerContext;
