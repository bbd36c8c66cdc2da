using System.Collections.Concurrent;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Testing.Turns;

/// <summary>Decides turns by a script: by default it repeats the customer's words. Remembers what it was asked.</summary>
public sealed class ScriptedTurnHandler : ITurnHandler
{
    private readonly ConcurrentQueue<TurnContext> _turns = new();

    /// <summary>Decides instead of the default.</summary>
    public Func<TurnContext, CancellationToken, Task<TurnResult>>? Script { get; set; }

    /// <summary>Every turn so far, in the order in which they began.</summary>
    public IReadOnlyList<TurnContext> Turns => [.. _turns];

    /// <inheritdoc />
    public Task<TurnResult> HandleAsync(TurnContext turn, CancellationToken cancellationToken = default)
    {
        _turns.Enqueue(turn);
        return Script is { } script ? script(turn, cancellationToken) : Task.FromResult(Say(turn, "re:" + TextOf(turn)));
    }

    /// <summary>The customer's words of a turn, joined by a bar.</summary>
    public static string TextOf(TurnContext turn) =>
        string.Join('|', turn.Messages.Select(message => message.Body is TextBody text ? text.Text : message.Body.GetType().Name));

    /// <summary>An answer of text parts.</summary>
    public static TurnResult Say(TurnContext turn, params string[] texts) =>
        new() { Outcome = TurnOutcome.Answered, State = turn.State, Reply = [.. texts.Select(text => new TextPart(text))] };
}
