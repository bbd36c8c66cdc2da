using SmartService.Knowledge.Store;

namespace SmartService.Knowledge.Retrieval;

/// <summary>How telling terms are: the inverse document frequency of the whole knowledge base, scaled to 0..1.</summary>
internal sealed class Weights(Catalogue catalogue)
{
    private readonly double _passages = Math.Max(catalogue.Passages, 1);

    public int Count(string term) => catalogue.Counts.GetValueOrDefault(term);

    public double Of(string term)
    {
        var count = Math.Min(Count(term), _passages);
        return Math.Log(1 + ((_passages - count + 0.5) / (count + 0.5))) / Math.Log(1 + ((_passages + 0.5) / 0.5));
    }

    public double OfCharacter(char c) => 0.3 + (0.7 * Of($"{TermCounts.CharacterMark}{c}"));
}
