using System.Net;
using System.Net.Sockets;

namespace SmartService.Testing;

/// <summary>Ports on the loopback address for processes that must be told one.</summary>
public static class FreePort
{
    /// <summary>A port that was free a moment ago.</summary>
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
