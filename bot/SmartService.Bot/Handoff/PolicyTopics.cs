using System.Text.RegularExpressions;
using SmartService.Bot.Texts;

namespace SmartService.Bot.Handoff;

/// <summary>Recognises the topics that a shop keeps for people: injury, danger, law, authorities, privacy, despair.</summary>
internal static class PolicyTopics
{
    private static readonly char[] ClauseEnds = ['，', ',', '。', '！', '!', '？', '?', '；', ';', '、', '~'];
    private static readonly PolicyFile File = TextFile.Load<PolicyFile>("policy.yaml");
    private static readonly Regex[] Hedges = WordList.Compile(File.Hedges);
    private static readonly (string Name, bool Hedged, Regex[] Terms)[] Topics =
        [.. File.Topics.Select(topic => (topic.Name, topic.Hedged, WordList.Compile(topic.Terms)))];

    /// <summary>The name of the topic, or null. Also the name of the notice in <c>handoff.yaml</c>.</summary>
    public static string? Find(string text)
    {
        // Split before compacting: NFKC turns full-width punctuation into ASCII, spaces of fragments end a clause as well.
        var clauses = PlainText.Normalise(text).Split([.. ClauseEnds, ' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);
        foreach (var (name, hedged, terms) in Topics)
        {
            foreach (var clause in clauses.Append(hedged ? "" : text))
            {
                var compact = PlainText.Compact(clause);
                if (Array.Exists(terms, term => term.IsMatch(compact)) && !(hedged && Array.Exists(Hedges, hedge => hedge.IsMatch(compact))))
                {
                    return name;
                }
            }
        }

        return null;
    }

    internal sealed class PolicyFile
    {
        public List<string> Hedges { get; set; } = [];

        public List<PolicyTopic> Topics { get; set; } = [];
    }

    internal sealed class PolicyTopic
    {
        public string Name { get; set; } = "";

        public bool Hedged { get; set; }

        public List<string> Terms { get; set; } = [];
    }
}
