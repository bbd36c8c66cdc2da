using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using SmartService.StandIn.Control;
using SmartService.StandIn.Platform;
using SmartService.StandIn.Sandbox;

namespace SmartService.StandIn;

/// <summary>Makes the stand-in reachable.</summary>
public static class StandInEndpoints
{
    /// <summary>
    /// The platform's API at <c>{path}/cgi-bin</c> (so <c>WeChat:ApiBaseUrl</c> is the address of <paramref name="path"/>) and
    /// what drives it at <c>{path}/control</c>.
    /// </summary>
    public static IEndpointRouteBuilder MapStandIn(this IEndpointRouteBuilder endpoints, string path = "/standin")
    {
        var group = endpoints.MapGroup(path);
        group.MapPlatform();
        group.MapControl();
        return endpoints;
    }

    /// <summary>The WeChat-like page, which talks to the stand-in at <paramref name="standIn"/>.</summary>
    public static IEndpointRouteBuilder MapSandbox(this IEndpointRouteBuilder endpoints, string path = "/sandbox", string standIn = "/standin")
    {
        endpoints.MapSandboxPage(path, standIn);
        return endpoints;
    }
}
