using System.Text.Json.Serialization;

namespace SmartService.Replies;

/// <summary>One message to a customer, before a channel fits it to its limits. Serialised with a <c>type</c> discriminator.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(TextPart), "text")]
[JsonDerivedType(typeof(MenuPart), "menu")]
[JsonDerivedType(typeof(LinkPart), "link")]
[JsonDerivedType(typeof(MediaPart), "media")]
public abstract record ReplyPart;

/// <summary>Text. May hold Markdown until the channel renders it.</summary>
public sealed record TextPart(string Text) : ReplyPart;

/// <summary>Text with choices that come back as a customer text with the item's id.</summary>
public sealed record MenuPart(string Head, IReadOnlyList<MenuItem> Items, string? Tail = null) : ReplyPart;

/// <summary>One choice of a <see cref="MenuPart"/>: an id for clicks, or a page to open when <paramref name="Url"/> is set.</summary>
public sealed record MenuItem(string Id, string Text, string? Url = null);

/// <summary>A card that opens a page.</summary>
public sealed record LinkPart(string Title, string Description, string Url, string? ThumbMediaId = null) : ReplyPart;

/// <summary>A file that was uploaded to the platform before.</summary>
public sealed record MediaPart(Messages.MediaKind Kind, string MediaId) : ReplyPart;
