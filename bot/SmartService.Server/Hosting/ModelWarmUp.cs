using SmartService.Inference.Hosting;

namespace SmartService.Server.Hosting;

/// <summary>Gets the local model ready beside everything else. What goes wrong costs the model, or the first customer's time, never the program.</summary>
public static partial class ModelWarmUp
{
    /// <summary>How long a command waits for the model before it goes on without.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Unnoticed = TimeSpan.FromSeconds(1);

    /// <summary>Loads the model, where there is one, and lets it read ahead. Never fails; ends when cancelled.</summary>
    public static async Task RunAsync(IServiceProvider services, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(services);
        try
        {
            await services.WarmModelAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped before it was warm.
        }
        catch (ModelUnavailableException)
        {
            // Said where it is loaded.
        }
        catch (Exception exception)
        {
            // Only the type: nothing that a prompt holds belongs into a log.
            Failed(logger, exception.GetType().Name);
        }
    }

    /// <summary>Waits for <see cref="RunAsync"/>, but not for ever, and tells the person at the terminal about it.</summary>
    public static async Task WaitAsync(Task warming, TextWriter terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(warming);
        ArgumentNullException.ThrowIfNull(terminal);
        if (await EndsAsync(warming, Unnoticed, time, cancellationToken))
        {
            return;
        }

        await terminal.WriteLineAsync($"The local model is being loaded; waiting at most {Patience.TotalSeconds:0} s for it.");
        if (!await EndsAsync(warming, Patience - Unnoticed, time, cancellationToken))
        {
            await terminal.WriteLineAsync("The local model is not ready yet; until it is, answers are quoted from the knowledge base.");
        }
    }

    private static async Task<bool> EndsAsync(Task warming, TimeSpan within, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await warming.WaitAsync(within, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    [LoggerMessage(6003, LogLevel.Warning, "Warming up the local model failed with {Error}; its first answers will be slow")]
    private static partial void Failed(ILogger logger, string error);
}
