using System.Text;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>
/// The bytes of one output on their way from the inference thread to one reader, who makes text of them. Bytes that a slow reader
/// left are joined, so its size is bounded by <see cref="SchedulerOptions.UnreadBytes"/> and one token, and the writer allocates
/// nothing per token.
/// </summary>
internal sealed class OutputBuffer
{
    private readonly Lock _gate = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private byte[] _bytes = new byte[256];
    private int _count;
    private int _tokens;
    private GenerationUpdate? _last;
    private Exception? _failure;
    private TaskCompletionSource? _waiter;

    /// <summary>Output tokens so far; set by the writer before the token's bytes.</summary>
    public int Tokens
    {
        get => Volatile.Read(ref _tokens);
        set => Volatile.Write(ref _tokens, value);
    }

    /// <summary>Bytes that were not read yet.</summary>
    public int Unread
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        lock (_gate)
        {
            if (_count + bytes.Length > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _count + bytes.Length));
            }

            bytes.CopyTo(_bytes.AsSpan(_count));
            _count += bytes.Length;
        }

        Signal();
    }

    /// <summary>Ends the output; <paramref name="last"/> has finish reason and usage, its text is set by the reader.</summary>
    public void Complete(GenerationUpdate last)
    {
        lock (_gate)
        {
            _last ??= last;
        }

        Signal();
    }

    /// <summary>Ends the output with an exception, which is thrown once what was written before is read.</summary>
    public void Fail(Exception failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }

        Signal();
    }

    /// <summary>
    /// The next update; the one with a finish reason is the last. Its text is empty when what was read is only the beginning of a character.
    /// </summary>
    public async ValueTask<GenerationUpdate> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task wait;
            lock (_gate)
            {
                if (Take() is { } update)
                {
                    return update;
                }

                _waiter ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _waiter.Task;
            }

            await wait.WaitAsync(cancellationToken);
        }
    }

    private GenerationUpdate? Take()
    {
        var isLast = _last is not null;
        var (text, isRead) = ("", _count > 0);
        if (isRead)
        {
            // Never flushed: the beginning of a character at the end of a cut-off output is not a character.
            var chars = new char[_decoder.GetCharCount(_bytes.AsSpan(0, _count), flush: false)];
            text = new(chars.AsSpan(0, _decoder.GetChars(_bytes.AsSpan(0, _count), chars, flush: false)));
            _count = 0;
        }

        if (isLast)
        {
            return _last! with { Text = text, OutputTokens = Tokens };
        }

        return isRead ? new(text) { OutputTokens = Tokens } : _failure is null ? null : throw _failure;
    }

    private void Signal()
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            (waiter, _waiter) = (_waiter, null);
        }

        waiter?.SetResult();
    }
}
