using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace SmartService.Server.Hosting;

/// <summary>Section <c>Proxy</c>.</summary>
public sealed class ProxyOptions
{
    /// <summary>Networks of reverse proxies whose <c>X-Forwarded-*</c> headers count, such as <c>10.0.0.0/8</c>. Those on this machine always do.</summary>
    public IList<string> KnownNetworks { get; } = [];
}

/// <summary>Behind a reverse proxy: who called, with which scheme and under which name is what the proxy says.</summary>
public static class Proxy
{
    public static void AddProxy(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<ProxyOptions>().Bind(builder.Configuration.GetSection("Proxy"))
            .Validate(
                options => options.KnownNetworks.All(network => IPNetwork.TryParse(network, out _)),
                "Proxy:KnownNetworks must hold networks such as 10.0.0.0/8.");
        var hosts = builder.Configuration["AllowedHosts"]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        builder.Services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ProxyOptions>>((forwarded, proxy) =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            // Any number of proxies in a row; the first unknown one ends the list.
            forwarded.ForwardLimit = null;
            foreach (var network in proxy.Value.KnownNetworks)
            {
                forwarded.KnownIPNetworks.Add(IPNetwork.Parse(network));
            }

            // ASP.NET Core compares AllowedHosts with the Host header; a forwarded name has to pass the same list.
            if (!hosts.Contains("*", StringComparer.Ordinal))
            {
                forwarded.AllowedHosts = [.. hosts];
            }
        });
    }
}
