using System.Text.RegularExpressions;
using SmartService.Bot.Texts;
using SmartService.Turns;

namespace SmartService.Bot.Answers.Checking;

/// <summary>
/// Keeps a model honest: every sentence must be about what the sources say, and every number, date, link, phone, Latin word
/// and product in it must be in the sources that it rests on. A sentence that turns a no into a yes spoils the answer.
/// </summary>
internal sealed partial class ClaimCheck
{
    private const int MaxSources = 4;
    private const double Enough = 0.45;
    private readonly IReadOnlyList<Evidence> _evidence;
    private readonly IReadOnlyList<string> _names;
    private readonly string _known;
    private readonly IReadOnlySet<string> _question;

    /// <param name="evidence">What the answer may rest on.</param>
    /// <param name="question">The customer's words: repeating them claims nothing, except for numbers.</param>
    /// <param name="names">Product names in the sources.</param>
    public ClaimCheck(IReadOnlyList<Evidence> evidence, string question, IReadOnlyList<string> names)
    {
        _evidence = evidence;
        _names = names;
        _question = Polarity.Content(question);
        _known = PlainText.Compact(string.Join('\n', evidence.Select(one => one.Text).Append(question)));
    }

    public CheckedAnswer Check(IReadOnlyList<string> sentences)
    {
        var kept = new List<string>();
        var citations = new List<Citation>();
        var removed = 0;
        foreach (var sentence in sentences)
        {
            var said = Courtesies.WithoutLead(sentence);
            if (said.Length == 0)
            {
                kept.Add(sentence);
                continue;
            }

            var sources = SourcesOf(said);
            if (sources.Count > 0 && Polarity.Flips(said, string.Join('\n', sources.Select(source => source.Text))))
            {
                return new CheckedAnswer([], [], sentences.Count, Flipped: true);
            }

            if (!IsSupported(said, sources))
            {
                removed++;
                continue;
            }

            kept.Add(sentence);
            citations.AddRange(sources.SelectMany(source => source.Cite(said)));
        }

        return new CheckedAnswer(kept, [.. citations.DistinctBy(citation => (citation.Id, citation.Quote))], removed, Flipped: false);
    }

    /// <summary>The fewest sources that cover what the sentence is about and claims, best first.</summary>
    private List<Evidence> SourcesOf(string sentence)
    {
        var open = new HashSet<string>(Polarity.Content(sentence), StringComparer.Ordinal);
        var claims = Claims.Of(sentence).ToList();
        var sources = new List<Evidence>();
        while (sources.Count < MaxSources)
        {
            var best = _evidence.Except(sources)
                .Select(source => (Source: source, Gain: open.Count(source.Content.Contains) + (3 * claims.Count(claim => claim.IsIn(source.Claims)))))
                .OrderByDescending(candidate => candidate.Gain).FirstOrDefault();
            // The first source must be about it; a further one must bring more than chance.
            if (best.Source is null || best.Gain < (sources.Count == 0 ? 1 : 3))
            {
                break;
            }

            sources.Add(best.Source);
            open.ExceptWith(best.Source.Content);
            claims.RemoveAll(claim => claim.IsIn(best.Source.Claims));
        }

        return sources;
    }

    private bool IsSupported(string sentence, List<Evidence> sources)
    {
        var content = Polarity.Content(sentence);
        var covered = content.Count(pair => _question.Contains(pair) || sources.Exists(source => source.Content.Contains(pair)));
        var fromSources = content.Count(pair => sources.Exists(source => source.Content.Contains(pair)));
        return fromSources > 0
            && covered >= Enough * content.Count
            && Claims.Of(sentence).All(claim => sources.Exists(source => claim.IsIn(source.Claims)) || (claim.Kind == ClaimKind.Word && _known.Contains(claim.Value, StringComparison.Ordinal)))
            && Promise().Matches(sentence).All(promise => sources.Exists(source => source.Text.Contains(promise.Value, StringComparison.Ordinal)))
            && NamesAreKnown(sentence)
            && NumbersBelongToNames(sentence);
    }

    /// <summary>「星河沙发」 where the sources know only 「云栖沙发」: the head noun is right and what stands before it is not.</summary>
    private bool NamesAreKnown(string sentence)
    {
        var text = PlainText.Compact(sentence);
        foreach (var head in _names.Where(name => name.Length >= 3).Select(name => PlainText.Compact(name)[^2..]).Distinct(StringComparer.Ordinal))
        {
            for (var at = text.IndexOf(head, StringComparison.Ordinal); at >= 0; at = text.IndexOf(head, at + 1, StringComparison.Ordinal))
            {
                if (at > 0 && char.IsLetter(text[at - 1]) && !FreeBefore.Contains(text[at - 1], StringComparison.Ordinal) && !_known.Contains(text.Substring(at - 1, 3), StringComparison.Ordinal))
                {
                    return false;
                }
            }
        }

        return Quoted().Matches(sentence).All(quoted => _known.Contains(PlainText.Compact(quoted.Groups["name"].Value), StringComparison.Ordinal));
    }

    /// <summary>「A 1999 元，B 2999 元」: each number must stand in one source together with the name before it.</summary>
    private bool NumbersBelongToNames(string sentence)
    {
        foreach (var clause in sentence.Split(['，', ',', '；', ';', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var named = _names.Where(name => clause.Contains(name, StringComparison.OrdinalIgnoreCase)).ToList();
            if (named.Count != 1)
            {
                continue;
            }

            // The digits of a name such as 「S2 沙发」 are no statement about it.
            var claims = Claims.Of(clause.Replace(named[0], " ", StringComparison.OrdinalIgnoreCase));
            var about = _evidence.Where(source => source.Text.Contains(named[0], StringComparison.OrdinalIgnoreCase)).ToList();
            if (about.Count > 0 && !claims.Where(claim => claim.Kind == ClaimKind.Number).All(claim => about.Exists(source => claim.IsIn(source.Claims))))
            {
                return false;
            }
        }

        return true;
    }

    private const string FreeBefore = "的这那款张套个组把件种类布皮木该本和与或及买选购看换修";

    // Words that bind the shop: few letters, so coverage alone would let them pass beside many supported ones.
    [GeneratedRegex("承诺|保证|担保|全额|全款|双倍|赔偿|赔付|包赔|包退|包换|终身|永久|无条件|随时退|白送|赠送|免单|绝对", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Promise();

    [GeneratedRegex("[「《“](?<name>[^「」《》“”]{2,30})[」》”]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quoted();
}

/// <summary>What is left of a model's answer.</summary>
/// <param name="Sentences">The sentences that may be said.</param>
/// <param name="Citations">What they rest on. Empty means that only courtesies are left.</param>
/// <param name="Removed">How many were taken out.</param>
/// <param name="Flipped">A sentence denies what its source affirms, or the other way round.</param>
internal sealed record CheckedAnswer(IReadOnlyList<string> Sentences, IReadOnlyList<Citation> Citations, int Removed, bool Flipped);
