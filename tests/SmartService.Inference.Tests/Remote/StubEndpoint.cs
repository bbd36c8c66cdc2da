using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SmartService.Inference.Tests.Remote;

/// <summary>A server on a loopback port that speaks /v1/chat/completions.</summary>
internal sealed class StubEndpoint(WebApplication app) : IAsyncDisposable
{
    public string Url => app.Urls.First();

    public List<(string Path, string Authorization, string Body)> Requests { get; } = [];

    public static async Task<StubEndpoint> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var stub = new StubEndpoint(app);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync();
            lock (stub.Requests)
            {
                stub.Requests.Add((context.Request.Path, context.Request.Headers.Authorization.ToString(), body));
            }

            await answer(context);
        });
        await app.StartAsync();
        return stub;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    /// <summary>Streams the pieces and ends properly.</summary>
    public static RequestDelegate Says(params string[] pieces) => async context =>
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var piece in pieces)
        {
            await WriteAsync(context, $$"""{"role":"assistant","content":"{{piece}}"}""", "null");
        }

        await WriteAsync(context, "{}", "\"stop\"");
        await context.Response.WriteAsync("data: [DONE]\n\n");
    };

    private static Task WriteAsync(HttpContext context, string delta, string finish) => context.Response.WriteAsync(
        $$"""data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"tiny","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]}""" + "\n\n");
}
