using System.Runtime.Intrinsics.X86;

namespace SmartService.Inference.Native;

/// <summary>Instruction sets that LLamaSharp's x64 libraries are compiled for; each needs all of the one before.</summary>
internal enum CpuLevel
{
    None,
    Avx,
    Avx2,
    Avx512,
}

internal static class CpuLevels
{
    /// <summary>
    /// What this processor and operating system can run, best first. Running code of a level that is missing ends the process
    /// with SIGILL, so each level asks for everything that the libraries are compiled with (llamasharp.md 4.1).
    /// </summary>
    public static IReadOnlyList<CpuLevel> Usable()
    {
        if (!X86Base.IsSupported)
        {
            return [CpuLevel.None];
        }

        var levels = new List<CpuLevel> { CpuLevel.None };
        if (Avx.IsSupported)
        {
            levels.Add(CpuLevel.Avx);
            // F16C has no class of its own: CPUID 1, ECX bit 29.
            if (Avx2.IsSupported && Fma.IsSupported && Bmi2.IsSupported && (X86Base.CpuId(1, 0).Ecx & (1 << 29)) != 0)
            {
                levels.Add(CpuLevel.Avx2);
                // VNNI, which Windows' libraries use, is CPUID 7, ECX bit 11.
                if (Avx512F.IsSupported && Avx512BW.IsSupported && Avx512CD.IsSupported && Avx512DQ.IsSupported
                    && Avx512Vbmi.IsSupported && (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0)
                {
                    levels.Add(CpuLevel.Avx512);
                }
            }
        }

        levels.Reverse();
        return levels;
    }
}
