using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Constraints;

/// <summary>
/// Compiles shapes for one vocabulary and keeps the last ones, with all that requests have found out about them. The first
/// <see cref="Compile"/> also sorts the vocabulary (some 50 ms for 150,000 tokens). Thread-safe.
/// </summary>
internal sealed class ConstraintCompiler(Vocabulary vocabulary) : IConstraintCompiler
{
    private const int MaxKept = 32;

    private readonly Lazy<TokenTrie> _trie = new(() => new TokenTrie(vocabulary));
    private readonly Dictionary<string, LinkedListNode<(string Key, Automaton Automaton)>> _kept = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, Automaton Automaton)> _recent = new();
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public ITokenConstraint Compile(OutputShape shape)
    {
        var key = ShapeKey.Of(shape);
        lock (_gate)
        {
            if (_kept.TryGetValue(key, out var node))
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
                return new TokenConstraint(node.Value.Automaton, _trie.Value);
            }
        }

        var automaton = ShapeCompiler.Compile(shape, vocabulary);
        lock (_gate)
        {
            if (_kept.TryAdd(key, _recent.AddFirst((key, automaton))) && _kept.Count > MaxKept)
            {
                _kept.Remove(_recent.Last!.Value.Key);
                _recent.RemoveLast();
            }
        }

        return new TokenConstraint(automaton, _trie.Value);
    }
}
