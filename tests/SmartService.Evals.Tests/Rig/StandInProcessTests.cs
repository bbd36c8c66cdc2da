using SmartService.Evals.Rig;

namespace SmartService.Evals.Tests.Rig;

public sealed class StandInProcessTests
{
    [Fact]
    public void Settings_are_taken_from_the_lines_before_ready_and_nothing_else()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        var ready = new TaskCompletionSource();
        string[] lines =
        [
            "info: Now listening on: http://127.0.0.1:1", "WeChat__CorpId=ww1", "WeChat__Kf__Secret=a=b==", "PATH=/evil", "WeChat__ is = nothing", "READY", "WeChat__Late=1",
        ];
        foreach (var line in lines)
        {
            StandInProcess.Read(line, environment, ready);
        }

        Assert.True(ready.Task.IsCompletedSuccessfully);
        Assert.Equal(new Dictionary<string, string> { ["WeChat__CorpId"] = "ww1", ["WeChat__Kf__Secret"] = "a=b==" }, environment);
    }
}
