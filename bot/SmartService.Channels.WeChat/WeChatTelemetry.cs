using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SmartService.Channels.WeChat;

/// <summary>What operators can watch: meter and activity source <c>SmartService.WeChat</c>.</summary>
public static class WeChatTelemetry
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "SmartService.WeChat";

    private static readonly Meter Meter = new(Name);

    internal static ActivitySource Source { get; } = new(Name);

    internal static Counter<long> Callbacks { get; } = Meter.CreateCounter<long>("smartservice.wechat.callbacks", description: "Callbacks by result.");

    internal static Histogram<double> AckDuration { get; } = Meter.CreateHistogram<double>("smartservice.wechat.callback.duration", "s", "Time to answer a callback.");

    internal static Histogram<double> Skew { get; } = Meter.CreateHistogram<double>("smartservice.wechat.callback.skew", "s", "How far callbacks' timestamps are behind our clock.");

    internal static Counter<long> Sends { get; } = Meter.CreateCounter<long>("smartservice.wechat.sends", description: "Sent parts by status and platform code.");

    internal static Counter<long> Pulls { get; } = Meter.CreateCounter<long>("smartservice.wechat.pulls", description: "Pulled pages by platform code.");

    internal static Counter<long> PulledMessages { get; } = Meter.CreateCounter<long>("smartservice.wechat.pulled.messages", description: "Messages and events in pulled pages.");

    internal static void CallbackDone(string channel, string result, TimeSpan took)
    {
        var tags = new TagList { { "channel", channel }, { "result", result } };
        Callbacks.Add(1, tags);
        AckDuration.Record(took.TotalSeconds, tags);
    }
}
