using System.Runtime.InteropServices;

namespace SmartService.Inference.Native;

/// <summary>
/// Makes libgomp's workers sleep instead of spin while they wait for each other. Spinning is only good on a machine that does
/// nothing else: with other work on the same two cores a token of a 0.5B model took 4.8 s instead of 0.04 s, and prompts were read
/// at 3.9 tokens/s instead of 29.7.
/// </summary>
internal static partial class OpenMp
{
    private const string Policy = "OMP_WAIT_POLICY";

    /// <summary>To be called before libgomp loads, because it reads the environment then. What the operator has set stays.</summary>
    public static void SleepWhileWaiting()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(Policy) is not null)
        {
            return;
        }

        try
        {
            // The runtime keeps its own copy of the environment on Unix, so native code would not see a variable set through it.
            _ = SetEnvironment(Policy, "passive", overwrite: 0);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library: the model works, and is slower beside other work.
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
