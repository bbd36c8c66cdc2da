using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>
/// A streamed output. When a child ended under it after text had been delivered, the next child goes on where that one was:
/// <list type="bullet">
/// <item>Free text: what was delivered is put behind the prompt as data (never as template, so it cannot open a turn), and the
/// model continues it. This is sound for any sampling: the rest is drawn given the same text; computing a prompt is also several
/// times faster than generating it again. The rest can differ from what the lost child would have written where its tokens had
/// cut the text otherwise.</item>
/// <item>An <see cref="OutputShape"/>: the state of its constraint is not part of the text, so the output is generated again from
/// its beginning, with the same seed, and what was delivered must come out once more, letter for letter; it is not delivered
/// twice. Where rounding in another batch led elsewhere, the call fails rather than joining two outputs. The same goes for text with
/// <see cref="GenerationRequest.ControlMarks"/> in it: they were control tokens, and behind the prompt they would be characters.</item>
/// </list>
/// Text that the host held back (half a character, the beginning of a stop text) was not delivered and comes from the next child.
/// </summary>
internal sealed class GenerationCall : Call
{
    private readonly GenerationRequest _request;
    private readonly TimeProvider _time;
    private readonly int _window;
    private readonly long _submitted;
    private readonly Channel<GenerationUpdate> _updates = Channel.CreateUnbounded<GenerationUpdate>(new() { SingleReader = true });
    private readonly StringBuilder _delivered = new();
    private readonly Lock _gate = new();
    private bool _ended;
    private bool _hasRun;
    private int _deliveredTokens;
    private int _tokensBefore;
    private int? _repeated;
    private TimeSpan? _firstText;
    private int _taken;
    private int _allowed;

    public GenerationCall(GenerationRequest request, int window, TimeProvider time)
    {
        // With a seed of our own, a sampled output can be generated again.
        _request = request.Sampling.Seed is null ? request with { Sampling = request.Sampling with { Seed = unchecked((ulong)Random.Shared.NextInt64()) } } : request;
        (_window, _time, _submitted) = (window, time, time.GetTimestamp());
    }

    private bool IsFree => _request.Shape is null or OutputShape.FreeText { Trigger: null };

    public ChannelReader<GenerationUpdate> Updates => _updates.Reader;

    public override FrameKind Kind => FrameKind.Generate;

    /// <summary>The reader took an update. Returns how many more the child may send now; 0: not worth a message yet.</summary>
    public int Taken()
    {
        lock (_gate)
        {
            if (_ended || ++_taken * 2 < _window)
            {
                return 0;
            }

            var granted = _taken;
            _taken = 0;
            _allowed += granted;
            return granted;
        }
    }

    /// <summary>Ends the call if its time limit has passed; for one that no child has.</summary>
    public bool Expired()
    {
        lock (_gate)
        {
            return _ended || (Remaining() is { } rest && rest <= TimeSpan.Zero && Cut(FinishReason.Deadline));
        }
    }

    public override byte[]? Encode()
    {
        lock (_gate)
        {
            if (_ended)
            {
                return null;
            }

            var rest = Remaining();
            if (rest <= TimeSpan.Zero)
            {
                Cut(FinishReason.Deadline);
                return null;
            }

            var next = _request with { TimeLimit = rest };
            // The new child starts with a whole window; room that was granted just now may reach it on top of that.
            (_repeated, _tokensBefore, _allowed, _taken) = (null, 0, 2 * _window, 0);
            if (_delivered.Length > 0 && CanBeContinued())
            {
                if (_deliveredTokens >= _request.MaxTokens)
                {
                    Cut(FinishReason.Length);
                    return null;
                }

                _tokensBefore = _deliveredTokens;
                next = next with
                {
                    Prompt = [.. _request.Prompt, new PromptBlock([new PromptSegment(_delivered.ToString(), IsTemplate: false)])],
                    MaxTokens = _request.MaxTokens - _deliveredTokens,
                };
            }
            else if (_delivered.Length > 0)
            {
                _repeated = 0;
            }

            _hasRun = true;
            return JsonSerializer.SerializeToUtf8Bytes(next, WireJson.Compact.GenerationRequest);
        }
    }

