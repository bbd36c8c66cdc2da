using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>Children that do not keep to the protocol; chosen by an environment variable.</summary>
internal static class BadChild
{
    public const string Variable = "SMARTSERVICE_TEST_BAD_CHILD";

    public static string? Requested => Environment.GetEnvironmentVariable(Variable);

    public static async Task<int> RunAsync(string kind, string path)
    {
        var token = await Console.In.ReadLineAsync() ?? "";
        switch (kind)
        {
            case "exits":
                await Console.Error.WriteLineAsync("libgomp.so.1: cannot open shared object file");
                return 3;
            case "silent":
                await Task.Delay(Timeout.Infinite);
                return 0;
            case "stranger":
                using (var first = await ConnectAsync(path))
                {
                    first.Send(FrameKind.Hello, ModelHostChild.Version, Encoding.ASCII.GetBytes(token.Replace('A', 'B').Replace('1', '2')));
                    Assert.Null(await first.ReadAsync(CancellationToken.None));
                }

                using (var second = await ConnectRawAsync(path))
                {
                    await second.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
                    Assert.Equal(0, await second.ReceiveAsync(new byte[10]));
                }

                using (var third = await ConnectAsync(path))
                {
                    await ModelHostChild.ServeAsync(third, token, options => new ScriptedModelHost(options), CancellationToken.None);
                }

                return 0;
        }

        using var socket = await ConnectRawAsync(path);
        using var connection = new FrameConnection(new NetworkStream(socket, ownsSocket: false), 1 << 24);
        connection.Send(FrameKind.Hello, kind == "version" ? 99 : ModelHostChild.Version, Encoding.ASCII.GetBytes(token));
        Assert.Equal(FrameKind.Start, (await connection.ReadAsync(CancellationToken.None))?.Kind);
        var info = new ModelHostInfo { Backend = "bad" };
        connection.Send(FrameKind.Ready, 0, JsonSerializer.SerializeToUtf8Bytes(info, WireJson.Compact.ModelHostInfo));
        var request = (await connection.ReadAsync(CancellationToken.None))!.Value;
        switch (kind)
        {
            case "garbage":
                var garbage = new byte[4096];
                new Random(7).NextBytes(garbage);
                await socket.SendAsync(garbage);
                break;
            case "huge":
                await socket.SendAsync(new byte[] { 0xff, 0xff, 0xff, 0x7f, 6, 0, 0, 0, 0, 0, 0, 0, 0 });
                break;
            case "flood":
                while (connection.SendText(request.Id, 1, "洪水"))
                {
                    await Task.Yield();
                }

                break;
            case "closes":
                socket.Shutdown(SocketShutdown.Both);
                socket.Close();
                break;
        }

        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    private static async Task<FrameConnection> ConnectAsync(string path) => new(new NetworkStream(await ConnectRawAsync(path), ownsSocket: true), 1 << 24);

    private static async Task<Socket> ConnectRawAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }
}
