using System.Net;
using System.Net.Http.Headers;

namespace SmartService.Inference.Catalogue;

/// <summary>Fills a part file, from where it ends. The hash of the whole is checked by the caller.</summary>
internal sealed class FileDownload(DownloadClient client, ModelPullOptions options, TimeProvider time)
{
    // Less than this is no progress: a server that cuts after every few bytes must not keep us busy for ever.
    private const int Progress = 64 * 1024;

    private readonly byte[] _buffer = new byte[128 * 1024];

    // The most that was ever there. A server that ignores ranges and cuts sends the same beginning again and again: only what lies
    // beyond is progress.
    private long _furthest;

    /// <exception cref="ModelPullException">It was given up.</exception>
    public async Task RunAsync(RemoteFile file, FileStream part, PullRecord record, Action<long> progress, CancellationToken cancellationToken)
    {
        var retrying = Retrying.Pipeline(options, time);
        if (part.Length > file.Bytes)
        {
            part.SetLength(0);
        }

        _furthest = part.Length;
        try
        {
            while (part.Length < file.Bytes)
            {
                await retrying.ExecuteAsync(async token => await ReceiveAsync(file, part, record, progress, token), cancellationToken);
            }
        }
        catch (TransientDownloadException exception)
        {
            throw new ModelPullException(
                $"{file.Name} could not be downloaded: {exception.Message}. What is there is kept; the same command goes on from {part.Length / 1_000_000} of {file.Bytes / 1_000_000} MB.", exception);
        }
        finally
        {
            part.Flush(flushToDisk: true);
        }
    }

    // Takes one answer of the server; returns when it ended after some progress.
    private async Task ReceiveAsync(RemoteFile file, FileStream part, PullRecord record, Action<long> progress, CancellationToken cancellationToken)
    {
        var start = part.Length;
        using var silence = new Watch(options.StallTimeout, time, cancellationToken);
        try
        {
            using var response = await client.GetAsync(file.Uri, headers => Ask(headers, start, record.ETag), silence.Token);
            start = Accept(response, file, part, start);
            record.Remember(response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : null);
            part.Position = start;
            await using var body = await response.Content.ReadAsStreamAsync(silence.Token);
            while (await body.ReadAsync(_buffer, silence.Token) is > 0 and var read)
            {
                silence.Reset();
                if (part.Position + read > file.Bytes)
                {
                    part.SetLength(0);
                    throw new ModelPullException($"The server sends more than the {file.Bytes} bytes that {file.Name} has; it was thrown away.");
                }

                await WriteAsync(part, _buffer.AsMemory(0, read), cancellationToken);
                progress(part.Length);
            }

            if (!HasProgress(file, part))
            {
                throw new TransientDownloadException("the server stopped early");
            }
        }
        catch (Exception exception) when (silence.IsBroken(exception))
        {
            if (!HasProgress(file, part))
            {
                throw new TransientDownloadException(silence.Reason(exception), exception);
            }
        }
    }

    private bool HasProgress(RemoteFile file, FileStream part)
    {
        var gained = part.Length - _furthest;
        _furthest = Math.Max(_furthest, part.Length);
        return gained >= Progress || part.Length == file.Bytes;
    }

    private static void Ask(HttpRequestHeaders headers, long start, string? tag)
    {
        headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (start > 0)
        {
            headers.Range = new RangeHeaderValue(start, null);
            // With it, a server whose file has changed sends the whole new one instead of a part that does not fit.
            headers.IfRange = tag is not null && EntityTagHeaderValue.TryParse(tag, out var parsed) ? new RangeConditionHeaderValue(parsed) : null;
        }
    }

    // Where the answer's bytes begin; the part is cut to that.
    private long Accept(HttpResponseMessage response, RemoteFile file, FileStream part, long asked)
    {
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && asked > 0)
        {
            part.SetLength(0);
            throw new TransientDownloadException("the server's file is shorter than what is here");
        }

        Retrying.Check(response, file.Name, time);
        var from = response.StatusCode == HttpStatusCode.PartialContent ? Continue(response, file, part, asked) : 0;
        if (response.Content.Headers.ContentLength is { } length && from + length != file.Bytes)
        {
            part.SetLength(0);
            throw new ModelPullException($"The server has {from + length} bytes of {file.Name}, but lists {file.Bytes}; it is not the same file. Try later, or another source.");
        }

        part.SetLength(from);
        return from;
    }

    private static long Continue(HttpResponseMessage response, RemoteFile file, FileStream part, long asked)
    {
        var range = response.Content.Headers.ContentRange;
        if (range is { Unit: "bytes", From: { } from } && from == asked && (range.Length is null || range.Length == file.Bytes))
        {
            return from;
        }

        // Another range than the one that was asked for: nothing of it can be trusted, and the next try asks for the whole.
        part.SetLength(0);
        throw new TransientDownloadException("the server sent another part than the one asked for");
    }

    // A full disk is no failure of the line: it must not be tried again.
    private static async Task WriteAsync(FileStream part, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await part.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new ModelPullException($"{Path.GetFileName(part.Name)} cannot be written: {exception.Message}", exception);
        }
    }
}
