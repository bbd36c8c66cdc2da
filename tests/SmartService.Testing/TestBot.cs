using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SmartService.Bot;
using SmartService.Knowledge;

namespace SmartService.Testing;

/// <summary>Puts together the deciding half of the bot, with doubles where the outside would be.</summary>
public static class TestBot
{
    /// <summary>When tests happen: a Wednesday at ten.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 11, 25, 10, 0, 0, TimeSpan.FromHours(8));

    /// <summary>The services of <c>AddAnswers</c> over a hand-written knowledge base, without a model unless given.</summary>
    public static IServiceCollection Services(
        Action<IServiceCollection>? add = null, IRetriever? knowledge = null, IChatClient? model = null, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(new FakeTimeProvider(Start));
        services.AddSingleton(knowledge ?? new FakeRetriever());
        if (model is not null)
        {
            services.AddSingleton(model);
        }

        services.AddAnswers(new ConfigurationBuilder().AddInMemoryCollection(settings ?? new Dictionary<string, string?>(StringComparer.Ordinal)).Build());
        add?.Invoke(services);
        return services;
    }

    /// <summary>A conversation with such a bot.</summary>
    public static RecordingConversation Conversation(
        IRetriever? knowledge = null, Action<IServiceCollection>? add = null, IChatClient? model = null, IReadOnlyDictionary<string, string?>? settings = null) =>
        new(Services(add, knowledge, model, settings).BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true }), ownsServices: true);
}
