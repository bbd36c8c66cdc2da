using SmartService.Evals.Suites;
using SmartService.Testing.Stores;

namespace SmartService.Evals.Tests.Suites;

public sealed class SuiteFileTests
{
    private readonly string _folder = TempFolder.Create();

    [Fact]
    public void Every_suite_has_a_description() => Assert.All(EvalSuites.All, suite => Assert.NotEmpty(suite.Description));

    [Fact]
    public void A_missing_file_is_named()
    {
        var exception = Assert.Throws<EvalException>(() => SuiteFile.Read(_folder, SuiteJson.Default.CrashDefaults));

        Assert.Contains(_folder, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"kils":3}""")]
    public void A_wrong_file_is_refused(string content)
    {
        File.WriteAllText(Path.Combine(_folder, SuiteFile.Name), content);

        Assert.Throws<EvalException>(() => SuiteFile.Read(_folder, SuiteJson.Default.CrashDefaults));
    }
}
