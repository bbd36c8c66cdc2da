using SmartService.Bot.Desk;
using SmartService.Turns;

namespace SmartService.Desk.Texts;

/// <summary>How the desk says things to agents.</summary>
internal static class Words
{
    public static string Of(HandoffReason reason) => reason switch
    {
        HandoffReason.Requested => "客户要求人工",
        HandoffReason.RepeatedFailure => "机器人多次未能解决",
        HandoffReason.Policy => "按规定需人工处理",
        HandoffReason.TurnFailed => "机器人处理出错",
        HandoffReason.Saturated => "机器人忙不过来",
        _ => "人工主动接管",
    };

    public static string Short(HandoffReason reason) => reason switch
    {
        HandoffReason.Requested => "要求人工",
        HandoffReason.RepeatedFailure => "多次未解决",
        HandoffReason.Policy => "规定人工",
        HandoffReason.TurnFailed => "处理出错",
        HandoffReason.Saturated => "机器人太忙",
        _ => "主动接管",
    };

    public static string Of(ReplyState state) => state switch
    {
        ReplyState.Planned => "发送中",
        ReplyState.Sending => "发送中",
        ReplyState.Sent => "已发送",
        ReplyState.Held => "已保留：等客户再次发言",
        ReplyState.Unknown => "不确定是否送达",
        ReplyState.Failed => "发送失败",
        _ => "已撤下",
    };

    public static string Of(TurnOutcome outcome) => outcome switch
    {
        TurnOutcome.Answered => "已回答",
        TurnOutcome.Declined => "资料未覆盖",
        TurnOutcome.HandedOff => "转人工",
        TurnOutcome.Failed => "处理出错",
        _ => "未回复",
    };

    public static string Of(QueueSection section) => section switch
    {
        QueueSection.Waiting => "等待接入",
        QueueSection.Mine => "我的会话",
        QueueSection.Colleagues => "同事接待中",
        QueueSection.Trouble => "需要处理",
        _ => "最近会话",
    };

    public static string Of(ConversationOwner owner) => owner switch
    {
        ConversationOwner.Queue => "等待接入",
        ConversationOwner.Agent => "人工接待",
        ConversationOwner.Native => "企业微信接待",
        _ => "机器人接待",
    };

    public static string Of(DeskEventEntry entry) => entry.Kind switch
    {
        DeskEventKind.Taken => $"{entry.AgentDisplayName} 接入了会话",
        DeskEventKind.TakenFromColleague => $"{entry.AgentDisplayName} 从 {entry.Detail} 处接手了会话",
        DeskEventKind.GaveBack => $"{entry.AgentDisplayName} 交还给机器人" + (entry.Detail is null ? "" : $"，备注：{entry.Detail}"),
        DeskEventKind.Transferred => $"{entry.AgentDisplayName} 转给了 {entry.Detail}",
        DeskEventKind.MessageRepeated => $"{entry.AgentDisplayName} 让机器人重新处理一条消息",
        DeskEventKind.MessageClosed => $"{entry.AgentDisplayName} 将一条出错的消息标为已处理",
        DeskEventKind.ReplyRetried => $"{entry.AgentDisplayName} 重新发送了一条回复",
        DeskEventKind.ReplyDropped => $"{entry.AgentDisplayName} 撤下了一条未送达的回复",
        _ => $"{entry.AgentDisplayName} 回复了客户",
    };

    /// <summary>Why an act did not happen.</summary>
    public static string Of(DeskResult result) => result.Outcome switch
    {
        DeskOutcome.Gone => "会话状态已变化，请看最新内容。",
        DeskOutcome.OwnedByColleague => $"{result.Who} 已先接入这个会话。",
        DeskOutcome.OwnedInPlatform => "同事正在企业微信客户端接待这位客户。",
        DeskOutcome.OwnedByBot => "会话已在机器人手中。",
        DeskOutcome.TooLong => $"内容太长：平台现在只允许再发 {result.Allowed} 条消息，请缩短后再发。",
        DeskOutcome.Empty => "没有可发送的内容。",
        DeskOutcome.NoChannel => "这个会话的渠道没有在本服务器上配置，无法发送。",
        DeskOutcome.NoColleague => "这位同事不存在或已停用。",
        _ => "",
    };

    public static string Channel(string channel) => channel switch
    {
        "kf" => "微信客服",
        "app" => "企业应用",
        "bot" => "智能机器人",
        "oa" => "公众号",
        _ => channel,
    };

    /// <summary>A customer's id is long and means nothing to people: its end tells customers apart.</summary>
    public static string Customer(string customer) => "客户 " + (customer.Length > 6 ? customer[^6..] : customer);

    public static string Duration(long milliseconds) => TimeSpan.FromMilliseconds(Math.Max(0, milliseconds)) switch
    {
        { TotalMinutes: < 1 } => "不到 1 分钟",
        { TotalHours: < 1 } span => $"{(int)span.TotalMinutes} 分钟",
        { TotalDays: < 1 } span => span.Minutes == 0 ? $"{(int)span.TotalHours} 小时" : $"{(int)span.TotalHours} 小时 {span.Minutes} 分",
        var span => $"{(int)span.TotalDays} 天 {span.Hours} 小时",
    };
}
