namespace SmartService.Messages;

/// <summary>Builds the key under which turns are ordered: channel, account and customer.</summary>
public static class ConversationId
{
    /// <summary>The key of the conversation of one customer with one account.</summary>
    public static string Of(string channel, string account, string customer) => $"{channel}:{account}:{customer}";
}
