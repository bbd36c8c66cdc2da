using System.Runtime.InteropServices;
using SmartService.Inference.Constraints;
using SmartService.Inference.Hosting;
using SmartService.Inference.Sampling;

namespace SmartService.Inference.Engine;

/// <summary>
/// One request on its way. Its tokens are prompt and output in one list, and a sequence holds the first of them; what is missing is
/// computed. So a request whose sequence was taken away simply starts over and its reader sees a pause. All but
/// <see cref="Output"/>, <see cref="IsCancelled"/> and <see cref="IsParked"/> belongs to the inference thread.
/// </summary>
internal sealed class Generation(GenerationRequest request, PromptTokens prompt, ITokenConstraint? constraint, ulong seed, long submitted)
{
    private readonly List<int> _tokens = [.. prompt.Tokens];
    private Xoshiro256 _random = new(seed);

    public GenerationRequest Request => request;

    public ITokenConstraint? Constraint => constraint;

    public OutputBuffer Output { get; } = new();

    public StopMatcher Stops { get; } = new(request.Stop);

    public ref Xoshiro256 Random => ref _random;

    /// <summary>Control tokens whose text is wanted, or null.</summary>
    public ControlMarks? Marks { get; init; }

    /// <summary>Counts up with each submission; the higher, the younger.</summary>
    public long Order { get; init; }

    /// <summary>Tenant and conversation; null when the request belongs to none.</summary>
    public string? ConversationKey { get; } = request.Conversation is { } name ? $"{request.Tenant}\n{name}" : null;

    public int PromptLength => prompt.Tokens.Length;

    public int MaxTokens => prompt.MaxTokens;

    public int DroppedBlocks => prompt.DroppedBlocks;

    /// <summary>Whether <see cref="SchedulerGauges"/> count it among those that wait.</summary>
    public bool IsCounted { get; set; }

    /// <summary>Its tokens among those that wait, as <see cref="SchedulerGauges"/> count them.</summary>
    public int CountedTokens { get; set; }

    /// <summary>How many requests had started when it was queued.</summary>
    public long QueuedAt { get; set; }

    /// <summary>Timestamps of the scheduler's clock; 0: not yet.</summary>
    public long Submitted => submitted;

    public long Deadline { get; init; } = long.MaxValue;

    public long FirstComputed { get; set; }

    public long FirstToken { get; set; }

    public long ParkedSince { get; set; }

    /// <summary>How long its reader was waited for so far; the engine did nothing for it then.</summary>
    public TimeSpan ParkedTime { get; set; }

    /// <summary>Prompt and output.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    public CachedSequence? Sequence { get; set; }

    public int Computed => Sequence?.Length ?? 0;

    public int Pending => _tokens.Count - Computed;

    /// <summary>Whether its prompt has been computed and its text is being written: then it has a place in every step.</summary>
    public bool IsWriting { get; set; }

    /// <summary>Whether what the constraint fixes at the beginning was already taken over.</summary>
    public bool IsOpened { get; set; }

    public ChoiceScoring? Scoring { get; set; }

    public List<IReadOnlyList<float>>? ChoiceScores { get; set; }

    public int OutputTokens { get; set; }

    public int FedTokens { get; set; }

    public int CachedTokens { get; set; } = -1;

    /// <summary>How often it lost its sequence to others; it then waits until its whole output has room.</summary>
    public int Preemptions { get; set; }

    /// <summary>Whether it was being computed when the context broke, and has not written a token since.</summary>
    public bool WasReplayed { get; set; }

    /// <summary>Whether that happened twice: it is computed alone until it has written a token, so that the one that breaks the context is found.</summary>
    public bool IsSuspect { get; set; }

    /// <summary>How often the context broke while it was being computed.</summary>
    public int Breaks { get; set; }

    /// <summary>Share of right guesses, fading.</summary>
    public double Acceptance { get; set; } = 0.6;

    /// <summary>How many of the last guesses were right.</summary>
    public int RightGuesses { get; set; }

    /// <summary>Steps since guesses last seemed not to pay.</summary>
    public int StepsWithoutGuess { get; set; }

    /// <summary>Prompt tokens granted in the step that is being planned.</summary>
    public int Granted { get; set; }

    public bool IsEnded { get; set; }

    /// <summary>Set by the reader's side.</summary>
    public volatile bool IsCancelled;

    /// <summary>Its reader is slow. Set by the inference thread, cleared by it when <see cref="Output"/> was read.</summary>
    public volatile bool IsParked;

    public bool IsInteractive => request.Class == RequestClass.Interactive;

    /// <summary>Whether this one goes before the other where only one can.</summary>
    public bool GoesBefore(Generation other) => IsInteractive != other.IsInteractive ? IsInteractive : Order < other.Order;

    public void Add(int token) => _tokens.Add(token);
}
