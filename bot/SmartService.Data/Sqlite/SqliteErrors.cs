using Microsoft.Data.Sqlite;

namespace SmartService.Data.Sqlite;

/// <summary>Tells a broken environment from a broken statement.</summary>
internal static class SqliteErrors
{
    private const int Busy = 5, Locked = 6, ReadOnly = 8, IoError = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    public static bool IsUnavailable(SqliteException exception) =>
        exception.SqliteErrorCode is Busy or Locked or ReadOnly or IoError or Corrupt or Full or CannotOpen or NotADatabase;

    public static StoreUnavailableException Unavailable(SqliteException exception) => new(
        exception.SqliteErrorCode switch
        {
            Busy or Locked => "The SQLite file is locked by another process.",
            Full => "The disk is full.",
            ReadOnly => "The SQLite file is read-only.",
            Corrupt or NotADatabase => "The SQLite file is damaged.",
            _ => "The SQLite file cannot be read or written.",
        },
        exception);
}
