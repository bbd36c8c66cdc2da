using System.Text.Json.Serialization;

namespace SmartService.Messages;

/// <summary>What a message holds. Serialised with a <c>type</c> discriminator by <see cref="SmartServiceJson"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(TextBody), "text")]
[JsonDerivedType(typeof(MediaBody), "media")]
[JsonDerivedType(typeof(LocationBody), "location")]
[JsonDerivedType(typeof(LinkBody), "link")]
[JsonDerivedType(typeof(ProductBody), "product")]
[JsonDerivedType(typeof(OrderBody), "order")]
[JsonDerivedType(typeof(EventBody), "event")]
[JsonDerivedType(typeof(UnsupportedBody), "unsupported")]
public abstract record MessageBody;

/// <summary>Typed text, or a click on a menu item (then <paramref name="MenuId"/> is the item's id).</summary>
public sealed record TextBody(string Text, string? MenuId = null) : MessageBody;

/// <summary>A picture, voice message, video or file, by the platform's media id (valid three days).</summary>
public sealed record MediaBody(MediaKind Kind, string MediaId) : MessageBody;

/// <summary>The kinds of media that a customer can send.</summary>
public enum MediaKind
{
    /// <summary>A picture.</summary>
    Image,

    /// <summary>A voice message.</summary>
    Voice,

    /// <summary>A video.</summary>
    Video,

    /// <summary>A file.</summary>
    File,
}

/// <summary>A place. Degrees, WGS-like as the platform gives them.</summary>
public sealed record LocationBody(double Latitude, double Longitude, string? Name, string? Address) : MessageBody;

/// <summary>A shared page or mini program.</summary>
public sealed record LinkBody(string? Title, string? Description, string? Url) : MessageBody;

/// <summary>A product card that the customer shared from a shop.</summary>
public sealed record ProductBody(string? ProductId, string? Title, string? Price, string? Shop) : MessageBody;

/// <summary>An order card that the customer shared from a shop.</summary>
public sealed record OrderBody(string? OrderId, string? Products, string? Price, string? State) : MessageBody;

/// <summary>A platform event, with its fields as strings.</summary>
public sealed record EventBody(string Kind, IReadOnlyDictionary<string, string> Fields) : MessageBody;

/// <summary>A kind of message that we do not know; kept as it came, shown on the desk.</summary>
public sealed record UnsupportedBody(string Kind, string Raw) : MessageBody;
