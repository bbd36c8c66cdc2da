using System.Globalization;
using SmartService.Channels;
using SmartService.Messages;

namespace SmartService.Testing.Turns;

/// <summary>A platform whose messages are pulled by cursor. The cursor is the number of messages handed out.</summary>
public sealed class FakeMessageSource(string channel) : IMessageSource
{
    private readonly Lock _gate = new();
    private readonly List<InboundMessage?> _messages = [];
    private readonly List<PullRequest> _requests = [];

    /// <inheritdoc />
    public string Channel { get; } = channel;

    /// <summary>Messages per page.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>Runs before a page is made; may throw what the platform would.</summary>
    public Func<PullRequest, CancellationToken, Task>? BeforePage { get; set; }

    /// <summary>Every request so far.</summary>
    public IReadOnlyList<PullRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Adds a message; null makes a place that yields nothing, for empty pages.</summary>
    public void Add(InboundMessage? message)
    {
        lock (_gate)
        {
            _messages.Add(message);
        }
    }

    /// <inheritdoc />
    public async Task<MessagePage> PullAsync(PullRequest request, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _requests.Add(request);
        }

        if (BeforePage is { } before)
        {
            await before(request, cancellationToken);
        }

        lock (_gate)
        {
            var from = request.Cursor.Length == 0 ? 0 : int.Parse(request.Cursor, CultureInfo.InvariantCulture);
            var page = _messages.Skip(from).Take(PageSize).ToList();
            var next = from + page.Count;
            return new MessagePage(
                [.. page.OfType<InboundMessage>().Where(message => message.Account == request.Account)],
                next.ToString(CultureInfo.InvariantCulture),
                next < _messages.Count);
        }
    }
}
