using SmartService.Evals.Replay;

namespace SmartService.Evals.Rig;

/// <summary>
/// Plays customers against the stand-in. A person writes, waits for an answer and goes on; the pace of all together is a
/// Poisson process. A person who waits in vain loses patience: he has been handed to a human, so he asks for the bot again
/// (words that are no recorded message and are counted apart), or goes on.
/// </summary>
internal sealed class CustomerCrowd(StandInControl standIn, CrowdOptions options, TimeProvider time)
{
    private readonly Dictionary<string, Person> _people = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly Random _random = new(options.Seed);
    private int _written;
    private int _comeBacks;
    private long _heard;

    /// <summary>Messages of the scripts that were written so far.</summary>
    public int Written => Volatile.Read(ref _written);

    /// <summary>How often a customer asked for the bot again.</summary>
    public int ComeBacks => Volatile.Read(ref _comeBacks);

    /// <summary>Plays all scripts to their end. Cancelling <paramref name="enough"/> ends the play between two steps.</summary>
    public async Task PlayAsync(IReadOnlyList<CustomerScript> scripts, Action<int>? written, CancellationToken enough, CancellationToken cancellationToken)
    {
        foreach (var script in scripts)
        {
            _people[script.Customer] = new Person(script);
        }

        using var listening = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ears = ListenAsync(listening.Token);
        var steps = new List<Task>();
        var due = time.GetTimestamp();
        try
        {
            while (!enough.IsCancellationRequested && _people.Values.Any(person => !person.Finished))
            {
                if (PickReady() is not { } person)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellationToken);
                    continue;
                }

                var step = person.Begin();
                steps.Add(StepAsync(person, step, written, cancellationToken));
                steps.RemoveAll(task => task.IsCompletedSuccessfully);

                // When the crowd is behind its pace because all wait for answers, it does not catch up in a burst.
                due = Math.Max(due, time.GetTimestamp() - time.TimestampFrequency) + Ticks(step.Fragments.Count);
                var wait = time.GetElapsedTime(time.GetTimestamp(), due);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, time, cancellationToken);
                }
            }

            await Task.WhenAll(steps);
        }
        finally
        {
            await listening.CancelAsync();
            await ears;
        }
    }

    private long Ticks(int messages)
    {
        var seconds = 0d;
        for (var message = 0; message < messages; message++)
        {
            seconds -= Math.Log(1 - _random.NextDouble()) / options.MessagesPerSecond;
        }

        return (long)(seconds * time.TimestampFrequency);
    }

    private Person? PickReady()
    {
        lock (_gate)
        {
            var ready = _people.Values.Where(person => person is { Busy: false, Finished: false }).ToList();
            return ready.Count == 0 ? null : ready[_random.Next(ready.Count)];
        }
    }

    private async Task StepAsync(Person person, ScriptStep step, Action<int>? written, CancellationToken cancellationToken)
    {
        var heard = Task.CompletedTask;
        for (var fragment = 0; fragment < step.Fragments.Count; fragment++)
        {
            if (fragment > 0)
            {
                await Task.Delay(step.Pauses[fragment - 1], time, cancellationToken);
            }

            heard = await WriteAsync(person, step.Fragments[fragment], cancellationToken);
            var count = Interlocked.Increment(ref _written);
            written?.Invoke(count);
        }

        if (!await IsAnsweredAsync(heard, cancellationToken) && options.ComeBack is { } comeBack)
        {
            Interlocked.Increment(ref _comeBacks);
            await IsAnsweredAsync(await WriteAsync(person, comeBack, cancellationToken), cancellationToken);
        }

        lock (_gate)
        {
            person.Busy = false;
        }
    }

    /// <summary>Writes one message; the task inside completes with the next answer.</summary>
    private async Task<Task> WriteAsync(Person person, string text, CancellationToken cancellationToken)
    {
        Task heard;
        lock (_gate)
        {
            heard = person.Listen();
        }

        await standIn.WriteAsync(options.Account, person.Script.Customer, text, cancellationToken);
        return heard;
    }

    private async Task<bool> IsAnsweredAsync(Task heard, CancellationToken cancellationToken)
    {
        try
        {
            await heard.WaitAsync(options.Patience, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                foreach (var entry in await standIn.LedgerAsync(_heard, cancellationToken))
                {
                    _heard = entry.Number;
                    if (entry.Kind == LedgerKind.Send && _people.TryGetValue(entry.Customer, out var person))
                    {
                        lock (_gate)
                        {
                            person.Hear();
                        }
                    }
                }

                await Task.Delay(options.LookEvery, time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The play is over.
        }
    }

    private sealed class Person(CustomerScript script)
    {
        private int _next;
        private TaskCompletionSource? _heard;

        public CustomerScript Script => script;

        public bool Busy { get; set; }

        public bool Finished => _next == script.Steps.Count;

        public ScriptStep Begin()
        {
            Busy = true;
            return script.Steps[_next++];
        }

        public Task Listen() => (_heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        public void Hear() => _heard?.TrySetResult();
    }
}

/// <summary>How customers behave.</summary>
/// <param name="Account">The kf account they write to.</param>
/// <param name="MessagesPerSecond">Of all customers together.</param>
/// <param name="Patience">How long one waits for an answer.</param>
/// <param name="Seed">For the pace.</param>
internal sealed record CrowdOptions(string Account, double MessagesPerSecond, TimeSpan Patience, int Seed)
{
    /// <summary>What a customer writes who waited in vain; null = he goes on with what he had to say.</summary>
    public string? ComeBack { get; init; }

    /// <summary>How often the stand-in is asked for news.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromMilliseconds(100);
}
