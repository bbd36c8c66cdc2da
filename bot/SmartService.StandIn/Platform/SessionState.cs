namespace SmartService.StandIn.Platform;

/// <summary>Who a session belongs to (wecom.md 3.8). The numbers are the platform's.</summary>
internal enum SessionState
{
    Untreated = 0,
    Assistant = 1,
    Pool = 2,
    Human = 3,
    Ended = 4,
}

internal static class SessionStates
{
    /// <summary>The transitions that the API may make; anything else is 95016.</summary>
    public static bool Allows(this SessionState from, SessionState to) => (from, to) switch
    {
        (SessionState.Untreated, SessionState.Assistant or SessionState.Pool or SessionState.Human) => true,
        (SessionState.Assistant, SessionState.Pool or SessionState.Human or SessionState.Ended) => true,
        (SessionState.Pool, SessionState.Human) => true,
        (SessionState.Human, SessionState.Human or SessionState.Ended) => true,
        _ => false,
    };
}
