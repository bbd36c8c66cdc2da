using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartService.Channels;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Turns;

/// <summary>Asks the <see cref="ITurnHandler"/> and fits its reply to the channel.</summary>
internal sealed class TurnDecision(IServiceScopeFactory scopes, IEnumerable<IChannel> channels, IOptions<TurnOptions> options)
{
    private readonly Dictionary<string, IChannel> _channels = channels.ToDictionary(channel => channel.Name, StringComparer.Ordinal);

    /// <summary>What the customer is told when a turn is set aside. Short: it fits every channel.</summary>
    public IReadOnlyList<ReplyPart> Apology { get; } = [new TextPart(TurnTexts.Current.Apology)];

    public async Task<TurnResult> DecideAsync(TurnContext context, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var result = await scope.ServiceProvider.GetRequiredService<ITurnHandler>().HandleAsync(context, cancellationToken);
        return result.Reply.Count == 0 ? result : Fit(result, context.Channel);
    }

    private TurnResult Fit(TurnResult result, string name)
    {
        var channel = _channels[name];
        var fitted = channel.Fit(result.Reply, options.Value.MaxParts);
        if (fitted.Rest is null)
        {
            return result with { Reply = fitted.Parts };
        }

        // One message less, because the hint needs its own; it must not push the last words over a byte limit.
        fitted = channel.Fit(result.Reply, options.Value.MaxParts - 1);
        return result with
        {
            Reply = [.. fitted.Parts, new TextPart(TurnTexts.Current.ContinueHint)],
            State = result.State with { Continuation = fitted.Rest },
        };
    }
}
