using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SmartService.Knowledge.Tests;

public sealed class KnowledgeOptionsTests
{
    [Theory]
    [InlineData("Candidates", "0")]
    [InlineData("FaqLikeness", "1.5")]
    [InlineData("PreparedPassages", "3")]
    [InlineData("LargestFileMb", "-1")]
    public void A_setting_out_of_range_is_named(string name, string value)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Read((name, value)));
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_are_valid_and_settings_are_read()
    {
        Assert.Equal(50, Read().Candidates);
        Assert.Equal(80, Read(("Candidates", "80")).Candidates);
    }

    private static KnowledgeOptions Read(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create($"Knowledge:{pair.Name}", (string?)pair.Value))).Build();
        using var services = new ServiceCollection().AddKnowledge(configuration).BuildServiceProvider();
        return services.GetRequiredService<IOptions<KnowledgeOptions>>().Value;
    }
}
