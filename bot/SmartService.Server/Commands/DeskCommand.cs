using System.CommandLine;
using SmartService.Bot.Desk;
using SmartService.Data;
using SmartService.Server.Hosting;
using Spectre.Console;

namespace SmartService.Server.Commands;

/// <summary><c>desk add NAME</c>: gives a person access to the desk. The password is asked for, never an argument: arguments end in histories.</summary>
public static class DeskCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "Name to sign in with." };
        var display = new Option<string?>("--display") { Description = "Name that colleagues see." };
        var add = new Command("add", "Add a person, or set a new password.") { name, display };
        add.SetAction(async (parsed, cancellationToken) =>
        {
            var builder = SmartServiceHost.CreateCommandBuilder();
            builder.AddBot();
            builder.Services.AddSingleton<SignInGuard>().AddSingleton<Agents>();
            using var host = builder.Build();
            await host.Services.MigrateAsync(cancellationToken);
            var agent = parsed.GetRequiredValue(name);
            var password = Console.IsInputRedirected
                ? await Console.In.ReadLineAsync(cancellationToken) ?? throw new UsageException("Give the password on standard input.")
                : await new TextPrompt<string>("Password:").Secret().ShowAsync(AnsiConsole.Console, cancellationToken);
            await host.Services.GetRequiredService<Agents>().EnsureAsync(agent, parsed.GetValue(display) ?? agent, password, cancellationToken);
            Console.WriteLine($"{agent} can sign in at /desk.");
            return 0;
        });
        return new Command("desk", "People who work on the desk.") { add };
    }
}
