using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartService.Data.Postgres;
using SmartService.Data.Sqlite;

namespace SmartService.Data;

/// <summary>Registers the store that the settings name.</summary>
public static class DataServices
{
    /// <summary>The name of the SQLite file in <see cref="DataOptions.Directory"/>.</summary>
    public const string FileName = "smartservice.db";

    /// <summary>Adds <see cref="IDatabase"/> and its migration at start, before any other hosted service.</summary>
    public static IServiceCollection AddData(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptionsWithValidateOnStart<DataOptions>().Bind(configuration.GetSection("Data"))
            .Validate(options => !string.IsNullOrWhiteSpace(options.Directory), "Data:Directory must not be empty.")
            .Validate(options => IsConnectionString(options.Postgres), "Data:Postgres is not a valid PostgreSQL connection string.");
        services.AddSingleton<IDatabase>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<DataOptions>>().Value;
            return string.IsNullOrWhiteSpace(options.Postgres)
                ? new SqliteDatabase(Path.Combine(options.Directory, FileName), provider.GetRequiredService<TimeProvider>())
                : new PostgresDatabase(options.Postgres);
        });
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService, MigrateAtStart>());
        return services;
    }

    /// <summary>Migrates the registered store, for commands that use it without starting a host.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be used.</exception>
    public static Task MigrateAsync(this IServiceProvider services, CancellationToken cancellationToken = default) =>
        services.GetRequiredService<IDatabase>().MigrateAsync(services.GetServices<MigrationSet>(), cancellationToken);

    private static bool IsConnectionString(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return true;
        }

        try
        {
            return !string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private sealed class MigrateAtStart(IDatabase database, IEnumerable<MigrationSet> sets) : IHostedLifecycleService
    {
        // Starting runs before the Start of every other hosted service, so their loops find their tables.
        public Task StartingAsync(CancellationToken cancellationToken) => database.MigrateAsync(sets, cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
