using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SmartService.Bot.Desk;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Desk;
using SmartService.Testing.Desk;
using SmartService.Testing.Stores;

namespace SmartService.Browser.Tests.Hosting;

/// <summary>The desk alone on a loopback port, in the Production environment, over a fresh SQLite store.</summary>
public sealed class DeskHost : IAsyncDisposable
{
    public const string Password = "correct horse 电池";
    private readonly WebApplication _app;

    private DeskHost(WebApplication app, IDatabase database) => (_app, Database, Seed) = (app, database, new ConversationSeed(database));

    public IDatabase Database { get; }

    public ConversationSeed Seed { get; }

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public Agents Agents => _app.Services.GetRequiredService<Agents>();

    public ConversationDesk Desk => _app.Services.GetRequiredService<ConversationDesk>();

    /// <param name="shared">The store of another host; null makes a fresh one.</param>
    public static async Task<DeskHost> StartAsync(IDatabase? shared = null)
    {
        var database = shared ?? await TestStores.SqliteAsync(null, ConversationSeed.Migrations, DeskServices.Migrations);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(DeskHost).Assembly.GetName().Name,
            EnvironmentName = Environments.Production,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.WebHost.UseStaticWebAssets().UseUrls("http://127.0.0.1:0");
        // Connections that a closing browser breaks are no news.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.AspNetCore.SignalR", LogLevel.None)
            .AddFilter("Microsoft.AspNetCore.Http.Connections", LogLevel.None);
        builder.Services.AddSingleton(database);
        builder.Services.AddSingleton<IChannel>(new FakeChannel());
        builder.Services.AddDesk(builder.Configuration);
        var app = builder.Build();
        app.MapDesk();
        await app.StartAsync();
        var host = new DeskHost(app, database);
        await host.Agents.EnsureAsync("lin", "林晓", Password);
        await host.Agents.EnsureAsync("wang", "王磊", Password);
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
