using LLama.Native;
using Microsoft.Extensions.Logging;

namespace SmartService.Inference.Native;

/// <summary>
/// llama.cpp's log lines. There is one callback per process, called from any thread and for thousands of debug lines; the last
/// error line is kept, because a failed load gives no other reason. The lines are about files and sizes, never about texts.
/// </summary>
internal static partial class NativeLog
{
    // Kept in a field, because native code holds it as long as the process lives.
    private static readonly NativeLogConfig.LLamaLogCallback Callback = OnLine;

    private static readonly Lock Gate = new();

    private static ILogger? _logger;
    private static LLamaLogLevel _level;
    private static string? _lastError;

    public static NativeLogConfig.LLamaLogCallback For(ILogger logger)
    {
        _logger = logger;
        return Callback;
    }

    /// <summary>The last error since <see cref="Forget"/>, for example why a file could not be loaded.</summary>
    public static string? LastError
    {
        get
        {
            lock (Gate)
            {
                return _lastError;
            }
        }
    }

    public static void Forget()
    {
        lock (Gate)
        {
            _lastError = null;
        }
    }

    private static void OnLine(LLamaLogLevel level, string message)
    {
        try
        {
            lock (Gate)
            {
                // A continuation belongs to the line before it.
                level = level == LLamaLogLevel.Continue ? _level : level;
                _level = level;
                var line = message.Trim();
                if (level is not (LLamaLogLevel.Error or LLamaLogLevel.Warning) || line.Length == 0)
                {
                    return;
                }

                if (level == LLamaLogLevel.Error)
                {
                    // The first says what is wrong; those after it only that something failed.
                    _lastError ??= line;
                }

                if (_logger is { } logger)
                {
                    Line(logger, level == LLamaLogLevel.Error ? LogLevel.Warning : LogLevel.Debug, line);
                }
            }
        }
        catch (Exception)
        {
            // An exception must not travel through native frames; a logger that throws is not asked again.
            _logger = null;
        }
    }

    [LoggerMessage(EventId = 2701, Message = "llama.cpp: {Line}")]
    private static partial void Line(ILogger logger, LogLevel level, string line);
}
