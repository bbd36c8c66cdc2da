namespace SmartService.Inference.Tests.Native;

/// <summary>libgomp itself says what it has read: OMP_DISPLAY_ENV makes it print its settings when it loads.</summary>
public sealed class OpenMpTests
{
    private readonly NativeRig _rig = new();

    [Fact]
    public async Task Its_workers_sleep_while_they_wait()
    {
        Assert.True((await _rig.AskAsync(environment: [("OMP_DISPLAY_ENV", "TRUE")])).Outcome.IsAvailable);
        Assert.Contains("OMP_WAIT_POLICY = 'PASSIVE'", _rig.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_operator_has_set_stays()
    {
        Assert.True((await _rig.AskAsync(environment: [("OMP_DISPLAY_ENV", "TRUE"), ("OMP_WAIT_POLICY", "active")])).Outcome.IsAvailable);
        Assert.Contains("OMP_WAIT_POLICY = 'ACTIVE'", _rig.Errors, StringComparison.Ordinal);
    }
}
