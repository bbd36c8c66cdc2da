using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace SmartService.Inference.Catalogue;

/// <summary>GET with redirects that are followed one by one under <see cref="AddressRules"/>. No cookies, no credentials, no decompression.</summary>
internal sealed class DownloadClient : IDisposable
{
    private const int MaxRedirects = 10;

    private readonly AddressRules _rules;
    private readonly HttpClient _http;

    public DownloadClient(AddressRules rules)
    {
        _rules = rules;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(20),
            // Sources answer with signed addresses of a few kilobytes.
            MaxResponseHeadersLength = 64,
            ConnectCallback = ConnectAsync,
        })
        {
            // Reads are watched one by one: a whole model takes hours on a slow line.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("SmartService", typeof(DownloadClient).Assembly.GetName().Version?.ToString(2)));
    }

    /// <summary>The answer's headers; the caller reads and disposes. Any status except a redirect.</summary>
    /// <exception cref="ModelPullException">An address must not be asked.</exception>
    /// <exception cref="HttpRequestException">No connection or no answer.</exception>
    public async Task<HttpResponseMessage> GetAsync(Uri uri, Action<HttpRequestHeaders> headers, CancellationToken cancellationToken)
    {
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            if (_rules.Refusal(uri) is { } refusal)
            {
                throw new ModelPullException($"The download was refused: {refusal}.");
            }

            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            headers(request.Headers);
            var response = await SendAsync(request, cancellationToken);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return response;
            }

            using (response)
            {
                uri = response.Headers.Location is { } location && Uri.TryCreate(uri, location, out var next)
                    ? next
                    : throw new HttpRequestException("the server redirects without saying where to");
            }
        }

        throw new ModelPullException($"The download was refused: more than {MaxRedirects} redirects.");
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.InnerException is ModelPullException refused)
        {
            throw new ModelPullException(refused.Message, exception);
        }
    }

    // Resolves here and connects to what was checked, so that a second DNS answer cannot differ from the first.
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var endpoint = context.DnsEndPoint;
        var addresses = await Dns.GetHostAddressesAsync(endpoint.Host, cancellationToken);
        // A company's proxy is usually at a private address, and it is the proxy that then resolves the name.
        var isProxy = !string.Equals(context.InitialRequestMessage.RequestUri?.IdnHost, endpoint.Host, StringComparison.OrdinalIgnoreCase);
        var allowed = isProxy ? addresses : [.. addresses.Where(_rules.Allows)];
        if (allowed.Length == 0)
        {
            throw new ModelPullException($"The download was refused: {AddressRules.Inside(endpoint.Host)}.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endpoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
