using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SmartService.StandIn.Bells;
using SmartService.StandIn.Control;
using SmartService.StandIn.Platform;

namespace SmartService.StandIn;

/// <summary>Registers the stand-in WeCom.</summary>
public static class StandInServices
{
    /// <summary>Adds a platform with these credentials and accounts; <see cref="StandInEndpoints.MapStandIn"/> makes it reachable.</summary>
    /// <exception cref="ArgumentException">A setting is wrong.</exception>
    public static IServiceCollection AddStandIn(this IServiceCollection services, StandInOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<PlatformClock>().AddSingleton<KfPlatform>().AddSingleton<AccessTokens>().AddSingleton<MediaStore>();
        services.AddSingleton<MessageLimits>().AddSingleton<SyncApi>().AddSingleton<SendApi>().AddSingleton<StateApi>().AddSingleton<DirectoryApi>();
        services.AddSingleton<PlatformPipeline>().AddSingleton<FaultBoard>().AddSingleton<Report>().AddSingleton<Ledger>();
        services.AddSingleton<CustomerControl>().AddSingleton<ObserverControl>().AddSingleton<EventStream>().AddSingleton<LocalCallersOnly>();
        services.AddHostedService<BellRinger>();
        return services;
    }
}
