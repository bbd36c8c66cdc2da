using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using SmartService.Channels.WeChat;
using SmartService.Channels.WeChat.Kf;
using SmartService.Data;
using SmartService.Inference;
using SmartService.Inference.Hosting;
using SmartService.Knowledge;
using SmartService.Server.Hosting;

namespace SmartService.Server.Diagnosis;

/// <summary>Checks what can be checked without a customer, each check on its own, and says in words what is wrong.</summary>
public static class Doctor
{
    /// <summary>Prints one line per check; 0 when nothing is wrong, else 1.</summary>
    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var builder = SmartServiceHost.CreateCommandBuilder();
        builder.AddBot();
        builder.Services.AddWeChat(builder.Configuration);
        using var host = builder.Build();
        var services = host.Services;
        var sound = true;

        async Task CheckAsync(string name, Func<Task<string>> check)
        {
            var (good, text) = await OutcomeAsync(check, cancellationToken);
            sound &= good;
            Console.WriteLine($"{(good ? "✔" : "✘")} {name,-10} {text}");
        }

        await CheckAsync("settings", () => Settings(services));
        await CheckAsync("runtime", Runtime);
        await CheckAsync("store", () => StoreAsync(services, cancellationToken));
        await CheckAsync("knowledge", () => KnowledgeAsync(services, cancellationToken));
        await CheckAsync("model", () => ModelAsync(services, cancellationToken));
        await CheckAsync("endpoint", () => EndpointAsync(services, cancellationToken));
        await CheckAsync("WeChat kf", () => KfAsync(services, cancellationToken));
        return sound ? 0 : 1;
    }

    private static async Task<(bool Good, string Text)> OutcomeAsync(Func<Task<string>> check, CancellationToken cancellationToken)
    {
        try
        {
            return (true, await check());
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, Failures.Sentence(exception) ?? exception.Message);
        }
    }

    private static Task<string> Settings(IServiceProvider services)
    {
        services.ValidateSettings();
        return Task.FromResult("valid");
    }

    private static Task<string> Runtime() => Task.FromResult(
        $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1 << 30)} GiB");

    private static async Task<string> StoreAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var database = services.GetRequiredService<IDatabase>();
        var clock = Stopwatch.StartNew();
        await services.MigrateAsync(cancellationToken);
        return $"{database.Dialect.Name}, writable, migrated in {clock.ElapsedMilliseconds} ms";
    }

    private static async Task<string> KnowledgeAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var documents = await services.GetRequiredService<KnowledgeBase>().ListAsync(cancellationToken);
        return documents.Count == 0
            ? "empty: the bot will decline every question. Fill it with: knowledge import PATH"
            : $"{documents.Count} documents";
    }

    /// <summary>The model on this machine: what runs it, or one sentence about what is missing for it.</summary>
    private static async Task<string> ModelAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetService<IModelHost>() is null)
        {
            return services.GetService<IChatClient>() is null ? "none: answers are taken literally from the knowledge base" : "none on this machine";
        }

        var clock = Stopwatch.StartNew();
        var info = await services.WarmModelAsync(cancellationToken) ?? throw new UnreachableException();
        var (loaded, options) = (clock.Elapsed, services.GetRequiredService<IOptions<LocalModelOptions>>().Value);
        var parts = new List<string> { info.Backend };
        if (info.Chat is { } chat)
        {
            parts.Add($"{chat.Name} from {options.Path}, {chat.ContextTokens} tokens of context, ready in {loaded.TotalMilliseconds:0} ms");
            clock.Restart();
            await services.GetRequiredKeyedService<IChatClient>(ModelClients.Local).GetResponseAsync("你好", new ChatOptions { MaxOutputTokens = 1 }, cancellationToken);
            parts.Add($"answers in {clock.ElapsedMilliseconds} ms");
        }

        parts.AddRange(new[] { info.Embedding is { } embedding ? $"vectors: {embedding.Name}" : null, info.Reranker is { } reranker ? $"reranker: {reranker}" : null }
            .OfType<string>().Select(static part => part + ", for programs; the knowledge search does not use it yet"));
        return string.Join("; ", parts);
    }

    private static async Task<string> EndpointAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetKeyedService<IChatClient>(ModelClients.Endpoint) is not { } client)
        {
            return "off: no Model:Endpoint";
        }

        var clock = Stopwatch.StartNew();
        await client.GetResponseAsync("你好", new ChatOptions { MaxOutputTokens = 1 }, cancellationToken);
        return $"answers in {clock.ElapsedMilliseconds} ms";
    }

    private static async Task<string> KfAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetService<KfProbe>() is not { } probe)
        {
            return "off: no settings under WeChat:Kf";
        }

        var diagnosis = await probe.CheckAsync(cancellationToken);
        return diagnosis.Problems.Count == 0
            ? $"{diagnosis.Accounts.Count} accounts"
            : throw new UsageException(string.Join(' ', diagnosis.Problems));
    }
}
