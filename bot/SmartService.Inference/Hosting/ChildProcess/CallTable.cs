using System.Text.Json;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>
/// Every call that has not ended, and which of them the running child has. After a crash nobody knows whose call it was: all are
/// submitted again together. Calls that were there twice are suspects and go one at a time, the others waiting, until each got
/// further than before; one that ends the child while it is the only one that has not is the culprit and fails.
/// </summary>
/// <param name="maxReplays">How often one call is submitted again.</param>
/// <param name="maxHeld">How many may wait here for a child.</param>
internal sealed class CallTable(int maxReplays, int maxHeld)
{
    private readonly SortedDictionary<long, Call> _calls = [];
    private readonly Lock _gate = new();
    private long _lastId;
    private FrameConnection? _child;
    private string? _refusal = "The models' process was not started.";
    private bool _isClosed;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _calls.Count;
            }
        }
    }

    /// <summary>Calls that no child has now.</summary>
    public int Held
    {
        get
        {
            lock (_gate)
            {
                return _calls.Values.Count(call => !call.IsRunning);
            }
        }
    }

    /// <summary>Submits a call, now or when a child is ready; where calls are refused, it fails.</summary>
    public void Add(Call call)
    {
        lock (_gate)
        {
            if (_refusal is not null)
            {
                call.Fail(new ModelUnavailableException(_refusal));
            }
            else if (_calls.Values.Count(held => !held.IsRunning) >= maxHeld)
            {
                call.Fail(new ModelSaturatedException("Too many requests wait for the models' process to come back.") { RetryAfter = TimeSpan.FromSeconds(2) });
            }
            else
            {
                call.Id = ++_lastId;
                _calls.Add(call.Id, call);
                Dispatch();
            }
        }
    }

    /// <summary>Fails every call and refuses new ones with this sentence; null: new ones are taken again and wait for a child.</summary>
    public void Refuse(string? problem)
    {
        lock (_gate)
        {
            _refusal = problem;
            if (problem is not null)
            {
                foreach (var call in _calls.Values)
                {
                    call.Fail(new ModelUnavailableException(problem));
                }

                _calls.Clear();
            }
        }
    }

    /// <summary>Refuses for good, whatever child still gets ready.</summary>
    public void Close(string problem)
    {
        lock (_gate)
        {
            _isClosed = true;
            Refuse(problem);
        }
    }

    /// <summary>The reader is gone: the call ends, whether or not it has an answer.</summary>
    public void Abandon(Call call)
    {
        lock (_gate)
        {
            if (_calls.Remove(call.Id))
            {
                if (call.IsRunning)
                {
                    _child?.Send(FrameKind.Cancel, call.Id, []);
                }

                Dispatch();
            }
        }
    }

    /// <summary>Tells the child that there is room for more updates.</summary>
    public void Grant(Call call, int updates)
    {
        lock (_gate)
        {
            if (call.IsRunning)
            {
                _child?.Send(FrameKind.Credit, call.Id, BitConverter.GetBytes(updates));
            }
        }
    }

    /// <summary>A child is ready: it gets what waits.</summary>
    public void Attach(FrameConnection child)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                (_child, _refusal) = (child, null);
                Dispatch();
            }
        }
    }

    /// <summary>Takes a frame of the child's for a call; one that has ended is ignored.</summary>
    /// <exception cref="ProtocolException">The frame is no possible answer.</exception>
    public void Take(in Frame frame)
    {
        Call? call;
        lock (_gate)
        {
            if (!_calls.TryGetValue(frame.Id, out call) || !call.IsRunning)
            {
                return;
            }
        }

        var answer = call.Take(frame);
        if (answer == Answer.Known)
        {
            // Nobody reads it, so nobody else makes room for the next.
            Grant(call, 1);
        }
        else if (answer == Answer.Last || (call.Crashes > 0 && !call.IsCleared))
        {
            lock (_gate)
            {
                call.IsCleared = true;
                if (answer == Answer.Last)
                {
                    _calls.Remove(call.Id);
                }

                Dispatch();
            }
        }
    }

    /// <summary>The child is no more. Its calls wait for the next one, except those that ended it or were tried too often.</summary>
    /// <returns>How many calls failed.</returns>
    public int Detach(string cause)
    {
        lock (_gate)
        {
            _child = null;
            var running = _calls.Values.Where(call => call.IsRunning).ToList();
            var unclear = running.Where(call => !call.IsCleared).ToList();
            var failed = 0;
            foreach (var call in running)
            {
                (call.IsRunning, call.IsCleared) = (false, false);
                call.Crashes++;
                var isCulprit = call.Crashes >= 2 && unclear is [var only] && only == call;
                if (isCulprit || call.Crashes > maxReplays)
                {
                    call.Fail(new ModelUnavailableException(isCulprit
                        ? $"The models' process ended {call.Crashes} times during the request, the last time with no other to blame, so it is not tried again: {cause}"
                        : $"The models' process ended {call.Crashes} times during the request: {cause}"));
                    _calls.Remove(call.Id);
                    failed++;
                }
            }

            return failed;
        }
    }

    /// <summary>Ends calls whose time passed while no child had them.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            foreach (var call in _calls.Values.Where(call => !call.IsRunning && call is GenerationCall generation && generation.Expired()).ToList())
            {
                _calls.Remove(call.Id);
            }
        }
    }

    private void Dispatch()
    {
        if (_child is null)
        {
            return;
        }

        while (Next() is { } call)
        {
            if (Encode(call) is { } request)
            {
                call.IsRunning = _child.Send(call.Kind, call.Id, request);
                if (!call.IsRunning)
                {
                    // The child is gone, which its session will say; this call was not with it.
                    return;
                }
            }
            else
            {
                _calls.Remove(call.Id);
            }
        }
    }

    private static byte[]? Encode(Call call)
    {
        try
        {
            return call.Encode();
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            call.Fail(new ArgumentException("The request cannot be sent to the models' process; a shape may be nested too deeply.", paramName: null, exception));
            return null;
        }
    }

    // In order of arrival, so that calls of one conversation do not overtake each other; suspects one at a time and before the rest.
    private Call? Next()
    {
        Call? first = null;
        foreach (var call in _calls.Values)
        {
            if (call.IsSuspect)
            {
                if (call.IsRunning)
                {
                    return null;
                }

                if (first is not { IsSuspect: true })
                {
                    first = call;
                }
            }
            else if (!call.IsRunning)
            {
                first ??= call;
            }
        }

        return first;
    }
}
