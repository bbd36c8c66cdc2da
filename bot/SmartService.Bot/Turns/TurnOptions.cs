using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace SmartService.Bot.Turns;

/// <summary>Section <c>Turns</c>.</summary>
public sealed class TurnOptions
{
    /// <summary>How long a customer must pause before what was typed counts as one turn.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Debounce { get; set; } = TimeSpan.FromSeconds(1.2);

    /// <summary>How long fragments are collected at most.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan DebounceCap { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Turns at once in this server.</summary>
    [Range(1, 256)]
    public int Parallelism { get; set; } = 16;

    /// <summary>How long taken work belongs to a server that gives no sign of life. It renews after a third of this.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>A turn that takes longer has failed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan TurnTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>After so many tries messages are set aside.</summary>
    [Range(1, 20)]
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Pause after the first failure of a turn, doubled after each further one.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Messages that one reply may use. One less than the platform's five leaves room for a notice.</summary>
    [Range(2, 5)]
    public int MaxParts { get; set; } = 4;

    /// <summary>How often the store is looked at although nothing signalled.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SafetyPoll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a quiet account is pulled, in case a bell was missed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PullInterval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>A pull of one page that takes longer has failed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PullTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Accounts pulled at once in this server.</summary>
    [Range(1, 64)]
    public int PullParallelism { get; set; } = 4;

    /// <summary>Messages older than this at the very first pull of an account are kept, but not answered.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "3.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan FirstPullAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Conversations that replies are sent to at once from this server.</summary>
    [Range(1, 256)]
    public int SendParallelism { get; set; } = 8;

    /// <summary>A send that takes longer is repeated with the same key.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:02:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>After so many tries a reply has failed.</summary>
    [Range(1, 100)]
    public int SendAttempts { get; set; } = 8;

    /// <summary>Pause after the first try of a send, doubled after each further one up to five minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SendRetryDelay { get; set; } = TimeSpan.FromSeconds(1);
}

/// <summary>The part of section <c>Handoff</c> that turns need.</summary>
public sealed class ResumeOptions
{
    /// <summary>The bot answers again when neither the agent nor the customer wrote for this long.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ResumeAfter { get; set; } = TimeSpan.FromHours(8);
}

[OptionsValidator]
internal sealed partial class TurnOptionsValidator : IValidateOptions<TurnOptions>;

[OptionsValidator]
internal sealed partial class ResumeOptionsValidator : IValidateOptions<ResumeOptions>;
