namespace SmartService.Inference.Native;

/// <summary>Whether the native libraries are loaded, and which; for <c>doctor</c>, health and the log.</summary>
public sealed record NativeOutcome
{
    public required bool IsAvailable { get; init; }

    /// <summary>For people, for example "CPU AVX2" or "CUDA 12, NVIDIA L4"; "none" when nothing is loaded.</summary>
    public required string Backend { get; init; }

    /// <summary>The folder that the libraries were taken from.</summary>
    public string? Folder { get; init; }

    /// <summary>Why there is no local model, in one sentence that names the file, package or folder; null when there is one.</summary>
    public string? Problem { get; init; }

    /// <summary>What works less well than it could and why, in one sentence, for example CUDA libraries that cannot be loaded; or null.</summary>
    public string? Warning { get; init; }

    /// <summary>llama.cpp's own line about the processor's features.</summary>
    public string SystemInfo { get; init; } = "";

    /// <summary>Whether layers can be put on a GPU.</summary>
    public bool HasGpu { get; init; }

    internal static NativeOutcome Unavailable(string problem, string? warning = null) =>
        new() { IsAvailable = false, Backend = "none", Problem = problem, Warning = warning };
}
