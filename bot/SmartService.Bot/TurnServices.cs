using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SmartService.Bot.Delivery;
using SmartService.Bot.Turns;
using SmartService.Channels;
using SmartService.Data;

namespace SmartService.Bot;

/// <summary>Registers the way of a message from the inbox to the delivered reply.</summary>
public static class TurnServices
{
    /// <summary>
    /// Adds the inbox, the turn worker and the reply sender. Needs <see cref="IDatabase"/>, one <see cref="SmartService.Turns.ITurnHandler"/>
    /// and the channels (<see cref="IChannel"/>, <see cref="IMessageSource"/>).
    /// </summary>
    public static IServiceCollection AddTurns(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddOptionsWithValidateOnStart<TurnOptions>().Bind(configuration.GetSection("Turns"))
            .Validate(options => options.DebounceCap >= options.Debounce, "Turns:DebounceCap must not be shorter than Turns:Debounce.")
            .Validate(options => options.Lease > options.SendTimeout, "Turns:Lease must be longer than Turns:SendTimeout.")
            .Validate(options => options.Lease > options.PullTimeout, "Turns:Lease must be longer than Turns:PullTimeout.");
        services.AddSingleton<IValidateOptions<TurnOptions>, TurnOptionsValidator>();
        services.AddOptionsWithValidateOnStart<ResumeOptions>().Bind(configuration.GetSection("Handoff"));
        services.AddSingleton<IValidateOptions<ResumeOptions>, ResumeOptionsValidator>();
        services.AddSingleton(new MigrationSet("bot", typeof(Inbox).Assembly));

        services.AddSingleton<OwnChannels>();
        services.AddSingleton<TurnMetrics>();
        services.AddSingleton<Inbox>();
        services.AddSingleton<IInbox>(provider => provider.GetRequiredService<Inbox>());
        services.AddSingleton<AccountLeases>();
        services.AddSingleton<AccountPuller>();
        services.AddSingleton<TurnLeases>();
        services.AddSingleton<TurnRecords>();
        services.AddSingleton<TurnReader>();
        services.AddSingleton<TurnDecision>();
        services.AddSingleton<TurnWorker>();
        services.AddSingleton<DeadMessages>();
        services.AddSingleton<DeliveryLeases>();
        services.AddSingleton<NextReply>();
        services.AddSingleton<DeliveryRecords>();
        services.AddSingleton<ReplySender>();
        services.AddSingleton<StoredReplies>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<AccountPuller>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<TurnWorker>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ReplySender>());
        return services;
    }
}
