namespace SmartService.Messages;

/// <summary>One message or event as a channel received it. Immutable and safe to share between threads.</summary>
public sealed record InboundMessage
{
    /// <summary>Name of the channel, for example <c>kf</c>.</summary>
    public required string Channel { get; init; }

    /// <summary>The account on our side (kf: <c>open_kfid</c>).</summary>
    public required string Account { get; init; }

    /// <summary>The customer on the other side (kf: <c>external_userid</c>). Never parsed as a number: leading zeros matter.</summary>
    public required string Customer { get; init; }

    /// <summary>The platform's id of this message, unique within channel and account; the key that makes repeats harmless.</summary>
    public required string MessageId { get; init; }

    /// <summary>The platform's clock when the message was sent.</summary>
    public required DateTimeOffset SentAt { get; init; }

    /// <summary>Who wrote it.</summary>
    public required MessageOrigin Origin { get; init; }

    /// <summary>What was written.</summary>
    public required MessageBody Body { get; init; }

    /// <summary>The key of the conversation that this message belongs to.</summary>
    public string ConversationId => Messages.ConversationId.Of(Channel, Account, Customer);
}
