using System.Text.RegularExpressions;
using SmartService.Bot.Handoff;
using SmartService.Bot.Texts;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>Courtesies: greetings, thanks, laughter, abuse. They neither help nor fail, so they leave the count of declines alone.</summary>
internal static class SmallTalk
{
    private static readonly Courtesy[] Courtesies = [.. TextFile.Load<List<CourtesyFile>>("smalltalk.yaml").Select(file => new Courtesy(file))];

    /// <summary>The courtesy's answer, or null when the text is about something.</summary>
    public static TurnResult? Answer(TurnContext turn, string text)
    {
        var bare = PlainText.Bare(text);
        if (bare.Length == 0)
        {
            return PlainText.HasEmoji(text)
                ? Courteous(turn, "emoji", Wording.Replies.For(turn, "emoji"))
                : Courteous(turn, "nothing_said", Wording.Replies.For(turn, "nothing_said"));
        }

        var courtesy = Array.Find(Courtesies, courtesy => courtesy.Matches(bare));
        return courtesy is null ? null : Courteous(turn, courtesy.Name, Wording.Choose(turn, courtesy.Replies));
    }

    private static TurnResult Courteous(TurnContext turn, string name, string text) => new()
    {
        Outcome = TurnOutcome.Answered,
        Reply = [new TextPart(text)],
        Intent = new Intent($"courtesy.{name}", 1),
        State = turn.State,
    };

    private sealed class Courtesy(CourtesyFile file)
    {
        private readonly Regex? _whole = file.Exact.Count == 0 ? null : WordList.Compile([Whole(file)])[0];
        private readonly Regex[] _parts = WordList.Compile(file.Contains);

        public string Name => file.Name;

        public IReadOnlyList<string> Replies => file.Replies;

        public bool Matches(string bare) =>
            (bare.Length <= 30 && _whole is not null && _whole.IsMatch(bare)) || (bare.Length <= file.Limit && Array.Exists(_parts, part => part.IsMatch(bare)));

        private static string Whole(CourtesyFile file)
        {
            var words = $"(?:{string.Join('|', file.Exact)})";
            var around = file.Also.Count == 0 ? words : $"(?:{words}|{string.Join('|', file.Also)})";
            return $"^{around}*{words}{around}*$";
        }
    }

    internal sealed class CourtesyFile
    {
        public string Name { get; set; } = "";

        public List<string> Exact { get; set; } = [];

        public List<string> Also { get; set; } = [];

        public List<string> Contains { get; set; } = [];

        public int Limit { get; set; }

        public List<string> Replies { get; set; } = [];
    }
}
