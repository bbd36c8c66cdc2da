using System.Collections.Concurrent;
using System.Text;
using SmartService.Channels;
using SmartService.Replies;

namespace SmartService.Bot.Delivery;

/// <summary>
/// A channel that keeps what customers would have got. Evals, the command line and tests use it in place of a platform; like one,
/// it takes every id once.
/// </summary>
public sealed class RecordingChannel(string name = "recording", int maxBytes = 2048) : IChannel
{
    private readonly ConcurrentQueue<OutboundPart> _sent = new();
    private readonly ConcurrentDictionary<string, byte> _ids = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public string Name { get; } = name;

    /// <inheritdoc />
    public SendBudget Budget { get; init; } = new(5, TimeSpan.FromHours(48));

    /// <summary>Answers in place of the platform when set; null from it means "as usual".</summary>
    public Func<OutboundPart, CancellationToken, Task<SendResult?>>? Respond { get; set; }

    /// <summary>Called after each part that was taken.</summary>
    public Action<OutboundPart>? Delivered { get; set; }

    /// <summary>Everything taken so far, in order.</summary>
    public IReadOnlyCollection<OutboundPart> Sent => _sent;

    /// <summary>The texts that one customer got.</summary>
    public IReadOnlyList<string> TextsTo(string customer) =>
        [.. _sent.Where(part => part.Customer == customer).Select(part => part.Part).OfType<TextPart>().Select(part => part.Text)];

    /// <inheritdoc />
    public FittedReply Fit(IReadOnlyList<ReplyPart> reply, int maxParts)
    {
        var parts = new List<ReplyPart>();
        var rest = new StringBuilder();
        foreach (var part in reply.SelectMany(Split))
        {
            if (parts.Count < maxParts)
            {
                parts.Add(part);
            }
            else if (part is TextPart text)
            {
                rest.Append(text.Text);
            }
        }

        return new FittedReply(parts, rest.Length == 0 ? null : rest.ToString());
    }

    /// <inheritdoc />
    public async Task<SendResult> SendAsync(OutboundPart part, CancellationToken cancellationToken = default)
    {
        if (Respond is { } respond && await respond(part, cancellationToken) is { } result)
        {
            return result;
        }

        if (_ids.TryAdd(part.ReplyId, 0))
        {
            _sent.Enqueue(part);
            Delivered?.Invoke(part);
        }

        return SendResult.Sent(part.ReplyId);
    }

    private IEnumerable<ReplyPart> Split(ReplyPart part)
    {
        if (part is not TextPart text)
        {
            yield return part;
            yield break;
        }

        var piece = new StringBuilder();
        var bytes = 0;
        foreach (var rune in text.Text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > maxBytes)
            {
                yield return new TextPart(piece.ToString());
                piece.Clear();
                bytes = 0;
            }

            piece.Append(rune);
            bytes += rune.Utf8SequenceLength;
        }

        if (piece.Length > 0)
        {
            yield return new TextPart(piece.ToString());
        }
    }
}
