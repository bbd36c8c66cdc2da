using System.Text;
using SmartService.Inference.Constraints;

namespace SmartService.Inference.Tests.Constraints;

/// <summary>Plays the scheduler: writes an output under a constraint with a chooser in the model's place.</summary>
internal sealed class Writer(FakeVocabulary vocabulary, ITokenConstraint constraint)
{
    private readonly bool[] _mask = new bool[vocabulary.Count];

    public List<int> Tokens { get; } = [];

    /// <summary>How many tokens were fed.</summary>
    public int Fed { get; private set; }

    /// <summary>How often the model was asked.</summary>
    public int Sampled { get; private set; }

    public List<IReadOnlyList<int[]>> Choices { get; } = [];

    public byte[] Bytes => [.. Tokens.SelectMany(token => vocabulary.Bytes(token).ToArray())];

    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <param name="choose">Chooses among allowed tokens; an end token is among them where the turn may end.</param>
    /// <param name="score">Chooses among options.</param>
    public string Write(Func<List<int>, int> choose, Func<IReadOnlyList<int[]>, int> score, int most = 20_000)
    {
        while (!constraint.IsComplete)
        {
            Assert.True(Tokens.Count < most, "the output does not end");
            var before = Tokens.Count;
            if (constraint.Forced(Tokens))
            {
                Assert.True(Tokens.Count > before, "Forced said that it fed something");
                Fed += Tokens.Count - before;
                continue;
            }

            Assert.Equal(before, Tokens.Count);
            if (constraint.Options is { } options)
            {
                Choices.Add(options);
                var option = score(options);
                constraint.Choose(option);
                Tokens.AddRange(options[option]);
                continue;
            }

            Sampled++;
            var token = choose(Allowed());
            constraint.Accept(token);
            if (vocabulary.IsEnd(token))
            {
                break;
            }

            Tokens.Add(token);
        }

        return Text;
    }

    /// <summary>The allowed tokens; the mask and the single answers must agree about all of the vocabulary.</summary>
    public List<int> Allowed()
    {
        constraint.Mask(_mask);
        var allowed = new List<int>();
        for (var token = 0; token < vocabulary.Count; token++)
        {
            if (_mask[token] != constraint.Allows(token))
            {
                Assert.Fail($"mask and single answer differ for token {token}");
            }

            if (_mask[token])
            {
                allowed.Add(token);
            }
        }

        if (constraint.CanEnd)
        {
            allowed.Add(vocabulary.End);
        }

        Assert.NotEmpty(allowed);
        return allowed;
    }

    /// <summary>Writes a given text: at each step a token that the text goes on with. Fails if the constraint leads away from it.</summary>
    public void Follow(string text, Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var written = 0;
        while (!constraint.IsComplete)
        {
            var before = Tokens.Count;
            if (!constraint.Forced(Tokens))
            {
                if (constraint.Options is { } options)
                {
                    var option = Enumerable.Range(0, options.Count).Where(at => Continues(bytes, written, options[at])).ToArray();
                    Assert.True(option.Length == 1, $"one option of {options.Count} continues '{Rest(bytes, written)}', not {option.Length}");
                    constraint.Choose(option[0]);
                    Tokens.AddRange(options[option[0]]);
                }
                else if (written == bytes.Length)
                {
                    Assert.True(constraint.CanEnd, "the text is complete");
                    constraint.Accept(vocabulary.End);
                    return;
                }
                else
                {
                    var fitting = Allowed().Where(token => !vocabulary.IsEnd(token) && Continues(bytes, written, [token])).ToArray();
                    Assert.True(fitting.Length > 0, $"no token continues '{Rest(bytes, written)}'");
                    var token = fitting[random.Next(fitting.Length)];
                    constraint.Accept(token);
                    Tokens.Add(token);
                }
            }

            foreach (var token in Tokens.Skip(before))
            {
                Assert.True(Continues(bytes, written, [token]), $"'{vocabulary.Text([token])}' was fed where the text goes on with '{Rest(bytes, written)}'");
                written += vocabulary.Bytes(token).Length;
            }
        }

        Assert.Equal(bytes.Length, written);
    }

    private bool Continues(byte[] text, int at, IEnumerable<int> tokens)
    {
        byte[] bytes = [.. tokens.SelectMany(token => vocabulary.Bytes(token).ToArray())];
        return text.AsSpan(at).StartsWith(bytes) && (!tokens.Any(vocabulary.IsEnd) || at + bytes.Length == text.Length);
    }

    private static string Rest(byte[] text, int at) => Encoding.UTF8.GetString(text.AsSpan(at, Math.Min(40, text.Length - at)));
}
