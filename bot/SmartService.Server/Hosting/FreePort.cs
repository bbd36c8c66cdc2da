using System.Net;
using System.Net.Sockets;

namespace SmartService.Server.Hosting;

/// <summary>Ports of this machine that nobody listens on now.</summary>
internal static class FreePort
{
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
