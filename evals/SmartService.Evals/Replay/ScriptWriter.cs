using System.Globalization;

namespace SmartService.Evals.Replay;

/// <summary>Deals recorded dialogues to customers. Equal seeds give equal scripts.</summary>
public static class ScriptWriter
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// Every ECD session goes to a customer of its own first, CrossWOZ dialogues fill up, in shuffled order. A customer gets
    /// whole dialogues, the last one cut where his share ends. Of the messages after a customer's first,
    /// <paramref name="fragmentShare"/> follow the one before within 0.3 s.
    /// </summary>
    /// <exception cref="EvalException">The dialogues do not hold so many messages.</exception>
    public static IReadOnlyList<CustomerScript> Write(
        IReadOnlyList<Dialogue> dialogues, int customers, int messages, double fragmentShare, int seed, string customerPrefix = "wmEval")
    {
        if (customers < 1 || messages < customers)
        {
            throw new EvalException($"{messages} messages cannot be shared by {customers} customers.");
        }

        var random = new Random(seed);
        var first = new Queue<Dialogue>(Shuffled(dialogues.Where(dialogue => dialogue.Source == RecordedDialogues.Ecd), random));
        var rest = new Queue<Dialogue>(Shuffled(dialogues.Where(dialogue => dialogue.Source != RecordedDialogues.Ecd), random));
        var scripts = new List<CustomerScript>(customers);
        for (var customer = 0; customer < customers; customer++)
        {
            var share = (messages * (customer + 1) / customers) - (messages * customer / customers);
            var utterances = new List<string>();
            while (utterances.Count < share)
            {
                var next = utterances.Count == 0 && first.Count > 0 ? first : rest.Count > 0 ? rest : first;
                if (!next.TryDequeue(out var dialogue))
                {
                    throw new EvalException($"The recorded dialogues do not hold {messages} customer messages; give --messages a smaller number.");
                }

                utterances.AddRange(dialogue.Utterances);
            }

            scripts.Add(new CustomerScript(
                string.Create(CultureInfo.InvariantCulture, $"{customerPrefix}{customer + 1:D4}"),
                Steps(utterances[..share], fragmentShare, random)));
        }

        return scripts;
    }

    private static List<ScriptStep> Steps(List<string> utterances, double fragmentShare, Random random)
    {
        var steps = new List<ScriptStep>();
        var (fragments, pauses) = (new List<string>(), new List<TimeSpan>());
        foreach (var utterance in utterances)
        {
            if (fragments.Count > 0 && random.NextDouble() < fragmentShare)
            {
                pauses.Add(LongestPause * (0.1 + (0.9 * random.NextDouble())));
            }
            else if (fragments.Count > 0)
            {
                steps.Add(new ScriptStep(fragments, pauses));
                (fragments, pauses) = ([], []);
            }

            fragments.Add(utterance);
        }

        steps.Add(new ScriptStep(fragments, pauses));
        return steps;
    }

    private static Dialogue[] Shuffled(IEnumerable<Dialogue> dialogues, Random random)
    {
        var shuffled = dialogues.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }
}
