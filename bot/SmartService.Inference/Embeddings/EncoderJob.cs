namespace SmartService.Inference.Embeddings;

/// <summary>The texts of one call, and what became of them.</summary>
internal sealed class EncoderJob(int[][] texts, bool isUrgent)
{
    private static long _numbers;

    private readonly TaskCompletionSource<float[][]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float[][] _results = new float[texts.Length][];
    private int _missing = texts.Length;

    public int[][] Texts { get; } = texts;

    public bool IsUrgent { get; } = isUrgent;

    public long Number { get; } = Interlocked.Increment(ref _numbers);

    public long Tokens { get; } = texts.Sum(static text => (long)text.Length);

    public Task<float[][]> Results => _completion.Task;

    /// <summary>Done, failed or cancelled.</summary>
    public bool HasEnded => _completion.Task.IsCompleted;

    // What follows belongs to the inference thread.

    /// <summary>The first text that no pass has taken yet.</summary>
    public int Next { get; set; }

    /// <summary>Whether a part of a text was computed, and the rest is to come.</summary>
    public bool HasUnfinished { get; set; }

    /// <summary>The step that took one of its texts last.</summary>
    public long Served { get; set; }

    public void Set(int text, float[] result)
    {
        _results[text] = result;
        if (--_missing == 0)
        {
            _completion.TrySetResult(_results);
        }
    }

    public void Fail(Exception exception) => _completion.TrySetException(exception);

    public void Cancel(CancellationToken cancellationToken) => _completion.TrySetCanceled(cancellationToken);
}
