using Microsoft.Extensions.Logging;

namespace SmartService.Knowledge;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Imported {Path}: {Status}, {Passages} passages, {Facts} facts")]
    public static partial void Imported(ILogger logger, string path, Documents.ImportStatus status, int passages, int facts);

    [LoggerMessage(2, LogLevel.Warning, "Could not import {Path}: {Reason}")]
    public static partial void ImportFailed(ILogger logger, string path, string reason);

    [LoggerMessage(3, LogLevel.Error, "Importing {Path} failed unexpectedly")]
    public static partial void ImportBroke(ILogger logger, string path, Exception exception);

    [LoggerMessage(4, LogLevel.Information, "Deleted document {DocumentId}")]
    public static partial void Deleted(ILogger logger, string documentId);
}
