using System.CommandLine;
using SmartService.Server.Hosting;

namespace SmartService.Server.Commands;

/// <summary><c>serve</c>: production. Everything comes from the settings.</summary>
public static class ServeCommand
{
    public static Command Create()
    {
        var port = new Option<int?>("--port") { Description = "Listen on 127.0.0.1 at this port instead of the setting Urls." };
        var command = new Command("serve", "Run the server.") { port };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var builder = SmartServiceHost.CreateBuilder();
            builder.AddServer();
            builder.Listen(parsed.GetValue(port));
            await using var app = builder.Build();
            app.Services.ValidateSettings();
            app.MapServer();
            await app.RunAsync(cancellationToken);
            return 0;
        });
        return command;
    }
}
