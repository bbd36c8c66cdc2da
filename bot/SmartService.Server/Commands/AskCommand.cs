using System.CommandLine;
using SmartService.Bot.Delivery;
using SmartService.Channels;
using SmartService.Server.Asking;
using SmartService.Server.Hosting;

namespace SmartService.Server.Commands;

/// <summary><c>ask</c>: turns through the same inbox, worker and outbox as a WeChat message, without WeChat.</summary>
public static class AskCommand
{
    public static Command Create()
    {
        var question = new Argument<string?>("question") { Description = "The customer's words.", Arity = ArgumentArity.ZeroOrOne };
        var conversation = new Option<string?>("--conversation") { Description = "Go on with this conversation." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var input = new Option<FileInfo?>("--input") { Description = "JSONL with id, conversation, text." };
        var output = new Option<FileInfo?>("--out") { Description = "JSONL with the answers, in input order." };
        var command = new Command("ask", "Ask the bot, through the same path as a WeChat message.") { question, conversation, json, input, output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // Before anything is started: a model may take half a minute.
            Func<AskSession, Task<int>> run = (parsed.GetValue(question), parsed.GetValue(input), parsed.GetValue(output)) switch
            {
                (null, { } from, { } to) => session => AskBatch.RunAsync(session, from, to, cancellationToken),
                ({ } text, null, null) => session => OneAsync(session, text, parsed.GetValue(conversation), parsed.GetValue(json), cancellationToken),
                _ => throw new UsageException("Give either a question, or --input and --out."),
            };
            var builder = SmartServiceHost.CreateCommandBuilder(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                // Nobody types fragments here.
                ["Turns:Debounce"] = "00:00:00",
            });
            builder.AddBot();
            builder.Services.AddSingleton<IChannel>(new RecordingChannel(AskSession.Channel));
            builder.Services.AddSingleton<AskSession>();
            using var host = builder.Build();
            host.Services.ValidateSettings();
            await host.StartAsync(cancellationToken);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var warming = ModelWarmUp.RunAsync(host.Services, host.Services.GetRequiredService<ILogger<WarmUp>>(), ended.Token);
            try
            {
                // A question that comes while the model is still loading would be answered without it.
                await ModelWarmUp.WaitAsync(warming, Console.Error, TimeProvider.System, cancellationToken);
                var code = await run(host.Services.GetRequiredService<AskSession>());
                await host.StopAsync(cancellationToken);
                return code;
            }
            finally
            {
                await ended.CancelAsync();
                await warming;
            }
        });
        return command;
    }

    private static async Task<int> OneAsync(AskSession session, string text, string? conversation, bool json, CancellationToken cancellationToken)
    {
        var answer = await session.AskAsync(conversation ?? Guid.NewGuid().ToString("N"), text, cancellationToken);
        Console.WriteLine(json ? answer.ToJson() : answer.ToText());
        return 0;
    }
}
