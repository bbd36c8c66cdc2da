using System.Collections.Concurrent;

namespace SmartService.StandIn.Platform;

/// <summary>A file on the platform.</summary>
internal sealed record Medium(string Id, string Type, string ContentType, string FileName, ReadOnlyMemory<byte> Content, DateTimeOffset CreatedAt);

/// <summary>Files, for three days. Thread-safe.</summary>
internal sealed class MediaStore(StandInOptions options, PlatformClock clock)
{
    private const int MegaByte = 1024 * 1024;
    private static readonly TimeSpan _life = TimeSpan.FromDays(3);
    private readonly ConcurrentDictionary<string, Medium> _media = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DateTimeOffset Since, int Count)> _pulls = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public Refusal? Check(string? type, ReadOnlySpan<byte> content)
    {
        var max = type switch { "image" or "video" => 10 * MegaByte, "voice" => 2 * MegaByte, "file" => 20 * MegaByte, _ => 0 };
        if (max == 0)
        {
            return new Refusal(40004, "invalid media type");
        }

        if (content.Length <= 5)
        {
            return new Refusal(40006, "invalid media size");
        }

        if (content.Length > max)
        {
            return new Refusal(45001, "media size out of limit");
        }

        return type switch
        {
            "image" when ContentTypeOf(content) is not ("image/png" or "image/jpeg") => new Refusal(40009, "invalid image size or format"),
            "voice" when !content.StartsWith("#!AMR"u8) => new Refusal(301017, "voice must be amr"),
            "video" when content.Length < 12 || !content[4..].StartsWith("ftyp"u8) => new Refusal(40005, "invalid file type"),
            _ => null,
        };
    }

    public Medium Add(string type, string fileName, ReadOnlyMemory<byte> content)
    {
        foreach (var old in _media.Values.Where(medium => clock.Now - medium.CreatedAt > _life))
        {
            _media.TryRemove(old.Id, out _);
        }

        var added = new Medium(Ids.Media(), type, ContentTypeOf(content.Span), fileName, content, clock.Now);
        _media[added.Id] = added;
        return added;
    }

    public Medium? Find(string mediaId) => _media.TryGetValue(mediaId, out var medium) && clock.Now - medium.CreatedAt <= _life ? medium : null;

    public Answer Pull(string? mediaId)
    {
        if (string.IsNullOrEmpty(mediaId) || Find(mediaId) is not { } medium)
        {
            return Answer.Refused(40007, "invalid media_id");
        }

        lock (_gate)
        {
            var (since, count) = _pulls.GetValueOrDefault(mediaId, (clock.Now, 0));
            (since, count) = clock.Now - since >= TimeSpan.FromMinutes(1) ? (clock.Now, 1) : (since, count + 1);
            _pulls[mediaId] = (since, count);
            return count > options.MediaPullsPerMinute ? Answer.Refused(45033, "too many pulls of one media_id") : Answer.OfFile(medium);
        }
    }

    public void Clear()
    {
        _media.Clear();
        lock (_gate)
        {
            _pulls.Clear();
        }
    }

    // By content: what a client claims about a file is not to be trusted.
    private static string ContentTypeOf(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47]))
        {
            return "image/png";
        }

        if (content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            return "image/jpeg";
        }

        return content.StartsWith("#!AMR"u8) ? "audio/amr" : content.Length > 12 && content[4..].StartsWith("ftyp"u8) ? "video/mp4" : "application/octet-stream";
    }
}
