using SmartService.Inference.Native;

namespace SmartService.Inference.Tests.TinyModels;

/// <summary>Tiny models as files, written once per test process and removed when it ends.</summary>
internal static class TinyModel
{
    private static readonly Lazy<string> Root = new(() =>
    {
        var root = Directory.CreateTempSubdirectory("smartservice-tiny-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        return root;
    });

    private static readonly Lazy<string> ChatFile = new(() => Save("chat.gguf", TinyGguf.Chat()));

    private static readonly Lazy<string> EmbeddingFile = new(() => Save("embedding.gguf", TinyGguf.Embedding()));

    private static readonly Lazy<string> RerankerFile = new(() => Save("reranker.gguf", TinyGguf.Reranker()));

    /// <summary><see cref="TinyGguf.Chat"/> with its defaults.</summary>
    public static string Chat => ChatFile.Value;

    public static string Embedding => EmbeddingFile.Value;

    public static string Reranker => RerankerFile.Value;

    /// <summary>One thread: a team of them costs a hundred times more than the arithmetic of a tiny model when other tests want the cores.</summary>
    public static LocalModelOptions Options => new() { Threads = 1, ContextTokens = 4096 };

    public static Task<LlamaModel> LoadAsync(string path) =>
        LlamaModel.LoadAsync(path, Options, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>A context with keys and values in F32, so that batch shapes differ by little.</summary>
    public static LlamaDecoder NewDecoder(LlamaModel model, int cells = 4096, Func<DecoderShape, DecoderShape>? change = null)
    {
        var shape = DecoderShape.For(Options, model) with { Cells = cells, FullPrecision = true };
        return new LlamaDecoder(model, change is null ? shape : change(shape));
    }

    /// <summary>A folder of the caller's own, removed with the others.</summary>
    public static string NewFolder() => Directory.CreateDirectory(Path.Combine(Root.Value, Guid.NewGuid().ToString("N"))).FullName;

    public static string Save(string name, GgufWriter file)
    {
        var path = Path.Combine(NewFolder(), name);
        file.Save(path);
        return path;
    }
}
