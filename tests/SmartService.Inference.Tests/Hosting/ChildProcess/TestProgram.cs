using SmartService.Inference.Hosting.ChildProcess;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>The tests' own entry point: a model host's child where that is asked for, else what xunit would generate.</summary>
public static class TestProgram
{
    public static async Task<int> Main(string[] args)
    {
        if (ModelHostChild.IsRequested(args) && BadChild.Requested is { } kind)
        {
            return await BadChild.RunAsync(kind, args[1]);
        }

        if (await ModelHostChild.RunIfRequestedAsync(args, options => new ScriptedModelHost(options), CancellationToken.None) is { } exitCode)
        {
            return exitCode;
        }

        if (args is [DoomedParent.Argument])
        {
            return await DoomedParent.RunAsync();
        }

        return args.Any(argument => argument is "--server" or "--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(args);
    }
}
