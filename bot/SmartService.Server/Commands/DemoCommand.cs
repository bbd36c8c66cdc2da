using System.CommandLine;
using SmartService.Server.Demo;

namespace SmartService.Server.Commands;

/// <summary><c>demo</c>: everything on one machine, no account, key, model or database server needed.</summary>
public static class DemoCommand
{
    public static Command Create()
    {
        var port = new Option<int?>("--port") { Description = "Port on 127.0.0.1; 0 takes a free one." };
        var data = new Option<DirectoryInfo?>("--data") { Description = "Folder for the data instead of a fresh one." };
        var command = new Command("demo", "Everything on one machine: stand-in WeCom, sample shop, sandbox, desk.") { port, data };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var server = await DemoServer.StartAsync(parsed.GetValue(port), parsed.GetValue(data)?.FullName, cancellationToken: cancellationToken);
            Console.WriteLine($"""

                SmartService demo is ready. Ctrl+C ends it.

                  Sandbox  {new Uri(server.Address, "/sandbox")}
                  Desk     {new Uri(server.Address, "/desk")}   (name: {server.AgentName}, password: {server.Password})
                  Health   {new Uri(server.Address, "/health/ready")}

                """);
            await server.WaitForShutdownAsync(cancellationToken);
            return 0;
        });
        return command;
    }
}
