using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>
/// Requests without a place, and who gets the next one. Interactive before background. Then the tenant with the fewest running
/// requests, among those the one that was given the fewest tokens (start-time fair queueing: whoever comes back starts level with the
/// others, so idling saves nothing up). Within a tenant the conversation that was served longest ago, so that one that asks a
/// hundred questions does not hold up the others. Requests of one conversation start in order, one after the other.
/// </summary>
internal sealed class FairQueue(int parallel, int mostRunning)
{
    private const int MostTenants = 256;

    private readonly Dictionary<string, Tenant> _tenants = [];
    private readonly Dictionary<string, Talk> _talks = [];
    private double _level;
    private long _starts;
    private long _scans;

    public int Waiting { get; private set; }

    /// <summary>Background requests leave most places to people.</summary>
    private int BackgroundPlaces => Math.Max(1, parallel / 4);

    /// <summary>Places beyond <c>parallel</c> for tenants that have none: nobody waits for another tenant's long answers to end.</summary>
    private readonly int _most = Math.Min(parallel + Math.Max(1, parallel / 4), mostRunning);

    public void Add(Generation generation)
    {
        var tenant = Of(generation);
        if (tenant.IsIdle)
        {
            tenant.Given = Math.Max(tenant.Given, _level);
        }

        if (generation.ConversationKey is { } key)
        {
            if (!_talks.TryGetValue(key, out var talk))
            {
                _talks[key] = talk = new() { LastStart = _starts };
            }

            talk.Members++;
        }

        generation.QueuedAt = _starts;
        var at = tenant.Waiting.FindLastIndex(other => other.Order < generation.Order) + 1;
        tenant.Waiting.Insert(at, generation);
        Waiting++;
    }

    /// <summary>Takes a waiting request out. False: it was not waiting.</summary>
    public bool Remove(Generation generation)
    {
        if (!_tenants.TryGetValue(generation.Request.Tenant, out var tenant) || !tenant.Waiting.Remove(generation))
        {
            return false;
        }

        Waiting--;
        LeaveTalk(generation);
        Forget(generation, tenant);
        return true;
    }

    /// <summary>Who is next, if there is a place; it stays in the queue.</summary>
    public Generation? Next(int running, int runningBackground)
    {
        Generation? best = null;
        Tenant? bestTenant = null;
        foreach (var tenant in _tenants.Values)
        {
            if (running >= (tenant.Running == 0 ? _most : parallel) || FirstOf(tenant, runningBackground) is not { } first)
            {
                continue;
            }

            if (best is null || IsBefore(first, tenant, best, bestTenant!))
            {
                (best, bestTenant) = (first, tenant);
            }
        }

        return best;
    }

    /// <summary>The request got a place. It counts for its tenant and conversation until <see cref="Ended"/>.</summary>
    public void Started(Generation generation)
    {
        var tenant = Of(generation);
        tenant.Waiting.Remove(generation);
        Waiting--;
        tenant.Running++;
        _level = Math.Max(_level, tenant.Given);
        _starts++;
        if (generation.ConversationKey is { } key)
        {
            _talks[key].Start(generation);
            _talks[key].LastStart = _starts;
        }
    }

    /// <summary>The request has no place any more, for whatever reason.</summary>
    public void Ended(Generation generation)
    {
        var tenant = Of(generation);
        tenant.Running--;
        if (generation.ConversationKey is { } key)
        {
            _talks[key].End(generation);
            LeaveTalk(generation);
        }

        Forget(generation, tenant);
    }

    /// <summary>Tokens were computed for the request's tenant.</summary>
    public void Charge(Generation generation, int tokens) => Of(generation).Given += tokens;

    /// <summary>What the request's tenant was given, to be compared with another's.</summary>
    public double Given(Generation generation) => Of(generation).Given;

    public IEnumerable<Generation> All() => _tenants.Values.SelectMany(tenant => tenant.Waiting);

    private static bool IsBefore(Generation one, Tenant tenant, Generation other, Tenant otherTenant)
    {
        if (one.IsInteractive != other.IsInteractive)
        {
            return one.IsInteractive;
        }

        return tenant.Running != otherTenant.Running ? tenant.Running < otherTenant.Running
            : tenant.Given != otherTenant.Given ? tenant.Given < otherTenant.Given
            : one.Order < other.Order;
    }

    private Generation? FirstOf(Tenant tenant, int runningBackground)
    {
        _scans++;
        Generation? best = null;
        var bestStart = long.MaxValue;
        foreach (var generation in tenant.Waiting)
        {
            if (generation.IsParked || (!generation.IsInteractive && runningBackground >= BackgroundPlaces))
            {
                continue;
            }

            var start = generation.QueuedAt;
            if (generation.ConversationKey is { } key)
            {
                var talk = _talks[key];
                if (!talk.MayStart(generation, _scans))
                {
                    continue;
                }

                start = talk.LastStart;
            }

            if (best is null || (generation.IsInteractive && !best.IsInteractive) || (generation.IsInteractive == best.IsInteractive && start < bestStart))
            {
                (best, bestStart) = (generation, start);
            }
        }

        return best;
    }

    private Tenant Of(Generation generation)
    {
        if (!_tenants.TryGetValue(generation.Request.Tenant, out var tenant))
        {
            _tenants[generation.Request.Tenant] = tenant = new();
        }

        return tenant;
    }

    /// <summary>Idle tenants are remembered for what they were given, but not without limit.</summary>
    private void Forget(Generation generation, Tenant tenant)
    {
        if (tenant.IsIdle && _tenants.Count > MostTenants)
        {
            _tenants.Remove(generation.Request.Tenant);
        }
    }

    private void LeaveTalk(Generation generation)
    {
        if (generation.ConversationKey is { } key && _talks.TryGetValue(key, out var talk) && --talk.Members == 0)
        {
            _talks.Remove(key);
        }
    }

    private sealed class Tenant
    {
        public List<Generation> Waiting { get; } = [];

        public int Running { get; set; }

        public double Given { get; set; }

        public bool IsIdle => Running == 0 && Waiting.Count == 0;
    }

    private sealed class Talk
    {
        private readonly Generation?[] _running = new Generation?[2];
        private readonly long[] _seen = new long[2];

        public int Members { get; set; }

        public long LastStart { get; set; }

        /// <summary>
        /// Only the first that waits, and only when none runs, except one whose reader does not read: it may be waiting for this one.
        /// A background request never holds up an interactive one.
        /// </summary>
        public bool MayStart(Generation generation, long scan)
        {
            ref var seen = ref _seen[(int)generation.Request.Class];
            var isFirst = seen != scan;
            seen = scan;
            return isFirst && !IsBusy(RequestClass.Interactive) && (generation.IsInteractive || !IsBusy(RequestClass.Background));
        }

        public void Start(Generation generation) => _running[(int)generation.Request.Class] = generation;

        public void End(Generation generation)
        {
            ref var running = ref _running[(int)generation.Request.Class];
            running = running == generation ? null : running;
        }

        private bool IsBusy(RequestClass of) => _running[(int)of] is { IsParked: false };
    }
}
