namespace SmartService.StandIn.Platform;

/// <summary>The platform's clock, which may be wrong against the server's: <c>control/faults</c> can shift it.</summary>
internal sealed class PlatformClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private long _offsetTicks;

    public TimeProvider Time => time;

    public DateTimeOffset Now => time.GetUtcNow() + Offset;

    /// <summary>Milliseconds since the start; never jumps.</summary>
    public double ElapsedMs => time.GetElapsedTime(_start).TotalMilliseconds;

    public TimeSpan Offset
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _offsetTicks));
        set => Interlocked.Exchange(ref _offsetTicks, value.Ticks);
    }
}
