using System.CommandLine;
using SmartService.Server.Hosting;
using SmartService.Server.Demo;
using SmartService.StandIn;

namespace SmartService.Server.Commands;

/// <summary><c>standin</c>: the WeCom emulator alone, for tests and evals that kill the server and must not kill the platform.</summary>
public static class StandInCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "Port on 127.0.0.1.", DefaultValueFactory = _ => 5090 };
        // The command line has no parser of its own for addresses; the stand-in's options say what is wrong with one.
        var callback = new Option<Uri>("--callback")
        {
            Description = "The server's callback, for example http://127.0.0.1:5080/wechat/kf.",
            Required = true,
            CustomParser = given => new Uri(given.Tokens[0].Value, UriKind.RelativeOrAbsolute),
        };
        var command = new Command("standin", "Run only the WeCom stand-in. Prints its settings as environment variables.") { port, callback };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new StandInOptions();
            options.CallbackUrl = parsed.GetRequiredValue(callback);
            var builder = SmartServiceHost.CreateBuilder();
            builder.Listen(parsed.GetValue(port));
            builder.Services.AddStandIn(options);
            await using var app = builder.Build();
            app.MapStandIn(DemoSettings.StandInPath);
            await app.StartAsync(cancellationToken);
            foreach (var (name, value) in DemoSettings.WeChat(options, new Uri(app.Urls.First())))
            {
                Console.WriteLine($"{name.Replace(":", "__", StringComparison.Ordinal)}={value}");
            }

            Console.WriteLine("READY");
            await app.WaitForShutdownAsync(cancellationToken);
            return 0;
        });
        return command;
    }
}
