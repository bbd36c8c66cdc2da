using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartService.Bot.Delivery;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Testing.Turns;
using SmartService.Turns;

namespace SmartService.Bot.Tests.Kill;

/// <summary>The server that the rig kills: started as a process of its own by <see cref="KillTests"/>, never by a test run.</summary>
public sealed class KilledServer
{
    public const string Platform = "KILL_PLATFORM";
    public const string Directory = "KILL_DIRECTORY";
    public const string Postgres = "KILL_POSTGRES";
    public const string Url = "KILL_URL";

    [Fact(Explicit = true)]
    public async Task Serve()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Platform) is null, "Started by KillTests only.");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Environment.GetEnvironmentVariable(Url)!);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Data:Directory"] = Environment.GetEnvironmentVariable(Directory) ?? Path.GetTempPath(),
            ["Data:Postgres"] = Environment.GetEnvironmentVariable(Postgres),
            ["Turns:Debounce"] = "00:00:00.050",
            ["Turns:DebounceCap"] = "00:00:00.500",
            ["Turns:PullInterval"] = "00:00:00.200",
            ["Turns:SafetyPoll"] = "00:00:00.200",
            ["Turns:Lease"] = "00:00:03",
            ["Turns:SendTimeout"] = "00:00:02",
            ["Turns:PullTimeout"] = "00:00:02",
        });
        builder.Services.AddData(builder.Configuration);
        builder.Services.AddTurns(builder.Configuration);
        builder.Services.AddSingleton(new HttpClient { BaseAddress = new Uri(Environment.GetEnvironmentVariable(Platform)!) });
        builder.Services.AddSingleton<IChannel, PlatformChannel>();
        builder.Services.AddSingleton<IMessageSource, PlatformSource>();
        builder.Services.AddScoped<ITurnHandler>(_ => new ScriptedTurnHandler
        {
            Script = (turn, _) => Task.FromResult(ScriptedTurnHandler.Say(turn, ScriptedTurnHandler.TextOf(turn))),
        });
        var app = builder.Build();
        app.MapPost("/bell", (IInbox inbox) => inbox.RingAsync("kf", "wk1", null));
        await app.RunAsync();
    }

    private sealed class PlatformChannel(HttpClient platform) : IChannel
    {
        private readonly RecordingChannel _limits = new("kf");

        public string Name => "kf";

        // Without the platform's five: after a backlog the last replies would rightly be held until the customer writes again,
        // and this ledger is about lost, repeated and reordered ones. DeliveryConformance has the five.
        public SendBudget Budget { get; } = new(int.MaxValue, TimeSpan.FromHours(48));

        public FittedReply Fit(IReadOnlyList<ReplyPart> reply, int maxParts) => _limits.Fit(reply, maxParts);

        public async Task<SendResult> SendAsync(OutboundPart part, CancellationToken cancellationToken = default)
        {
            var answer = await platform.PostAsJsonAsync("/send", new PlatformSend(part.ReplyId, part.Customer, ((TextPart)part.Part).Text), cancellationToken);
            return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Conflict
                ? SendResult.Sent(part.ReplyId)
                : new SendResult(SendStatus.Retry, Code: (int)answer.StatusCode);
        }
    }

    private sealed class PlatformSource(HttpClient platform) : IMessageSource
    {
        public string Channel => "kf";

        public async Task<MessagePage> PullAsync(PullRequest request, CancellationToken cancellationToken = default)
        {
            var answer = await platform.PostAsJsonAsync("/sync", new PlatformPull(request.Cursor), cancellationToken);
            var page = (await answer.Content.ReadFromJsonAsync<PlatformPage>(cancellationToken))!;
            return new MessagePage([.. page.Messages.Select(message => ToInbound(request.Account, message))], page.Next, page.More);
        }

        private static InboundMessage ToInbound(string account, PlatformMessage message) =>
            new()
            {
                Channel = "kf",
                Account = account,
                Customer = message.Customer,
                MessageId = message.Id,
                SentAt = DateTimeOffset.FromUnixTimeMilliseconds(message.SentAt),
                Origin = MessageOrigin.Customer,
                Body = new TextBody(message.Text),
            };
    }
}
