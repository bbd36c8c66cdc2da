namespace SmartService.Bot.Desk;

/// <summary>How an act on the desk ended. All are ordinary values; the page says them in the agent's language.</summary>
public enum DeskOutcome
{
    Done,

    /// <summary>No such conversation, message or reply, or it changed its state since the page showed it.</summary>
    Gone,

    /// <summary>A colleague has it; <see cref="DeskResult.Who"/> names him.</summary>
    OwnedByColleague,

    /// <summary>A human answers in the platform's own client.</summary>
    OwnedInPlatform,

    /// <summary>The bot has it, so there is nothing to give back or pass on.</summary>
    OwnedByBot,

    /// <summary>The text needs more messages than the platform allows now.</summary>
    TooLong,

    /// <summary>Nothing to send.</summary>
    Empty,

    /// <summary>The conversation's channel is not configured in this server.</summary>
    NoChannel,

    /// <summary>The colleague does not exist or is disabled.</summary>
    NoColleague,
}

/// <summary>What became of an act on the desk.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Who">For <see cref="DeskOutcome.OwnedByColleague"/>: the colleague's account name.</param>
/// <param name="Parts">For a reply: how many messages it became, or would need.</param>
/// <param name="Allowed">For <see cref="DeskOutcome.TooLong"/>: how many messages may be sent now.</param>
/// <param name="Held">The reply was recorded but waits until the customer writes again, as the allowance is used up.</param>
/// <param name="CustomerTold">For giving back: the customer is told that the bot answers again.</param>
public sealed record DeskResult(DeskOutcome Outcome, string? Who = null, int Parts = 0, int Allowed = 0, bool Held = false, bool CustomerTold = false)
{
    public static DeskResult Done { get; } = new(DeskOutcome.Done);

    public bool Succeeded => Outcome == DeskOutcome.Done;
}
