using System.Collections.Frozen;
using System.Text;
using SmartService.Turns;

namespace SmartService.Bot.Texts;

/// <summary>
/// The bot's sentences by name. Where there are several variants, the turn chooses: the same turn decided again after a
/// crash says the same.
/// </summary>
public sealed class Wording
{
    private readonly FrozenDictionary<string, string[]> _texts;

    internal Wording(string file) => _texts = TextFile.Load<Dictionary<string, object>>(file)
        .ToFrozenDictionary(pair => pair.Key, pair => pair.Value is List<object> variants ? [.. variants.Select(item => (string)item)] : new[] { (string)pair.Value }, StringComparer.Ordinal);

    /// <summary>General replies.</summary>
    public static Wording Replies { get; } = new("replies.yaml");

    /// <summary>Notices of hand-offs, by reason.</summary>
    public static Wording Handoff { get; } = new("handoff.yaml");

    /// <summary>Whether there is a text of this name.</summary>
    public bool Has(string name) => _texts.ContainsKey(name);

    /// <summary>A text without variants.</summary>
    public string this[string name] => _texts[name][0];

    /// <summary>The variant for this turn.</summary>
    public string For(TurnContext turn, string name) => Choose(turn, _texts[name]);

    /// <summary>A text with its gaps filled. Inserted words are not searched for gaps again.</summary>
    public string Fill(string name, params ReadOnlySpan<(string Gap, string Words)> gaps) => Merge(_texts[name][0], gaps);

    /// <summary>The variant for this turn with its gaps filled.</summary>
    public string FillFor(TurnContext turn, string name, params ReadOnlySpan<(string Gap, string Words)> gaps) => Merge(Choose(turn, _texts[name]), gaps);

    internal static string Choose(TurnContext turn, IReadOnlyList<string> variants) =>
        variants[(int)(Hash($"{turn.ConversationId}\n{turn.Seq}") % (uint)variants.Count)];

    private static string Merge(string template, ReadOnlySpan<(string Gap, string Words)> gaps)
    {
        var filled = new StringBuilder();
        for (var at = 0; at < template.Length;)
        {
            var matched = false;
            foreach (var (gap, words) in gaps)
            {
                if (template[at] == '{' && string.CompareOrdinal(template, at + 1, gap, 0, gap.Length) == 0 && at + gap.Length + 1 < template.Length && template[at + gap.Length + 1] == '}')
                {
                    filled.Append(words);
                    at += gap.Length + 2;
                    matched = true;
                    break;
                }
            }

            if (!matched)
            {
                filled.Append(template[at++]);
            }
        }

        return filled.ToString();
    }

    // FNV-1a: string.GetHashCode differs from process to process.
    private static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var unit in text)
        {
            hash = (hash ^ unit) * 16777619u;
        }

        return hash;
    }
}
