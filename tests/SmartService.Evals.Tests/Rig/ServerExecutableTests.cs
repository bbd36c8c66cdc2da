using SmartService.Evals.Rig;
using SmartService.Testing.Stores;

namespace SmartService.Evals.Tests.Rig;

public sealed class ServerExecutableTests
{
    [Fact]
    public void A_given_server_must_exist() => Assert.Throws<EvalException>(() => ServerExecutable.Find("/nowhere/SmartService.Server"));

    [Fact]
    public void A_given_server_is_taken_as_it_is()
    {
        var path = Path.Combine(TempFolder.Create(), "server");
        File.WriteAllText(path, "");

        Assert.Equal(path, ServerExecutable.Find(path));
    }
}
