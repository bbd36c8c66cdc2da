namespace SmartService.Turns;

/// <summary>Who speaks to the customer now. Stored by name.</summary>
public enum ConversationOwner
{
    /// <summary>The bot.</summary>
    Bot,

    /// <summary>Handed off, no human has taken it yet. The bot only listens for the wish to come back.</summary>
    Queue,

    /// <summary>A human on our desk. The bot is silent.</summary>
    Agent,

    /// <summary>A human in the platform's own client. The bot is silent until the platform ends that session.</summary>
    Native,
}
