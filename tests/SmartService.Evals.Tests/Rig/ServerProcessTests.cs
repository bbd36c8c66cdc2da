using SmartService.Evals.Rig;
using SmartService.Testing.Stores;

namespace SmartService.Evals.Tests.Rig;

public sealed class ServerProcessTests
{
    private readonly string _folder = TempFolder.Create();

    [Fact]
    public async Task A_server_that_ends_at_the_start_is_reported_with_what_it_said()
    {
        await using var server = Server("echo 'Data:Directory is wrong.'; exit 7");
        server.Start();

        var exception = await Assert.ThrowsAsync<EvalException>(() => server.WaitReadyAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        Assert.Contains("code 7", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Data:Directory is wrong.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_never_gets_ready_is_reported()
    {
        await using var server = Server("exec sleep 60");
        server.Start();

        var exception = await Assert.ThrowsAsync<EvalException>(() => server.WaitReadyAsync(TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken));

        Assert.Contains("not ready", exception.Message, StringComparison.Ordinal);
        Assert.True(server.Running);
    }

    [Fact]
    public async Task A_killed_server_can_be_started_again_on_its_port()
    {
        await using var server = Server("echo \"$@\" >> " + Path.Combine(_folder, "starts") + "; exec sleep 60");
        for (var start = 1; start <= 2; start++)
        {
            server.Start();
            while (!File.Exists(Path.Combine(_folder, "starts")) || (await File.ReadAllLinesAsync(Path.Combine(_folder, "starts"))).Length < start)
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }

            await server.KillAsync();
            Assert.False(server.Running);
        }

        Assert.Equal([$"serve --port {server.Port}", $"serve --port {server.Port}"], await File.ReadAllLinesAsync(Path.Combine(_folder, "starts"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Stopping_what_does_not_run_is_fine()
    {
        await using var server = Server("exit 0");

        Assert.True(await server.StopAsync());
    }

    private ServerProcess Server(string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs /bin/sh.");
        var path = Path.Combine(_folder, "server");
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return new ServerProcess(path, new Dictionary<string, string>(), Path.Combine(_folder, "server.log"));
    }
}
