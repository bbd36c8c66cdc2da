using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace SmartService.Bot.Answers;

/// <summary>
/// The model that writes, where there is one, and whether it can be asked now. One that is set and away is counted with every
/// answer that does without it, and logged at most once a minute. Thread-safe.
/// </summary>
public sealed class WritingModel(ModelLoad load, TimeProvider time, ILogger<WritingModel> logger, IChatClient? client = null)
{
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private long? _logged;

    /// <summary>Whether the settings name a model.</summary>
    public bool IsConfigured => client is not null;

    /// <summary>Whether it can be asked.</summary>
    public bool IsAvailable => client is not null && load.IsAvailable();

    /// <summary>The model for an answer that it should write; null, and counted, while it is away.</summary>
    public IChatClient? Ask()
    {
        if (client is null || load.IsAvailable())
        {
            return client;
        }

        AnswerMetrics.Degraded("model_unavailable");
        if (ShouldLog())
        {
            AnswerLog.ModelUnavailable(logger);
        }

        return null;
    }

    private bool ShouldLog()
    {
        lock (_lock)
        {
            if (_logged is { } last && time.GetElapsedTime(last) < LogEvery)
            {
                return false;
            }

            _logged = time.GetTimestamp();
            return true;
        }
    }
}
