using Microsoft.Extensions.Logging.Abstractions;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>A server that is killed while its child runs: prints the child's process id and waits.</summary>
internal static class DoomedParent
{
    public const string Argument = "__doomed-parent";

    public static async Task<int> RunAsync()
    {
        await using var host = new ChildProcessModelHost(
            new LocalModelOptions(), new ModelSupervisionOptions(), TimeProvider.System, NullLogger<ChildProcessModelHost>.Instance);
        await host.StartAsync(CancellationToken.None);
        Console.WriteLine(host.ChildProcess);
        // Its engine hangs, so that nothing but the watch on the parent can end it.
        await foreach (var update in host.GenerateAsync(ScriptedModelHost.Request("count=5;at=2;do=stall"), CancellationToken.None))
        {
            Console.WriteLine(update.Text);
        }

        return 0;
    }
}
