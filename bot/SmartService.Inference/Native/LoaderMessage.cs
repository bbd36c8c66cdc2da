namespace SmartService.Inference.Native;

/// <summary>Turns the dynamic loader's message into a sentence that says what to install.</summary>
internal static class LoaderMessage
{
    private static readonly (string File, string Cure)[] Cures =
    [
        ("libgomp.so.1", "install libgomp1 (Debian, Ubuntu: apt-get install libgomp1)"),
        ("libstdc++.so.6", "install libstdc++6"),
        ("libcudart.so.12", "install the CUDA 12 runtime (cuda-cudart-12-*)"),
        ("libcublas.so.12", "install cuBLAS of CUDA 12 (libcublas-12-*)"),
        ("libcublasLt.so.12", "install cuBLAS of CUDA 12 (libcublas-12-*)"),
        ("libcuda.so.1", "install the NVIDIA driver, and in a container the NVIDIA container toolkit"),
        ("GLIBC_", "use a newer distribution (Debian 12, Ubuntu 22.04 or later)"),
        ("GLIBCXX_", "use a newer distribution (Debian 12, Ubuntu 22.04 or later)"),
    ];

    public static string Sentence(string file, string message)
    {
        var reason = Reason(message);
        var cure = Array.Find(Cures, cure => reason.Contains(cure.File, StringComparison.Ordinal)).Cure;
        return cure is null
            ? $"The native library '{file}' cannot be loaded ({reason})."
            : $"The native library '{file}' cannot be loaded ({reason}): {cure}.";
    }

    /// <summary>The runtime puts its advice first and the loader's own words, one line for each attempt, last.</summary>
    private static string Reason(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Skip(1).FirstOrDefault(line => !line.Contains("Unable to load", StringComparison.Ordinal)) ?? lines.FirstOrDefault() ?? "no reason given";
    }
}
