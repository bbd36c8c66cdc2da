namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>
/// Requests are read and tokenized on threads of their own; those of one conversation are submitted all the same in the order in which
/// they came. Reading takes turns over all requests, since only then it is known whose they are; starting over those of one conversation.
/// </summary>
internal sealed class StartOrder
{
    private readonly Dictionary<(string? Tenant, string Conversation), Task> _starts = [];
    private readonly Lock _gate = new();
    private Task _lastRead = Task.CompletedTask;

    /// <summary>A request came. By one thread, in their order.</summary>
    public Place Arrive()
    {
        var place = new Place(this, _lastRead);
        _lastRead = place.Read;
        return place;
    }

    /// <summary>A request's place among the others. Disposed of when it ends, however it ends.</summary>
    internal sealed class Place(StartOrder order, Task before) : IDisposable
    {
        private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private (string? Tenant, string Conversation)? _key;

        public Task Read => _read.Task;

        /// <summary>Until those that came before it are read.</summary>
        public Task BeforeReading() => before;

        /// <summary>It was read and belongs to this conversation: until the one of it that came before has started.</summary>
        public Task BeforeStart((string? Tenant, string Conversation)? key)
        {
            var start = Task.CompletedTask;
            if (key is { } some)
            {
                lock (order._gate)
                {
                    start = order._starts.GetValueOrDefault(some, start);
                    order._starts[some] = _started.Task;
                    _key = some;
                }
            }

            _read.TrySetResult();
            return start;
        }

        /// <summary>The next one of its conversation may start.</summary>
        public void Started()
        {
            if (!_started.TrySetResult() || _key is not { } key)
            {
                return;
            }

            lock (order._gate)
            {
                if (order._starts.GetValueOrDefault(key) == _started.Task)
                {
                    order._starts.Remove(key);
                }
            }
        }

        public void Dispose()
        {
            _read.TrySetResult();
            Started();
        }
    }
}
