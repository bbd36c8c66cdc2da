using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace SmartService.StandIn.Control;

/// <summary>What drives the stand-in, under <c>control/</c>; described in control.md.</summary>
internal static class ControlEndpoints
{
    public static void MapControl(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var (customers, observer, stream) = (services.GetRequiredService<CustomerControl>(), services.GetRequiredService<ObserverControl>(), services.GetRequiredService<EventStream>());
        var guard = services.GetRequiredService<LocalCallersOnly>();

        var control = endpoints.MapGroup("/control").ExcludeFromDescription();
        void Get(string path, RequestDelegate handler) => control.MapGet(path, guard.Guard(handler));
        void Post(string path, RequestDelegate handler) => control.MapPost(path, guard.Guard(handler));

        Post("/messages", customers.MessagesAsync);
        Post("/servicer/message", customers.ServicerMessageAsync);
        Post("/customers/{customer}/messages", customers.MessageAsync);
        Post("/customers/{customer}/enter", customers.EnterAsync);
        Post("/customers/{customer}/recall", customers.RecallAsync);
        Post("/customers/{customer}/fail", customers.FailAsync);
        Post("/customers/{customer}/media", customers.MediaAsync);
        Post("/customers/{customer}/state", customers.ForceStateAsync);
        Get("/customers/{customer}/state", customers.StateAsync);
        Get("/customers/{customer}/messages", customers.TranscriptAsync);
        Get("/customers/{customer}/stream", stream.StreamAsync);
        Get("/media/{media}", customers.ShowMediaAsync);
        Get("/report", observer.ReportAsync);
        Get("/ledger", observer.LedgerAsync);
        Get("/faults", observer.FaultsAsync);
        Post("/faults", observer.FaultAsync);
        control.MapDelete("/faults", guard.Guard(observer.ClearFaultsAsync));
        Post("/callback", observer.CallbackAsync);
        Post("/reset", observer.ResetAsync);
    }
}
