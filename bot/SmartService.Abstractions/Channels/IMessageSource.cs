using SmartService.Messages;

namespace SmartService.Channels;

/// <summary>A channel whose messages are pulled by cursor; its callback is only a bell. Implementations are thread-safe.</summary>
public interface IMessageSource
{
    /// <summary>Name of the channel.</summary>
    string Channel { get; }

    /// <summary>Pulls one page. Call again while <see cref="MessagePage.HasMore"/>, also after an empty page.</summary>
    /// <exception cref="ChannelException">The platform refused; <see cref="ChannelException.RetryAfter"/> says when to try again.</exception>
    Task<MessagePage> PullAsync(PullRequest request, CancellationToken cancellationToken = default);
}

/// <summary>What to pull.</summary>
/// <param name="Account">The account on our side.</param>
/// <param name="Cursor">The cursor that was committed last; empty the first time.</param>
/// <param name="BellToken">The token of the newest bell, or null; it lifts the platform's rate limit for ten minutes.</param>
public sealed record PullRequest(string Account, string Cursor, string? BellToken);

/// <summary>One page of messages in the platform's order.</summary>
/// <param name="Messages">May be empty although more follows.</param>
/// <param name="NextCursor">To be committed together with the messages.</param>
/// <param name="HasMore">Whether to pull again at once.</param>
public sealed record MessagePage(IReadOnlyList<InboundMessage> Messages, string NextCursor, bool HasMore);

/// <summary>The platform refused or could not be reached.</summary>
public sealed class ChannelException : Exception
{
    /// <summary>Creates the exception without details.</summary>
    public ChannelException()
    {
    }

    /// <summary>Creates the exception with a sentence.</summary>
    public ChannelException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with a sentence and its cause.</summary>
    public ChannelException(string message, Exception? innerException) : base(message, innerException)
    {
    }

    /// <summary>The platform's error code, 0 when it gave none.</summary>
    public int Code { get; init; }

    /// <summary>How long to wait before the next try.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A wrong setting or revoked right: repeating does not help until a person acts.</summary>
    public bool Permanent { get; init; }
}
