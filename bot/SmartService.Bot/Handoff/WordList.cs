using System.Text.RegularExpressions;
using SmartService.Bot.Texts;

namespace SmartService.Bot.Handoff;

/// <summary>Listens for one wish: some words are masked first, some refuse, one of the rest is enough.</summary>
internal sealed class WordList
{
    private readonly Regex[] _masked;
    private readonly Regex[] _refuses;
    private readonly Regex[] _wants;

    private WordList(Words words)
    {
        _masked = Compile(words.Masked);
        _refuses = Compile(words.Refuses);
        _wants = Compile(words.Wants);
    }

    /// <summary>The lists of <c>wishes.yaml</c> by name.</summary>
    public static IReadOnlyDictionary<string, WordList> Wishes { get; } =
        TextFile.Load<Dictionary<string, Words>>("wishes.yaml").ToDictionary(pair => pair.Key, pair => new WordList(pair.Value), StringComparer.Ordinal);

    public bool Matches(string text)
    {
        // Compact text has no line ends or spaces, so words broken by them are found too.
        var compact = PlainText.Compact(text);
        foreach (var mask in _masked)
        {
            compact = mask.Replace(compact, "，");
        }

        return Array.Exists(_wants, want => want.IsMatch(compact)) && !Array.Exists(_refuses, refusal => refusal.IsMatch(compact));
    }

    // NonBacktracking: customers write the input, so the time must be linear.
    internal static Regex[] Compile(IEnumerable<string> patterns) =>
        [.. patterns.Select(pattern => new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant))];

    internal sealed class Words
    {
        public List<string> Masked { get; set; } = [];

        public List<string> Refuses { get; set; } = [];

        public List<string> Wants { get; set; } = [];
    }
}
