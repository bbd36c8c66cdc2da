using System.Net;

namespace SmartService.Server.Hosting;

/// <summary>
/// Keeps operators' addresses from strangers: without <c>Management:AllowRemote</c> only this machine sees them. Behind a proxy the
/// original caller counts.
/// </summary>
public static class Management
{
    private const string AllowRemote = "Management:AllowRemote";

    /// <summary>Marks an address as one for operators.</summary>
    public static TBuilder ForOperators<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new Operators());

    /// <summary>Whether the caller may read what is for operators. After the forwarded headers.</summary>
    public static bool IsOperator(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return (context.Connection.RemoteIpAddress is { } caller && IPAddress.IsLoopback(caller))
            || context.RequestServices.GetRequiredService<IConfiguration>().GetValue<bool>(AllowRemote);
    }

    /// <summary>Hides what <see cref="ForOperators"/> marks. After the forwarded headers.</summary>
    public static void UseManagement(this WebApplication app)
    {
        if (app.Configuration.GetValue<bool>(AllowRemote))
        {
            return;
        }

        app.Use((context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<Operators>() is null || IsOperator(context))
            {
                return next(context);
            }

            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    private sealed class Operators;
}
