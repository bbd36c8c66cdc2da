using System.Globalization;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>Says in words how a process ended.</summary>
internal static class ExitReason
{
    /// <param name="code"><see cref="System.Diagnostics.Process.ExitCode"/>: on Unix 128 and the signal when a signal ended it.</param>
    /// <param name="windows">Whether it is Windows' kind of code.</param>
    public static string Of(int code, bool windows) => windows ? OnWindows(code) : OnUnix(code);

    private static string OnUnix(int code) => (code - 128) switch
    {
        4 => "SIGILL (an instruction that this processor does not have)",
        6 => "SIGABRT (a native assertion or exception)",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL (by the kernel for want of memory, or by somebody)",
        10 => "SIGBUS",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        > 0 and < 65 => string.Create(CultureInfo.InvariantCulture, $"signal {code - 128}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"exit code {code}"),
    };

    private static string OnWindows(int code) => unchecked((uint)code) switch
    {
        0xC0000005 => "an access violation",
        0xC000001D => "an instruction that this processor does not have",
        0xC0000017 => "want of memory",
        0xC00000FD => "a stack overflow",
        0xC0000409 or 3 => "an abort (a native assertion or exception)",
        > 0xFFFF => string.Create(CultureInfo.InvariantCulture, $"exit code 0x{unchecked((uint)code):X8}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"exit code {code}"),
    };
}
