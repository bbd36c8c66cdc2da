using SmartService.Inference.Engine;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>How the models' process is started, watched and brought back.</summary>
public sealed record ModelSupervisionOptions
{
    /// <summary>The program and its first arguments; null: this program again, which must call <see cref="ModelHostChild.RunIfRequestedAsync"/> first thing.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>
    /// Environment of the child beyond ours, in place before natives load, for example <c>CUDA_CACHE_PATH</c>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>This many crashes within <see cref="CrashWindow"/>, and the child stays down for <see cref="OpenFor"/>.</summary>
    public int MaxCrashes { get; init; } = 6;

    public TimeSpan CrashWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long requests are refused before one more start is tried; doubles with every vain try up to <see cref="MaxOpenFor"/>.</summary>
    public TimeSpan OpenFor { get; init; } = TimeSpan.FromMinutes(1);

    public TimeSpan MaxOpenFor { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Wait before the second restart within the window; the first is immediate, later ones wait twice as long each.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often one request is submitted again after crashes.</summary>
    public int MaxReplays { get; init; } = 5;

    /// <summary>How often the child says that it lives, and what it is doing.</summary>
    public TimeSpan BeatEvery { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A child that says nothing for so long is frozen.</summary>
    public TimeSpan BeatLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// A child whose work stands still for so long is hung. The engine interrupts a step that takes longer than
    /// <see cref="SchedulerOptions.DecodeLimit"/> itself, and after a second one makes another context: it must have had the time.
    /// </summary>
    public TimeSpan ProgressLimit { get; init; } = 2.5 * SchedulerOptions.UsualDecodeLimit;

    /// <summary>From the start of the process to its connection.</summary>
    public TimeSpan ConnectLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For loading the models; a large file on a slow disk takes minutes.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long running requests may go on when the host is disposed of.</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the child may take to end by itself before it is killed.</summary>
    public TimeSpan ExitLimit { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Updates of one request that may be under way before its reader has taken the first.</summary>
    public int Window { get; init; } = 64;

    /// <summary>The largest message between the processes, in bytes.</summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024 * 1024;
}
