namespace SmartService.StandIn.Platform;

/// <summary>What a code for <c>kf/send_msg_on_event</c> was given for.</summary>
internal enum EventCodeKind
{
    Welcome,
    Pool,
    Taken,
    Ended,
}

/// <summary>One code: for one message, for a while.</summary>
internal sealed record EventCode(KfConversation Conversation, EventCodeKind Kind, DateTimeOffset IssuedAt)
{
    public DateTimeOffset Expires => IssuedAt + (Kind is EventCodeKind.Welcome or EventCodeKind.Ended ? TimeSpan.FromSeconds(20) : TimeSpan.FromHours(48));

    /// <summary>The session must still be in this state; a welcome does not care.</summary>
    public SessionState? State => Kind switch
    {
        EventCodeKind.Pool => SessionState.Pool,
        EventCodeKind.Taken => SessionState.Human,
        EventCodeKind.Ended => SessionState.Ended,
        _ => null,
    };

    public bool AllowsMenu => Kind is EventCodeKind.Welcome or EventCodeKind.Ended;
}

/// <summary>The codes that can still be used. Guarded by <see cref="KfPlatform.Gate"/>.</summary>
internal sealed class EventCodes
{
    private readonly Dictionary<string, EventCode> _codes = new(StringComparer.Ordinal);

    public string Issue(KfConversation conversation, EventCodeKind kind, DateTimeOffset now)
    {
        var code = Ids.Code();
        _codes[code] = new EventCode(conversation, kind, now);
        return code;
    }

    public EventCode? Find(string code, DateTimeOffset now) =>
        _codes.TryGetValue(code, out var found) && now <= found.Expires ? found : null;

    public void Use(string code) => _codes.Remove(code);

    public void Clear() => _codes.Clear();
}
