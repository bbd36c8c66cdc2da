using SmartService.Inference.Constraints;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Engine;

/// <summary>Understands literals, choices of literals, sequences of them, and <c>FreeText("5")</c>, which here means five letters.</summary>
internal sealed class ScriptedCompiler(Vocabulary vocabulary) : IConstraintCompiler
{
    public ITokenConstraint Compile(OutputShape shape) => new ScriptedConstraint(vocabulary, shape is OutputShape.InOrder order ? order.Parts : [shape]);
}

internal sealed class ScriptedConstraint(Vocabulary vocabulary, IReadOnlyList<OutputShape> parts) : ITokenConstraint
{
    private int _part;
    private int _letters;

    public bool IsComplete => _part == parts.Count;

    public bool CanEnd => IsComplete;

    public IReadOnlyList<int[]>? Options => !IsComplete && parts[_part] is OutputShape.Choice choice ? [.. choice.Options.Select(Tokens)] : null;

    public bool Forced(List<int> into)
    {
        if (IsComplete || parts[_part] is not OutputShape.Literal literal)
        {
            return false;
        }

        into.AddRange(Tokens(literal));
        _part++;
        return true;
    }

    public void Choose(int option) => _part++;

    public bool Allows(int token) => token is >= 'a' and <= 'z';

    public void Mask(Span<bool> mask)
    {
        for (var token = 0; token < mask.Length; token++)
        {
            mask[token] |= Allows(token);
        }
    }

    public void Accept(int token)
    {
        Assert.True(Allows(token));
        if (++_letters == int.Parse(((OutputShape.FreeText)parts[_part]).Trigger!, null))
        {
            (_part, _letters) = (_part + 1, 0);
        }
    }

    private int[] Tokens(OutputShape literal) => vocabulary.Tokenize(((OutputShape.Literal)literal).Text, special: false);
}
