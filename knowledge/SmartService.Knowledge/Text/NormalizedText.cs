namespace SmartService.Knowledge.Text;

/// <summary>Text folded for matching, with the way back to the words it came from.</summary>
/// <param name="Source">The words as written.</param>
/// <param name="Text">NFKC, lower case, simplified, without emoji, Chinese numerals before a unit as digits.</param>
/// <param name="Offsets">For each char of <paramref name="Text"/> where it begins in <paramref name="Source"/>; one more for the end.</param>
public sealed record NormalizedText(string Source, string Text, int[] Offsets)
{
    /// <summary>The words of the source that a range of the folded text stands for, literally.</summary>
    public string Literal(int start, int length) => Source[Offsets[start]..Offsets[start + length]];
}
