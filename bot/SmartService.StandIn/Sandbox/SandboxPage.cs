using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartService.StandIn.Platform;

namespace SmartService.StandIn.Sandbox;

/// <summary>Serves the page from embedded files, with a policy that lets nothing else in.</summary>
internal static class SandboxPage
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapSandboxPage(this IEndpointRouteBuilder endpoints, string path, string standIn)
    {
        var options = endpoints.ServiceProvider.GetRequiredService<StandInOptions>();
        var group = endpoints.MapGroup(path).ExcludeFromDescription();
        group.MapGet("", File("sandbox.html", "text/html"));
        foreach (var (name, type) in (ReadOnlySpan<(string, string)>)[("sandbox.js", "text/javascript"), ("sandbox.css", "text/css"), ("icon.svg", "image/svg+xml")])
        {
            group.MapGet("/" + name, File(name, type));
        }

        group.MapGet("/config.json", http =>
        {
            SetHeaders(http, "application/json");
            // Where it is mapped may sit behind a path base.
            return http.Response.Body.WriteAsync(PlatformJson.Object(json => WriteConfig(json, options, http.Request.PathBase + standIn)), http.RequestAborted).AsTask();
        });
    }

    private static RequestDelegate File(string name, string type)
    {
        var content = Load(name);
        return http =>
        {
            SetHeaders(http, type);
            if (type is "text/html" && http.Request.Path.Value is { } at && at.EndsWith('/'))
            {
                // The page names its files relative to /sandbox.
                http.Response.Redirect(http.Request.PathBase + at.TrimEnd('/') + http.Request.QueryString);
                return Task.CompletedTask;
            }

            var page = type is "text/html" ? content.Replace("{base}", WebUtility.HtmlEncode(http.Request.PathBase + http.Request.Path), StringComparison.Ordinal) : content;
            return http.Response.WriteAsync(page, http.RequestAborted);
        };
    }

    private static void SetHeaders(HttpContext http, string type)
    {
        http.Response.ContentType = type + "; charset=utf-8";
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        http.Response.Headers.CacheControl = "no-cache";
    }

    private static void WriteConfig(Utf8JsonWriter json, StandInOptions options, string standIn)
    {
        json.WriteString("standin", standIn);
        json.WriteStartArray("accounts");
        foreach (var account in options.Accounts)
        {
            json.WriteStartObject();
            json.WriteString("open_kfid", account.OpenKfId);
            json.WriteString("name", account.Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("products");
        foreach (var product in options.Products)
        {
            json.WriteStartObject();
            json.WriteString("product_id", product.ProductId);
            json.WriteString("title", product.Title);
            json.WriteString("sales_price", product.Price);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("orders");
        foreach (var order in options.Orders)
        {
            json.WriteStartObject();
            json.WriteString("order_id", order.OrderId);
            json.WriteString("product_titles", order.Products);
            json.WriteString("price_wording", order.Price);
            json.WriteString("state", order.State);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("suggestions");
        foreach (var question in options.Suggestions)
        {
            json.WriteStringValue(question);
        }

        json.WriteEndArray();
    }

    private static string Load(string name)
    {
        using var stream = typeof(SandboxPage).Assembly.GetManifestResourceStream("SmartService.StandIn.Sandbox." + name)
            ?? throw new InvalidOperationException($"The embedded file {name} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