    public override Answer Take(in Frame frame)
    {
        lock (_gate)
        {
            switch (frame.Kind)
            {
                case FrameKind.Text when frame.Payload.Length >= 4:
                    var payload = frame.Payload.Span;
                    return Take(new GenerationUpdate(Encoding.UTF8.GetString(payload[4..])) { OutputTokens = BinaryPrimitives.ReadInt32LittleEndian(payload) });
                case FrameKind.Update:
                    return Take(WireJson.Read(frame.Payload.Span, WireJson.Compact.GenerationUpdate));
                case FrameKind.Failed:
                    return TakeFailure(WireJson.Read(frame.Payload.Span, WireJson.Compact.WireFailure));
                default:
                    throw new ProtocolException($"{frame.Kind} in answer to {Kind}.");
            }
        }
    }

    public override void Fail(Exception exception)
    {
        lock (_gate)
        {
            _ended = true;
            _updates.Writer.TryComplete(exception);
        }
    }

    private bool CanBeContinued()
    {
        if (!IsFree || _request.ControlMarks.Count == 0)
        {
            return IsFree;
        }

        var delivered = _delivered.ToString();
        return !_request.ControlMarks.Any(mark => delivered.Contains(mark, StringComparison.Ordinal));
    }

    private Answer Take(GenerationUpdate update)
    {
        if (_ended)
        {
            return Answer.Last;
        }

        if (_repeated is { } at)
        {
            var same = Math.Min(_delivered.Length - at, update.Text.Length);
            if (!Matches(at, update.Text.AsSpan(0, same)) || (update.Finish is not null && at + same < _delivered.Length))
            {
                Fail(new ModelUnavailableException("The models' process ended while it was answering, and the beginning of the answer, which had been delivered, could not be repeated."));
                return Answer.Last;
            }

            _repeated = at + same < _delivered.Length ? at + same : null;
            update = update with { Text = update.Text[same..] };
            if (update is { Text: "", Finish: null, ChoiceScores: null })
            {
                return Answer.Known;
            }
        }

        return Deliver(update);
    }

    private Answer Deliver(GenerationUpdate update)
    {
        if (--_allowed < 0)
        {
            throw new ProtocolException("More updates than there was room for.");
        }

        if (update.Text.Length > 0)
        {
            _firstText ??= _time.GetElapsedTime(_submitted);
            _delivered.Append(update.Text);
            // A host that does not count says one token per update, which can only be too few: half characters come together.
            _deliveredTokens = update.OutputTokens > 0 ? _tokensBefore + update.OutputTokens : _deliveredTokens + 1;
        }

        update = update with { OutputTokens = _deliveredTokens };
        if (update.Finish is not null)
        {
            Finish(_tokensBefore > 0 ? update with { Usage = Whole(update.Usage) } : update);
            return Answer.Last;
        }

        _updates.Writer.TryWrite(update);
        return Answer.Further;
    }

    private Answer TakeFailure(WireFailure failure)
    {
        if (_delivered.Length == 0)
        {
            Fail(failure.ToException());
        }
        else if (failure.Kind == FailureKind.PromptTooLong && _tokensBefore > 0)
        {
            // Prompt and text so far fill the context: the lost child would have stopped here too.
            Cut(FinishReason.Length);
        }
        else if (failure.Kind == FailureKind.Saturated)
        {
            Fail(new ModelUnavailableException("The models' process ended while it was answering, and the new one has too much to do to go on with it."));
        }
        else
        {
            Fail(failure.ToException());
        }

        return Answer.Last;
    }

    private bool Matches(int at, ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (_delivered[at++] != character)
            {
                return false;
            }
        }

        return true;
    }

    private TimeSpan? Remaining() => _request.TimeLimit - _time.GetElapsedTime(_submitted);

    private bool Cut(FinishReason reason)
    {
        Finish(new GenerationUpdate("") { OutputTokens = _deliveredTokens, Finish = reason, Usage = Whole(null) });
        return true;
    }

    private void Finish(GenerationUpdate last)
    {
        _ended = true;
        _updates.Writer.TryWrite(last);
        _updates.Writer.TryComplete();
    }

    // The last child counted the text of those before it as prompt.
    private GenerationUsage Whole(GenerationUsage? last)
    {
        var duration = _time.GetElapsedTime(_submitted);
        return last is null
            ? new GenerationUsage(0, 0, _deliveredTokens, 0, 0, _hasRun ? TimeSpan.Zero : duration, _firstText ?? duration, duration)
            : last with
            {
                PromptTokens = Math.Max(0, last.PromptTokens - _tokensBefore),
                OutputTokens = last.OutputTokens + _tokensBefore,
                TimeToFirstToken = _firstText ?? duration,
                Duration = duration,
            };
    }
}
