using System.Globalization;

namespace SmartService.Evals.Suites;

/// <summary>What the command line of <c>run</c> gives to the suites. Null = the suite's own default.</summary>
public sealed record RunOptions
{
    /// <summary>Folder with the recorded data.</summary>
    public string? Data { get; init; }

    /// <summary>A chat model; for suites that measure answers.</summary>
    public string? Model { get; init; }

    /// <summary>Where results go; suites may leave logs of their processes here.</summary>
    public required string Out { get; init; }

    /// <summary>The built server executable.</summary>
    public string? Server { get; init; }

    /// <summary>A PostgreSQL database instead of SQLite.</summary>
    public string? Postgres { get; init; }

    public int? Servers { get; init; }

    public int? Kills { get; init; }

    public int? Messages { get; init; }

    public int? Customers { get; init; }

    /// <summary>Messages per second.</summary>
    public double? Rate { get; init; }

    public int? Seed { get; init; }

    /// <summary>Settings for the server under test, <c>Turns__Debounce=00:00:00.5</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <exception cref="EvalException">One of <see cref="Settings"/> is not NAME=VALUE.</exception>
    public IReadOnlyDictionary<string, string> ServerSettings()
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in Settings)
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new EvalException(string.Create(CultureInfo.InvariantCulture, $"--set wants NAME=VALUE, not {setting}."));
            }

            settings[setting[..equals].Replace(":", "__", StringComparison.Ordinal)] = setting[(equals + 1)..];
        }

        return settings;
    }
}
