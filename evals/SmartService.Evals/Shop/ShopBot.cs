using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartService.Bot;
using SmartService.Bot.Plugins;
using SmartService.Data;
using SmartService.Evals.Suites;
using SmartService.Inference.Hosting;
using SmartService.Ingest;
using SmartService.Knowledge;
using SmartService.Messages;
using SmartService.Plugins.Orders;
using SmartService.Server.Hosting;
using SmartService.Turns;

namespace SmartService.Evals.Shop;

/// <summary>The bot in this process, from step 4 on: what customers get, without channel and store of conversations.</summary>
internal sealed class ShopBot : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private ShopBot(ServiceProvider services) => _services = services;

    /// <summary>Builds the bot over a fresh store in <paramref name="folder"/> and imports the documents.</summary>
    /// <param name="folder">For the store.</param>
    /// <param name="documents">What to import.</param>
    /// <param name="options">The model, a GGUF file or the address of an OpenAI-compatible server, optionally followed by <c>#NAME</c>; and settings.</param>
    /// <param name="cancellationToken">Stops the import.</param>
    /// <exception cref="EvalException">The model cannot be used, or a document cannot be imported.</exception>
    public static async Task<ShopBot> CreateAsync(string folder, string documents, RunOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        File.Delete(Path.Combine(folder, DataServices.FileName));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Settings(folder, options)).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        services.AddData(configuration);
        services.AddKnowledge(configuration);
        services.AddIngest();
        services.AddAnswers(configuration);
        services.AddModels(configuration);
        services.AddPlugin<OrdersPlugin>();

        // Tool calls are written down in the bot's tables.
        services.AddSingleton(new MigrationSet("bot", typeof(TurnHandler).Assembly));
        var bot = new ShopBot(services.BuildServiceProvider());
        await bot._services.GetRequiredService<IDatabase>().MigrateAsync(bot._services.GetServices<MigrationSet>(), cancellationToken);
        var report = await bot._services.GetRequiredService<KnowledgeBase>().ImportAsync([documents], null, cancellationToken);
        try
        {
            await bot._services.WarmModelAsync(cancellationToken);
        }
        catch (ModelUnavailableException exception)
        {
            throw new EvalException(exception.Message, exception);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The answers will show whether it can be used; only the first is slower.
            await Console.Error.WriteLineAsync($"warning: warming up the model failed with {exception.GetType().Name}.");
        }

        return report is { Failed: 0, Passages: > 0 } ? bot : throw new EvalException($"{report.Failed} files of {documents} could not be imported, {report.Passages} passages could.");
    }

    /// <summary>A new conversation with one question.</summary>
    public async Task<TurnResult> AskAsync(ShopQuestion question, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var turn = _services.CreateAsyncScope();
        var message = new InboundMessage
        {
            Channel = "eval",
            Account = "shop",
            Customer = question.Id,
            MessageId = question.Id,
            SentAt = asOf,
            Origin = MessageOrigin.Customer,
            Body = new TextBody(question.Question),
        };
        return await turn.ServiceProvider.GetRequiredService<ITurnHandler>().HandleAsync(
            new TurnContext
            {
                ConversationId = message.ConversationId,
                Channel = message.Channel,
                Account = message.Account,
                Customer = message.Customer,
                Owner = ConversationOwner.Bot,
                Seq = 1,
                Messages = [message],
                History = [],
                State = new DialogueState { Topic = question.Topic },
                Now = asOf,
            },
            cancellationToken);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static Dictionary<string, string?> Settings(string folder, RunOptions options)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Data:Directory"] = folder,
            // Measured is what the command names, not what happens to lie in a folder.
            ["Model:UseNewest"] = "false",
        };
        foreach (var (name, value) in options.ServerSettings())
        {
            settings[name.Replace("__", ":", StringComparison.Ordinal)] = value;
        }

        if (options.Model is not { } model)
        {
            return settings;
        }

        if (Uri.TryCreate(model, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            settings["Model:Endpoint"] = address.GetLeftPart(UriPartial.Query);
            settings["Model:Name"] = address.Fragment is { Length: > 1 } name ? Uri.UnescapeDataString(name[1..]) : "default";
        }
        else if (File.Exists(model))
        {
            settings["Model:Path"] = Path.GetFullPath(model);
        }
        else
        {
            throw new EvalException("--model wants a GGUF file that exists, or the address of an OpenAI-compatible server, http://…/v1#NAME.");
        }

        return settings;
    }
}
