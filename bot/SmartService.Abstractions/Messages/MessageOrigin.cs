namespace SmartService.Messages;

/// <summary>Who a message came from. Stored by name.</summary>
public enum MessageOrigin
{
    /// <summary>The customer (kf origin 3).</summary>
    Customer,

    /// <summary>The platform: an event (kf origin 4).</summary>
    System,

    /// <summary>A human who typed in the platform's own client (kf origin 5). The bot never answers it.</summary>
    Servicer,
}
