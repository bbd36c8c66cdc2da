namespace SmartService.Inference.Engine;

/// <summary>
/// What a step costs on this machine, learnt from the steps done: a fixed part, a part per row with logits, and a part per prompt
/// token. In milliseconds. Old steps count less and less, because load and attention length change.
/// </summary>
internal sealed class StepCosts
{
    private const double Keep = 0.98;
    private double _n;
    private double _x;
    private double _y;
    private double _xx;
    private double _xy;

    /// <summary>The fixed part of a step; 0 until known.</summary>
    public double Base { get; private set; }

    /// <summary>Each row that wants logits; 0 until known.</summary>
    public double Row { get; private set; }

    /// <summary>Each prompt token; 0 until known.</summary>
    public double PromptToken { get; private set; }

    public double OfRows(int rows) => rows == 0 ? 0 : Base + (Row * rows);

    public void Record(int rows, int promptTokens, double milliseconds)
    {
        if (!(milliseconds > 0) || rows + promptTokens == 0)
        {
            return;
        }

        if (promptTokens == 0)
        {
            Learn(rows, milliseconds);
        }
        else if (promptTokens >= 4)
        {
            var each = Math.Max(milliseconds - OfRows(rows), milliseconds * 0.1) / promptTokens;
            PromptToken = PromptToken == 0 ? each : (0.8 * PromptToken) + (0.2 * each);
        }
    }

    /// <summary>
    /// A step was interrupted for taking too long: its prompt tokens cost at least what had passed, and the next step gets half as many
    /// at most. Steps that succeed bring the price down again.
    /// </summary>
    public void RecordInterrupted(int promptTokens, double milliseconds)
    {
        if (promptTokens > 0 && milliseconds > 0)
        {
            PromptToken = Math.Max(2 * PromptToken, milliseconds / promptTokens);
        }
    }

    /// <summary>Least squares over (rows, time) with fading memory.</summary>
    private void Learn(int rows, double milliseconds)
    {
        // One step that the machine was away for says nothing about the next.
        var expected = OfRows(rows);
        milliseconds = expected > 0 ? Math.Min(milliseconds, 4 * expected) : milliseconds;
        _n = (_n * Keep) + 1;
        _x = (_x * Keep) + rows;
        _y = (_y * Keep) + milliseconds;
        _xx = (_xx * Keep) + ((double)rows * rows);
        _xy = (_xy * Keep) + (rows * milliseconds);
        var spread = (_n * _xx) - (_x * _x);
        // All steps had the same number of rows: what was measured on a CPU with 2 cores (10 ms and 8 ms a row) says how to split.
        var slope = spread > 0.05 * _x * _x ? ((_n * _xy) - (_x * _y)) / spread : 0.8 * _y / (_n + (0.8 * _x));
        var mean = _y / Math.Max(_x, 1e-9);
        Row = Math.Clamp(slope, 0.02 * mean, mean);
        Base = Math.Max(0, (_y - (Row * _x)) / _n);
    }
}
