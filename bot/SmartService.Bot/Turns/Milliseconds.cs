namespace SmartService.Bot.Turns;

/// <summary>The store counts in Unix milliseconds.</summary>
internal static class Milliseconds
{
    extension(TimeSpan span)
    {
        public long Ms => (long)span.TotalMilliseconds;
    }

    /// <summary>Doubles <paramref name="first"/> with every attempt after the first, up to five minutes.</summary>
    public static long Backoff(TimeSpan first, int attempts) =>
        (long)Math.Min(first.TotalMilliseconds * Math.Pow(2, Math.Clamp(attempts - 1, 0, 30)), TimeSpan.FromMinutes(5).TotalMilliseconds);
}
