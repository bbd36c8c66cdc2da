using System.Text;

namespace SmartService.Inference.Engine;

/// <summary>
/// Finds stop texts in the bytes of an output (Knuth, Morris and Pratt, one automaton per text) and holds back the longest end that
/// could still become one, so that no part of a stop text is ever sent. Used by the inference thread.
/// </summary>
internal sealed class StopMatcher
{
    private readonly byte[][] _stops;
    private readonly int[][] _fallbacks;
    private readonly int[] _states;
    private byte[] _held = new byte[64];
    private int _heldCount;

    public StopMatcher(IReadOnlyList<string> stops)
    {
        _stops = [.. stops.Where(stop => stop.Length > 0).Select(Encoding.UTF8.GetBytes)];
        _fallbacks = [.. _stops.Select(Fallbacks)];
        _states = new int[_stops.Length];
    }

    /// <summary>Passes on what certainly is output. True: a stop text was reached, and everything before it was passed on.</summary>
    public bool Feed(ReadOnlySpan<byte> bytes, OutputBuffer output)
    {
        if (_stops.Length == 0)
        {
            output.Append(bytes);
            return false;
        }

        foreach (var value in bytes)
        {
            Hold(value);
            var (reached, longest) = Advance(value);
            if (reached > 0)
            {
                output.Append(_held.AsSpan(0, _heldCount - reached));
                _heldCount = 0;
                return true;
            }

            Pass(_heldCount - longest, output);
        }

        return false;
    }

    /// <summary>The output ended: what was held back is output after all.</summary>
    public void Flush(OutputBuffer output) => Pass(_heldCount, output);

    private (int Reached, int Longest) Advance(byte value)
    {
        var (reached, longest) = (0, 0);
        for (var at = 0; at < _stops.Length; at++)
        {
            var stop = _stops[at];
            var state = _states[at];
            while (state > 0 && stop[state] != value)
            {
                state = _fallbacks[at][state - 1];
            }

            state += stop[state] == value ? 1 : 0;
            _states[at] = state;
            longest = Math.Max(longest, state);
            reached = state == stop.Length ? Math.Max(reached, state) : reached;
        }

        return (reached, longest);
    }

    private void Hold(byte value)
    {
        if (_heldCount == _held.Length)
        {
            Array.Resize(ref _held, _held.Length * 2);
        }

        _held[_heldCount++] = value;
    }

    private void Pass(int count, OutputBuffer output)
    {
        if (count > 0)
        {
            output.Append(_held.AsSpan(0, count));
            _held.AsSpan(count, _heldCount - count).CopyTo(_held);
            _heldCount -= count;
        }
    }

    private static int[] Fallbacks(byte[] stop)
    {
        var fallbacks = new int[stop.Length];
        for (int at = 1, state = 0; at < stop.Length; at++)
        {
            while (state > 0 && stop[state] != stop[at])
            {
                state = fallbacks[state - 1];
            }

            state += stop[state] == stop[at] ? 1 : 0;
            fallbacks[at] = state;
        }

        return fallbacks;
    }
}
