using System.Globalization;

namespace SmartService.Desk;

/// <summary>Times of the store as the agent's own clock shows them.</summary>
internal static class Clock
{
    public static DateTimeOffset At(long milliseconds, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), zone);

    public static string Time(long milliseconds, TimeZoneInfo zone) => At(milliseconds, zone).ToString("HH:mm", CultureInfo.InvariantCulture);

    public static string Day(long milliseconds, long nowMs, TimeZoneInfo zone)
    {
        var (day, today) = (At(milliseconds, zone).Date, At(nowMs, zone).Date);
        return (today - day).Days switch
        {
            0 => "今天",
            1 => "昨天",
            _ => day.ToString(day.Year == today.Year ? "M月d日" : "yyyy年M月d日", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Short, for the list: a time today, else a day.</summary>
    public static string Brief(long milliseconds, long nowMs, TimeZoneInfo zone) =>
        At(milliseconds, zone).Date == At(nowMs, zone).Date ? Time(milliseconds, zone) : Day(milliseconds, nowMs, zone);

    public static string Full(long milliseconds, TimeZoneInfo zone) => At(milliseconds, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
