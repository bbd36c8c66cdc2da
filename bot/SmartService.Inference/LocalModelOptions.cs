using System.ComponentModel.DataAnnotations;

namespace SmartService.Inference;

/// <summary>Settings section <c>Model</c>, the part about models on this machine. Nothing native is touched by binding it.</summary>
public sealed class LocalModelOptions
{
    /// <summary>A GGUF chat model, of several shards the first; empty: the newest chat model in <see cref="Folder"/>, else none.</summary>
    public string Path { get; set; } = "";

    /// <summary>A GGUF embedding model; empty: none.</summary>
    public string EmbeddingPath { get; set; } = "";

    /// <summary>A GGUF cross-encoder that scores passages; empty: none.</summary>
    public string RerankerPath { get; set; } = "";

    /// <summary>What is put in front of questions before they are embedded; null: what the model's family was trained with.</summary>
    public string? EmbeddingQueryPrefix { get; set; }

    /// <summary>What is put in front of passages before they are embedded; null: what the model's family was trained with.</summary>
    public string? EmbeddingPassagePrefix { get; set; }

    /// <summary>The longest text that is embedded, in tokens, longer ones are cut; 0: what the model was trained with, at most 1,024.</summary>
    [Range(0, 32_768)]
    public int EmbeddingMaxTokens { get; set; }

    /// <summary>The longest question and passage together that are scored, in tokens, longer ones are cut; 0: what the model was trained with, at most 1,024.</summary>
    [Range(0, 32_768)]
    public int RerankerMaxTokens { get; set; }

    /// <summary>Calls to embed or to score are refused while this many tokens wait.</summary>
    [Range(1_000, 100_000_000)]
    public int EmbeddingMaxWaiting { get; set; } = 200_000;

    /// <summary>Where <c>model pull</c> puts models; empty: a folder for models below the user's data folder.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Whether a newest model in <see cref="Folder"/> is used when <see cref="Path"/> is empty.</summary>
    public bool UseNewest { get; set; } = true;

    /// <summary>Layers on the GPU; -1: all that fit; 0: none.</summary>
    [Range(-1, 1000)]
    public int GpuLayers { get; set; } = -1;

    /// <summary>Whether a GPU is used if there is one, demanded, or not used.</summary>
    public GpuUse Gpu { get; set; } = GpuUse.Auto;

    /// <summary>A folder with native libraries of the same LLamaSharp release, for example CUDA's; empty: those beside the program.</summary>
    public string NativeFolder { get; set; } = "";

    /// <summary>Cells of the cache that all conversations share, in tokens; 0: chosen by the model and <see cref="CacheMegabytes"/>.</summary>
    [Range(0, 4_194_304)]
    public int ContextTokens { get; set; }

    /// <summary>The most memory for the cache, in MiB.</summary>
    [Range(16, 1_048_576)]
    public int CacheMegabytes { get; set; } = 512;

    /// <summary>Requests that are computed at once.</summary>
    [Range(1, 128)]
    public int Parallel { get; set; } = 16;

    /// <summary>Requests that may wait; more are refused at once.</summary>
    [Range(0, 100_000)]
    public int MaxWaiting { get; set; } = 256;

    /// <summary>Refuse a request when its first token would come later than this, in seconds.</summary>
    [Range(1, 3600)]
    public double MaxWaitSeconds { get; set; } = 30;

    /// <summary>Threads of a decode; 0: chosen by the machine.</summary>
    [Range(0, 512)]
    public int Threads { get; set; }

    /// <summary>Whether the models run in a child process, which a native abort cannot take the server down with.</summary>
    public ModelIsolation Isolation { get; set; } = ModelIsolation.Process;
}

public enum GpuUse
{
    Auto,
    Required,
    Off,
}

public enum ModelIsolation
{
    Process,
    InProcess,
}
