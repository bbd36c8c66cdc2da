using Microsoft.Extensions.DependencyInjection;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Testing;

/// <summary>
/// Talks to an <see cref="ITurnHandler"/> turn by turn and carries history, state and owner between them, as the turn worker
/// does. For one conversation; used by one thread.
/// </summary>
public sealed class RecordingConversation(IServiceProvider services, bool ownsServices = false, string customer = "wmTest", string account = "wkTest") : IAsyncDisposable
{
    private const int HistoryLength = 20;
    private readonly List<TurnResult> _results = [];
    private readonly List<HistoryEntry> _history = [];
    private long _seq;

    /// <summary>What the conversation remembers; set it to begin in the middle.</summary>
    public DialogueState State { get; set; } = new();

    /// <summary>Who speaks to the customer.</summary>
    public ConversationOwner Owner { get; set; } = ConversationOwner.Bot;

    /// <summary>The clock of the turns.</summary>
    public DateTimeOffset Now { get; set; } = TestBot.Start;

    /// <summary>The results so far.</summary>
    public IReadOnlyList<TurnResult> Results => _results;

    /// <summary>The newest result.</summary>
    public TurnResult Last => _results[^1];

    /// <summary>The key of the conversation.</summary>
    public string Id { get; } = ConversationId.Of("kf", account, customer);

    /// <summary>The customer writes; several texts are fragments of one turn. Returns what the customer reads.</summary>
    public Task<string> SayAsync(params string[] fragments) => SendAsync([.. fragments.Select(MessageBody (text) => new TextBody(text))]);

    /// <summary>The customer clicks a menu item.</summary>
    public Task<string> ClickAsync(MenuItem item) => SendAsync(new TextBody(item.Text, item.Id));

    /// <summary>The customer sends anything. Returns what the customer reads.</summary>
    public Task<string> SendAsync(params MessageBody[] bodies) => SendAsync(MessageOrigin.Customer, bodies);

    /// <summary>Something arrives from any side.</summary>
    public async Task<string> SendAsync(MessageOrigin origin, params MessageBody[] bodies)
    {
        Now += TimeSpan.FromSeconds(20);
        var turn = new TurnContext
        {
            ConversationId = Id,
            Channel = "kf",
            Account = account,
            Customer = customer,
            Owner = Owner,
            Seq = _seq += bodies.Length,
            Messages = [.. bodies.Select((body, at) => new InboundMessage
            {
                Channel = "kf",
                Account = account,
                Customer = customer,
                MessageId = $"m{_seq - bodies.Length + at + 1}",
                SentAt = Now,
                Origin = origin,
                Body = body,
            })],
            History = [.. _history.TakeLast(HistoryLength)],
            State = State,
            Now = Now,
        };
        await using var scope = services.CreateAsyncScope();
        var result = await scope.ServiceProvider.GetRequiredService<ITurnHandler>().HandleAsync(turn);
        Remember(result, bodies);
        return TextOf(result.Reply);
    }

    /// <summary>The words of a reply as the customer reads them, menu items in brackets.</summary>
    public static string TextOf(IReadOnlyList<ReplyPart> reply) => string.Join('\n', reply.Select(part => part switch
    {
        TextPart text => text.Text,
        MenuPart menu => string.Join('\n', [menu.Head, .. menu.Items.Select(item => $"[{item.Text}]"), .. menu.Tail is null ? Array.Empty<string>() : [menu.Tail]]),
        LinkPart link => $"{link.Title} {link.Url}",
        _ => $"[{part.GetType().Name}]",
    }));

    public ValueTask DisposeAsync() => ownsServices && services is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private void Remember(TurnResult result, MessageBody[] bodies)
    {
        _results.Add(result);
        State = result.State;
        Owner = result.Outcome == TurnOutcome.HandedOff ? ConversationOwner.Queue : result.BackToBot ? ConversationOwner.Bot : Owner;
        _history.AddRange(bodies.Select(body => new HistoryEntry(HistoryRole.Customer, body is TextBody text ? text.Text : $"[{body.GetType().Name}]", Now)));
        if (result.Reply.Count > 0)
        {
            _history.Add(new HistoryEntry(HistoryRole.Bot, TextOf(result.Reply), Now));
        }
    }
}
