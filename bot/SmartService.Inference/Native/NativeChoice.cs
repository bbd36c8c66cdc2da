namespace SmartService.Inference.Native;

/// <summary>The set of libraries that the preflight found to be whole and of our release, as far as that can be seen from outside.</summary>
/// <param name="Files">Absolute paths in the order of loading; llama itself is the last.</param>
/// <param name="CpuRoot">The folder above <c>runtimes</c> that the processor's part is taken from; with CUDA it may be another one.</param>
/// <param name="Level">What the processor's part is compiled for.</param>
/// <param name="IsCuda">Whether layers can be put on a GPU.</param>
/// <param name="Warning">What was tried before and could not be used, in one sentence.</param>
internal sealed record NativeChoice(IReadOnlyList<string> Files, string CpuRoot, CpuLevel Level, bool IsCuda, string? Warning)
{
    public string Llama => Files[^1];

    public string Folder => Path.GetDirectoryName(Llama)!;
}

/// <summary>Either a choice or the reason why there is none.</summary>
internal sealed record PreflightResult(NativeChoice? Choice, string? Problem, string? Warning = null);
