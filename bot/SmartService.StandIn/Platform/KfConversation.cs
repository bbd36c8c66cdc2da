namespace SmartService.StandIn.Platform;

/// <summary>One customer with one account. Guarded by <see cref="KfPlatform.Gate"/>.</summary>
internal sealed class KfConversation(KfAccount account, KfCustomer customer)
{
    /// <summary>How long after the first inquiry a session lasts, and how long after the last message one may send.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(48);

    /// <summary>Messages after each customer message.</summary>
    public const int Quota = 5;

    private SessionState _state = SessionState.Ended;

    public KfAccount Account => account;

    public KfCustomer Customer => customer;

    public string? Servicer { get; private set; }

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? LastMessageAt { get; private set; }

    public DateTimeOffset? WelcomedAt { get; set; }

    /// <summary>Sent since the customer's last message.</summary>
    public int Sent { get; private set; }

    /// <summary>Monotonic milliseconds of a customer message that has no reply yet.</summary>
    public double? WaitingSince { get; set; }

    public int Remaining => LastMessageAt is null ? 0 : Math.Max(0, Quota - Sent);

    public SessionState State(DateTimeOffset now) => StartedAt is { } started && now - started > Window ? SessionState.Ended : _state;

    public bool InWindow(DateTimeOffset now) => LastMessageAt is { } last && now - last <= Window;

    /// <summary>A customer message opens a session where none is, and refills the quota.</summary>
    public void CustomerWrote(DateTimeOffset sentAt, double elapsedMs)
    {
        if (State(sentAt) == SessionState.Ended)
        {
            Put(SessionState.Untreated);
            StartedAt = sentAt;
        }

        LastMessageAt = sentAt;
        Sent = 0;
        WaitingSince = elapsedMs;
    }

    /// <summary>The API sent something: an untreated session is the assistant's from now on.</summary>
    public void ApiSent()
    {
        Sent++;
        if (_state == SessionState.Untreated)
        {
            _state = SessionState.Assistant;
        }
    }

    public void Put(SessionState state, string? servicer = null)
    {
        _state = state;
        Servicer = state == SessionState.Human ? servicer : null;
    }

    /// <summary>As <see cref="Put"/>, and the 48 hours start again when they are over: a person re-opened the session.</summary>
    public void Force(SessionState state, string? servicer, DateTimeOffset now)
    {
        Put(state, servicer);
        if (StartedAt is not { } started || now - started > Window)
        {
            StartedAt = now;
        }
    }
}
