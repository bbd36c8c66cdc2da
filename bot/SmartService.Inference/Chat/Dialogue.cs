namespace SmartService.Inference.Chat;

/// <summary>A dialogue in parts that can be left out: the system text, then exchanges, each from a user's turn to the next.</summary>
internal sealed record Dialogue(string? System, IReadOnlyList<IReadOnlyList<Turn>> Exchanges)
{
    public static Dialogue Of(IReadOnlyList<Turn> turns)
    {
        var first = turns is [{ Role: TurnRole.System }, ..] ? 1 : 0;
        var exchanges = new List<IReadOnlyList<Turn>>();
        var current = new List<Turn>();
        for (var at = first; at < turns.Count; at++)
        {
            // A system turn amid the dialogue belongs to the question that follows it.
            if (current.Count > 0 && Asks(turns[at]) && !Asks(turns[at - 1]))
            {
                exchanges.Add(current);
                current = [];
            }

            current.Add(turns[at]);
        }

        exchanges.Add(current);
        return new Dialogue(first == 1 ? turns[0].Text : null, exchanges);
    }

    /// <summary>
    /// For families that demand strict alternation and know one system text: a later system turn and several user turns in a row
    /// become one user turn, several assistant texts one assistant turn.
    /// </summary>
    public static List<Turn> Alternate(IReadOnlyList<Turn> turns)
    {
        var result = new List<Turn>();
        for (var at = 0; at < turns.Count; at++)
        {
            var turn = at > 0 && turns[at].Role == TurnRole.System ? turns[at] with { Role = TurnRole.User } : turns[at];
            if (result.Count > 0 && result[^1].Role == turn.Role && turn.Role is TurnRole.User or TurnRole.Assistant && Plain(result[^1]) && Plain(turn))
            {
                result[^1] = result[^1] with { Text = Join(result[^1].Text, turn.Text) };
            }
            else
            {
                result.Add(turn);
            }
        }

        return result;
    }

    public static string Join(string first, string second) => first.Length == 0 ? second : second.Length == 0 ? first : first + "\n\n" + second;

    private static bool Asks(Turn turn) => turn.Role is TurnRole.User or TurnRole.System;

    private static bool Plain(Turn turn) => turn.Calls.Count == 0;
}
