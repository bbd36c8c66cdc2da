using System.Net;

namespace SmartService.Server.Hosting;

/// <summary>
/// Keeps calls to this machine away from a company proxy: on Linux <c>HTTP_PROXY</c> also catches 127.0.0.1 unless
/// <c>NO_PROXY</c> says otherwise, and then the demo would not reach its own stand-in.
/// </summary>
public sealed class LoopbackBypass(IWebProxy inner) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => inner.Credentials;
        set => inner.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : inner.GetProxy(destination);

    public bool IsBypassed(Uri host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host.IsLoopback || inner.IsBypassed(host);
    }
}
