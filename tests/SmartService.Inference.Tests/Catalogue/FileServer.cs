using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SmartService.Inference.Catalogue;
using SmartService.Inference.Gguf;

namespace SmartService.Inference.Tests.Catalogue;

/// <summary>ModelScope and Hugging Face in small: lists files and serves them, well by default; each request for a file may be answered badly instead.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    public const string Tag = "\"v1\"";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, byte[], Task>> _answers = new();

    private FileServer(WebApplication app) => _app = app;

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>What is listed where it differs from the files: path to size and hash.</summary>
    public Dictionary<string, (long Bytes, string? Sha256)> Listed { get; } = new(StringComparer.Ordinal);

    /// <summary>Requests for files, in order: path, Range and If-Range.</summary>
    public ConcurrentQueue<(string Path, string Range, string IfRange)> Requests { get; } = new();

    /// <summary>Answers for requests of the lists, before the good one.</summary>
    public ConcurrentQueue<Func<HttpContext, Task>> ListAnswers { get; } = new();

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public static async Task<FileServer> StartAsync(params (string Path, byte[] Content)[] files)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new FileServer(app);
        foreach (var (path, content) in files)
        {
            server.Files[path] = content;
        }

        app.MapGet("/api/models/o/r/tree/{revision}", server.TreeAsync);
        app.MapGet("/api/v1/models/o/r/repo/files", server.ScopeAsync);
        app.MapGet("/o/r/resolve/{revision}/{**path}", server.FileAsync);
        app.MapGet("/models/o/r/resolve/{revision}/{**path}", server.FileAsync);
        await app.StartAsync();
        server.Address = new Uri(app.Urls.Single());
        return server;
    }

    /// <summary>The next request for a file is answered so.</summary>
    public FileServer Next(Func<HttpContext, byte[], Task> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    /// <summary>Sends the beginning, waits, and cuts the connection.</summary>
    public FileServer NextCut(int bytes, Task when) => Next(async (http, content) =>
    {
        http.Response.ContentLength = content.Length;
        http.Response.Headers.ETag = Tag;
        await http.Response.Body.WriteAsync(content.AsMemory(0, bytes), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        await when;
        http.Abort();
    });

    public FileServer NextStatus(int status, string? retryAfter = null) => Next((http, _) =>
    {
        http.Response.StatusCode = status;
        http.Response.Headers.RetryAfter = retryAfter;
        return Task.CompletedTask;
    });

    public CatalogueModel Model(string? pinned = null, params string[] paths)
    {
        var files = (paths.Length == 0 ? [.. Files.Keys] : paths).Select(path => new CatalogueFile(path, Sha256: pinned)).ToList();
        var repository = new CatalogueRepository("o/r", files);
        return new CatalogueModel("m", ModelKind.Chat, "1B", "Q8_0", 1024, "MIT", new Uri("https://example.com"), new Dictionary<ModelSource, CatalogueRepository>
        {
            [ModelSource.ModelScope] = repository,
            [ModelSource.HuggingFace] = repository,
        });
    }

    public static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    public static async Task GoodAsync(HttpContext http, byte[] content)
    {
        var from = 0;
        var range = http.Request.Headers.Range.ToString();
        var condition = http.Request.Headers.IfRange.ToString();
        if (range.Length > 0 && condition is "" or Tag)
        {
            from = int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
            http.Response.StatusCode = 206;
            http.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        http.Response.Headers.ETag = Tag;
        http.Response.ContentLength = content.Length - from;
        await http.Response.Body.WriteAsync(content.AsMemory(from), http.RequestAborted);
    }

    private async Task FileAsync(HttpContext http)
    {
        var path = (string)http.Request.RouteValues["path"]!;
        Requests.Enqueue((path, http.Request.Headers.Range.ToString(), http.Request.Headers.IfRange.ToString()));
        await (_answers.TryDequeue(out var answer) ? answer : GoodAsync)(http, Files[path]);
    }

    private async Task TreeAsync(HttpContext http)
    {
        if (ListAnswers.TryDequeue(out var answer))
        {
            await answer(http);
            return;
        }

        await http.Response.WriteAsJsonAsync(Files.Keys.Select(path => new
        {
            type = "file",
            oid = "git",
            size = Entry(path).Bytes,
            lfs = Entry(path).Sha256 is { } hash ? new { oid = hash, size = Entry(path).Bytes, pointerSize = 134 } : null,
            path,
        }));
    }

    private async Task ScopeAsync(HttpContext http)
    {
        if (ListAnswers.TryDequeue(out var answer))
        {
            await answer(http);
            return;
        }

        await http.Response.WriteAsJsonAsync(new
        {
            Code = 200,
            Data = new { Files = Files.Keys.Select(path => new { Name = path, Path = path, Size = Entry(path).Bytes, Sha256 = Entry(path).Sha256 ?? "", Type = "blob" }) },
            Success = true,
        });
    }

    private (long Bytes, string? Sha256) Entry(string path) => Listed.TryGetValue(path, out var entry) ? entry : (Files[path].Length, Hash(Files[path]));
}
