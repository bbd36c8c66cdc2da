using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SmartService.Evals.Rig;

/// <summary>
/// What stands before several servers in production: takes the platform's callback and hands it to the next server that
/// listens.
/// </summary>
internal sealed class LoadBalancer : IAsyncDisposable
{
    public const string CallbackPath = "/wechat/kf";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(1) });
    private readonly WebApplication _app;
    private readonly IReadOnlyList<int> _ports;
    private int _turn;

    private LoadBalancer(WebApplication app, IReadOnlyList<int> ports)
    {
        _app = app;
        _ports = ports;
    }

    public Uri CallbackUrl => new(new Uri(_app.Urls.Single()), CallbackPath);

    /// <param name="ports">Of the servers on this machine.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    public static async Task<LoadBalancer> StartAsync(IReadOnlyList<int> ports, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var balancer = new LoadBalancer(app, ports);
        app.Run(balancer.ForwardAsync);
        await app.StartAsync(cancellationToken);
        return balancer;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var first = Interlocked.Increment(ref _turn);
        for (var attempt = 0; attempt < _ports.Count; attempt++)
        {
            var port = _ports[(int)((uint)(first + attempt) % (uint)_ports.Count)];
            var url = new Uri($"http://127.0.0.1:{port}{context.Request.Path}{context.Request.QueryString}");
            using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), url) { Content = new ByteArrayContent(body.ToArray()) };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
            try
            {
                using var response = await _http.SendAsync(request, context.RequestAborted);
                context.Response.StatusCode = (int)response.StatusCode;
                await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
                return;
            }
            catch (HttpRequestException)
            {
                // Killed or not yet listening; a real balancer tries the next one as well.
            }
        }

        context.Response.StatusCode = StatusCodes.Status502BadGateway;
    }
}
