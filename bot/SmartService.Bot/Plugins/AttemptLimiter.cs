using System.Security.Cryptography;
using System.Text;
using SmartService.Plugins;

namespace SmartService.Bot.Plugins;

/// <summary>Counts guesses per subject and per conversation, which is one customer on one account. One per turn.</summary>
internal sealed class AttemptLimiter(IAttemptCounts counts, CallingConversation caller) : IAttemptLimiter
{
    public Task<bool> BeginAsync(string task, string subject, CancellationToken cancellationToken = default) =>
        counts.AddAsync(Keys(task, subject), cancellationToken);

    public Task TakeBackAsync(string task, string subject, CancellationToken cancellationToken = default) =>
        counts.SubtractAsync(Keys(task, subject), cancellationToken);

    // Always in the same order, so that two transactions cannot wait for each other.
    private string[] Keys(string task, string subject) =>
        [.. new[] { Hash("subject", task, subject), Hash("customer", task, caller.Id) }.Order(StringComparer.Ordinal)];

    // Order numbers are customer data and of any length.
    private static string Hash(string kind, string task, string value) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\n{task}\n{value}")));
}

/// <summary>Whose turn the tools of this scope serve. Set by the <see cref="Toolbox"/> when it makes a gate.</summary>
public sealed class CallingConversation
{
    /// <summary>Key of the conversation; empty for calls outside a turn, which then share one count.</summary>
    public string Id { get; set; } = "";
}
