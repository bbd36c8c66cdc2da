using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SmartService.Data.Postgres;
using SmartService.Data.Sqlite;
using SmartService.Testing.Stores;

namespace SmartService.Data.Tests;

public sealed class DataServicesTests
{
    [Fact]
    public async Task Without_settings_of_a_shared_store_the_embedded_one_is_used_and_migrated_at_start()
    {
        var folder = TempFolder.Create();
        using var host = Build(("Data:Directory", folder));

        await host.StartAsync();

        Assert.IsType<SqliteDatabase>(host.Services.GetRequiredService<IDatabase>());
        Assert.True(File.Exists(Path.Combine(folder, DataServices.FileName)));
        await host.StopAsync();
    }

    [Fact]
    public async Task With_a_connection_string_the_shared_store_is_used()
    {
        using var host = Build(("Data:Postgres", await TestStores.PostgresConnectionStringAsync()));

        Assert.IsType<PostgresDatabase>(host.Services.GetRequiredService<IDatabase>());
    }

    [Theory]
    [InlineData("Data:Postgres", "this is no connection string")]
    [InlineData("Data:Postgres", "Port=5432")]
    [InlineData("Data:Directory", " ")]
    public async Task A_wrong_setting_stops_the_start_with_a_sentence_that_names_it(string setting, string value)
    {
        using var host = Build((setting, value));

        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(setting, refusal.Message, StringComparison.Ordinal);
    }

    private static IHost Build(params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value)));
        builder.Services.AddData(builder.Configuration);
        return builder.Build();
    }
}
