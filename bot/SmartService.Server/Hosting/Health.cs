using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SmartService.Data;

namespace SmartService.Server.Hosting;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: it can accept messages. Both give a JSON list of what is wrong,
/// and numbers about the local model where there is one; without it answers are quotes, so it never makes the server unready.
/// </summary>
public static class Health
{
    private const string Ready = "ready";

    public static void AddHealth(this WebApplicationBuilder builder)
    {
        // What is wrong stands in the answer and is logged where it happens; who asks every second must not fill the log.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Services.AddSingleton(new MigrationSet("server", typeof(Health).Assembly))
            .AddSingleton<WarmUp>().AddHostedService(provider => provider.GetRequiredService<WarmUp>())
            .AddSingleton<StorePulse>().AddHealthChecks()
            .AddCheck<StoreCheck>("store", tags: [Ready]).AddCheck<WarmUp>("warm-up", tags: [Ready]).AddCheck<ModelHealth>(ModelHealth.Name, tags: [Ready]);
    }

    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready), ResponseWriter = WriteAsync });
    }

    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        var operatorAsks = Management.IsOperator(context);
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", report.Status switch { HealthStatus.Healthy => "ok", HealthStatus.Degraded => "degraded", _ => "failing" });
        json.WriteStartArray("wrong");
        foreach (var (name, entry) in report.Entries.Where(entry => entry.Value.Status != HealthStatus.Healthy))
        {
            json.WriteStartObject();
            json.WriteString("check", name);
            json.WriteString("reason", name == ModelHealth.Name && !operatorAsks ? ModelHealth.ForStrangers : entry.Description);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        foreach (var (name, entry) in report.Entries.Where(entry => entry.Value.Data.Count > 0))
        {
            json.WriteStartObject(name);
            foreach (var (what, value) in entry.Data)
            {
                json.WritePropertyName(what);
                JsonSerializer.Serialize(json, value, value.GetType(), JsonSerializerOptions.Default);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    private sealed class StoreCheck(StorePulse pulse) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await pulse.FailureAsync(cancellationToken) is { } failure ? HealthCheckResult.Unhealthy(failure) : HealthCheckResult.Healthy();
    }
}
