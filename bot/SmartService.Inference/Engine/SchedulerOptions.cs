namespace SmartService.Inference.Engine;

/// <summary>How the scheduler shares one context. The defaults suit a CPU; on a GPU the same targets are met with larger batches.</summary>
internal sealed record SchedulerOptions
{
    /// <summary>Who watches the engine from outside must wait longer than two such decodes.</summary>
    public static readonly TimeSpan UsualDecodeLimit = TimeSpan.FromSeconds(60);

    /// <summary>The model's name in telemetry.</summary>
    public string ModelName { get; init; } = "local";

    /// <summary>Requests that are computed at once. A tenant that has none of them may have one beyond (see <see cref="FairQueue"/>).</summary>
    public int Parallel { get; init; } = 16;

    /// <summary>Requests that may wait.</summary>
    public int MaxWaiting { get; init; } = 256;

    /// <summary>Prompt tokens that may wait, so that a few huge prompts count as what they are.</summary>
    public int MaxWaitingTokens { get; init; } = 262_144;

    /// <summary>Interactive requests whose first token would come later are refused.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a step may take while texts are being written: what readers of a running answer see as the worst gap. Prompts get
    /// what is left of it (llama-cpp.md e.4: 64 tokens a step kept the gap at 0.3 s where a whole prompt took 5 s).
    /// </summary>
    public TimeSpan StepTarget { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a step of prompts alone may take: what a newcomer may have to wait before it is looked at.</summary>
    public TimeSpan PromptStepTarget { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>When a prompt and its output do not fit, the output may be cut down to this many tokens before required text is refused.</summary>
    public int MinOutputTokens { get; init; } = 64;

    /// <summary>
    /// The most cells, as a share of all, that sequences nobody uses at the moment may keep for later turns. Not all of them: the cost
    /// of attention follows the highest used cell (llama-cpp.md b.5).
    /// </summary>
    public double RetainedShare { get; init; } = 0.5;

    /// <summary>The shortest prefix worth waiting for while another request computes it.</summary>
    public int MinSharedTokens { get; init; } = 16;

    public LookupDecoding Lookup { get; init; } = LookupDecoding.Adaptive;

    /// <summary>The most tokens that are guessed at once. On CPU every row costs nearly half a step, so few.</summary>
    public int MaxDraftTokens { get; init; } = 3;

    /// <summary>Text that may wait for its reader, in bytes; past it the request pauses, and only this one.</summary>
    public int UnreadBytes { get; init; } = 4096;

    /// <summary>A request whose reader does not read for this long is given up.</summary>
    public TimeSpan UnreadLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A decode that takes longer is interrupted; the second time in a row the context is made anew.</summary>
    public TimeSpan DecodeLimit { get; init; } = UsualDecodeLimit;

    /// <summary>How long disposal lets running requests finish.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(5);

    public static SchedulerOptions From(LocalModelOptions options) => new()
    {
        Parallel = options.Parallel,
        MaxWaiting = options.MaxWaiting,
        MaxWait = TimeSpan.FromSeconds(options.MaxWaitSeconds),
    };
}

/// <summary>Prompt lookup decoding (Saxena 2023): what follows an earlier occurrence of the last tokens is guessed and verified in one step.</summary>
internal enum LookupDecoding
{
    Off,

    /// <summary>Where the measured acceptance of the request and the measured cost of a row say that it pays.</summary>
    Adaptive,

    /// <summary>Whenever there is a guess; for tests and measurements.</summary>
    Always,
}
