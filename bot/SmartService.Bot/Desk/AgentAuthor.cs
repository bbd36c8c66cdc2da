namespace SmartService.Bot.Desk;

/// <summary>How a human is written down as the author of a reply.</summary>
public static class AgentAuthor
{
    private const string Prefix = "agent:";

    public static string Of(string agent) => Prefix + agent;

    /// <summary>The account name, or null when the author is the bot or the system.</summary>
    public static string? NameIn(string author) => author.StartsWith(Prefix, StringComparison.Ordinal) ? author[Prefix.Length..] : null;
}
