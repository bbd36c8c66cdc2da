using System.Diagnostics;
using Npgsql;

namespace SmartService.Testing.Stores;

/// <summary>
/// A scratch PostgreSQL of one test process: Debian's binaries, own port, socket and data folder, stopped when the process ends.
/// </summary>
public sealed class PostgresServer
{
    /// <summary>The reason given by skipped tests.</summary>
    public const string WhyMissing = "PostgreSQL is not installed here (Debian: apt-get install postgresql-15).";

    private static readonly Lazy<Task<PostgresServer?>> Shared = new(StartAsync);

    private PostgresServer(string connectionString) => ConnectionString = connectionString;

    /// <summary>Of the maintenance database; its user may create databases.</summary>
    public string ConnectionString { get; }

    /// <summary>The server of this process, started on first use; null where PostgreSQL is missing.</summary>
    public static Task<PostgresServer?> SharedAsync() => Shared.Value;

    private static async Task<PostgresServer?> StartAsync()
    {
        var binaries = FindBinaries();
        if (binaries is null)
        {
            return null;
        }

        var folder = Directory.CreateTempSubdirectory("smartservice-pg-").FullName;
        var data = Path.Combine(folder, "data");
        if (RunsAsRoot)
        {
            // initdb refuses root; Debian's package made this user.
            await RunAsync("chown", ["postgres", folder], asPostgres: false);
        }

        var port = FreePort.Next();
        await RunAsync(Path.Combine(binaries, "initdb"), ["-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync"], RunsAsRoot);
        await RunAsync(
            Path.Combine(binaries, "pg_ctl"),
            ["-D", data, "-w", "-l", Path.Combine(folder, "log"), "-o", $"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200 -c fsync=off", "start"],
            RunsAsRoot);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Stop(data, folder);
        return new PostgresServer(new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = port, Username = "postgres", Database = "postgres" }.ToString());
    }

    private static bool RunsAsRoot => Environment.UserName == "root";

    private static string? FindBinaries() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
                .Where(bin => File.Exists(Path.Combine(bin, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault()
            : null;

    /// <summary>
    /// Leaves the work to a shell that outlives this process: hundreds of test databases are hundreds of thousands of files, and
    /// xunit kills a process that has not ended ten seconds after its last test. SIGQUIT is PostgreSQL's immediate shutdown.
    /// </summary>
    private static void Stop(string data, string folder)
    {
        var start = new ProcessStartInfo("setsid") { WorkingDirectory = "/tmp", UseShellExecute = false };
        foreach (var argument in (string[])["sh", "-c", "exec >/dev/null 2>&1 </dev/null; kill -QUIT $(head -n 1 \"$0/postmaster.pid\"); sleep 2; rm -rf \"$1\"", data, folder])
        {
            start.ArgumentList.Add(argument);
        }

        Process.Start(start)?.Dispose();
    }

    private static async Task RunAsync(string program, IEnumerable<string> arguments, bool asPostgres)
    {
        var start = new ProcessStartInfo(asPostgres ? "setpriv" : program)
        {
            WorkingDirectory = "/tmp",
            // pg_ctl leaves the server behind with inherited handles, so nothing may be redirected to us.
            UseShellExecute = false,
        };
        string[] prefix = asPostgres ? ["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh", "-c", "exec \"$0\" \"$@\" >/dev/null 2>&1 </dev/null", program] : [];
        foreach (var argument in prefix.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{Path.GetFileName(program)} ended with {process.ExitCode}.");
        }
    }
}
