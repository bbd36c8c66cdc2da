using System.Runtime.InteropServices;

namespace SmartService.Inference.Native;

/// <summary>
/// Whether libraries are of the release that LLamaSharp's structs were written for. Others may load and then overwrite memory
/// (llamasharp.md 1), and llama.cpp has no version of its interface to ask, but ggml tells the commit.
/// </summary>
internal static unsafe class NativeRelease
{
    /// <summary>ggml of LLamaSharp 0.30.0, measured in its package (its release notes name an older commit).</summary>
    public const string GgmlVersion = "0.18.0";

    public const string Commit = "815a2a591";

    /// <summary>The musl libraries are built where there is no git.</summary>
    private const string NoCommit = "unknown";

    /// <summary>A sentence, or null.</summary>
    public static string? ProblemOf(nint llama, nint ggmlBase, string path)
    {
        var version = Text(ggmlBase, "ggml_version");
        var commit = Text(ggmlBase, "ggml_commit");
        if (version != GgmlVersion || (commit != Commit && commit != NoCommit))
        {
            return $"The native library '{path}' is of another release (ggml {version ?? "without a version"}, commit {commit ?? "unknown"}; wanted {GgmlVersion}, {Commit}): take it from the package LLamaSharp.Backend {NativeLayout.Release}.";
        }

        return NativeLibrary.TryGetExport(llama, "llama_init_from_model", out _) && NativeLibrary.TryGetExport(llama, "llama_decode", out _)
            ? null
            : $"The native library '{path}' lacks functions of llama.cpp: take it from the package LLamaSharp.Backend {NativeLayout.Release}.";
    }

    private static string? Text(nint library, string function) => NativeLibrary.TryGetExport(library, function, out var address)
        ? Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)address)())
        : null;
}
