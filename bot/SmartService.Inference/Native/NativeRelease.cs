using System.Runtime.InteropServices;
using System.Text;

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

    /// <summary>Looks for the version and the commit in the file of ggml-base, without loading it; a sentence, or null.</summary>
    public static string? ProblemOf(string ggmlBase)
    {
        var content = File.ReadAllBytes(ggmlBase).AsSpan();
        var hasCommit = content.IndexOf(Encoding.ASCII.GetBytes(Commit + '\0')) >= 0 || content.IndexOf(Encoding.ASCII.GetBytes(NoCommit + '\0')) >= 0;
        return hasCommit && content.IndexOf(Encoding.ASCII.GetBytes(GgmlVersion + '\0')) >= 0 ? null : Sentence(ggmlBase, "");
    }

    /// <summary>Asks loaded libraries; a sentence, or null.</summary>
    public static string? ProblemOf(nint llama, nint ggmlBase, string path)
    {
        var version = Text(ggmlBase, "ggml_version");
        var commit = Text(ggmlBase, "ggml_commit");
        if (version != GgmlVersion || (commit != Commit && commit != NoCommit))
        {
            return Sentence(path, $" (ggml {version ?? "without a version"}, commit {commit ?? NoCommit})");
        }

        return NativeLibrary.TryGetExport(llama, "llama_init_from_model", out _) && NativeLibrary.TryGetExport(llama, "llama_decode", out _)
            ? null
            : $"The native library '{path}' lacks functions of llama.cpp: take it from the package LLamaSharp.Backend {NativeLayout.Release}.";
    }

    private static string Sentence(string path, string what) =>
        $"The native library '{path}' is of another release{what}, not of ggml {GgmlVersion}, commit {Commit}: take it from the package LLamaSharp.Backend {NativeLayout.Release}.";

    private static string? Text(nint library, string function) => NativeLibrary.TryGetExport(library, function, out var address)
        ? Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)address)())
        : null;
}
