using SmartService.Channels;
using SmartService.Replies;

namespace SmartService.Testing.Desk;

/// <summary>A channel with kf's allowance whose messages hold <paramref name="charactersPerMessage"/> characters. It sends nothing: the desk only plans.</summary>
public sealed class FakeChannel(string name = "kf", int charactersPerMessage = 100) : IChannel
{
    public string Name { get; } = name;

    public SendBudget Budget { get; } = new(5, TimeSpan.FromHours(48) - TimeSpan.FromMinutes(5));

    public FittedReply Fit(IReadOnlyList<ReplyPart> reply, int maxParts)
    {
        var parts = new List<ReplyPart>();
        foreach (var part in reply)
        {
            if (part is TextPart text)
            {
                parts.AddRange(text.Text.Chunk(charactersPerMessage).Select(characters => new TextPart(new string(characters))));
            }
            else
            {
                parts.Add(part);
            }
        }

        var rest = string.Concat(parts.Skip(maxParts).OfType<TextPart>().Select(part => part.Text));
        return new FittedReply([.. parts.Take(maxParts)], rest.Length == 0 ? null : rest);
    }

    public Task<SendResult> SendAsync(OutboundPart part, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("The desk plans replies; it does not send them.");
}
