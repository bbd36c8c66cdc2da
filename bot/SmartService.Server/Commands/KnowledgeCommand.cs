using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using SmartService.Data;
using SmartService.Ingest;
using SmartService.Knowledge;
using SmartService.Knowledge.Documents;
using SmartService.Server.Hosting;
using Spectre.Console;

namespace SmartService.Server.Commands;

/// <summary><c>knowledge import | list | search | delete</c>: what the bot may say.</summary>
public static class KnowledgeCommand
{
    public static Command Create() => new("knowledge", "The knowledge base.") { Import(), List(), Search(), Delete() };

    private static Command Import()
    {
        var paths = new Argument<string[]>("path") { Description = "Files and folders.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("import", "Read files in. Unchanged files cost nothing, changed ones replace their earlier version.") { paths };
        command.SetAction((parsed, cancellationToken) => WithKnowledgeAsync(
            async knowledge =>
            {
                var report = await ImportWithBarAsync(knowledge, parsed.GetRequiredValue(paths), cancellationToken);
                foreach (var file in report.Files)
                {
                    Console.WriteLine($"{file.Status,-9} {file.Path}  {file.Passages} passages, {file.Facts} facts{(file.Error is null ? "" : "  " + file.Error)}");
                    foreach (var warning in file.Warnings)
                    {
                        Console.WriteLine($"          ! {warning}");
                    }
                }

                return report.Failed == 0 ? 0 : 1;
            },
            cancellationToken));
        return command;
    }

    private static async Task<ImportReport> ImportWithBarAsync(KnowledgeBase knowledge, string[] paths, CancellationToken cancellationToken)
    {
        var screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await screen.Progress().StartAsync(async progress =>
        {
            var task = progress.AddTask("import");
            return await knowledge.ImportAsync(
                paths,
                new Progress<ImportProgress>(step =>
                {
                    task.MaxValue = Math.Max(1, step.Total);
                    task.Value = step.Done + step.Fraction;
                }),
                cancellationToken);
        });
    }

    private static Command List()
    {
        var command = new Command("list", "What is there.");
        command.SetAction((_, cancellationToken) => WithKnowledgeAsync(
            async knowledge =>
            {
                foreach (var document in await knowledge.ListAsync(cancellationToken))
                {
                    Console.WriteLine($"{document.Id}  {document.Title}  {document.Passages} passages, {document.Facts} facts{Validity(document)}");
                }

                return 0;
            },
            cancellationToken));
        return command;
    }

    private static string Validity(KnowledgeDocument document) =>
        (document.ValidFrom, document.ValidTo) is (null, null) ? "" : $"  valid {Day(document.ValidFrom)} to {Day(document.ValidTo)}";

    private static string Day(long? milliseconds) =>
        milliseconds is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "…";

    private static Command Search()
    {
        var text = new Argument<string>("text") { Description = "A question as a customer would ask it." };
        var top = new Option<int>("--top") { Description = "How many at most.", DefaultValueFactory = _ => 5 };
        top.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 100)
            {
                result.AddError("--top must be between 1 and 100.");
            }
        });
        var json = new Option<bool>("--json") { Description = "One JSON object per line." };
        var command = new Command("search", "What the bot would find.") { text, top, json };
        command.SetAction((parsed, cancellationToken) => WithKnowledgeAsync(
            async knowledge =>
            {
                foreach (var hit in await knowledge.SearchAsync(parsed.GetRequiredValue(text), parsed.GetValue(top), cancellationToken))
                {
                    Console.WriteLine(parsed.GetValue(json) ? ToJson(hit) : $"{hit.Score.ToString("0.00", CultureInfo.InvariantCulture)}  {hit.Source}\n      {hit.Text.ReplaceLineEndings("\n      ")}");
                }

                return 0;
            },
            cancellationToken));
        return command;
    }

    private static string ToJson(SearchHit hit) => JsonSerializer.Serialize(
        new { id = hit.Id, score = Math.Round(hit.Score, 4), source = hit.Source, text = hit.Text },
        SearchJson);

    private static readonly JsonSerializerOptions SearchJson = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static Command Delete()
    {
        var id = new Argument<string>("id") { Description = "Id of a document, from list." };
        var command = new Command("delete", "Remove a document with everything that was made from it.") { id };
        command.SetAction((parsed, cancellationToken) => WithKnowledgeAsync(
            async knowledge => await knowledge.DeleteAsync(parsed.GetRequiredValue(id), cancellationToken)
                ? 0
                : throw new UsageException($"There is no document {parsed.GetValue(id)}."),
            cancellationToken));
        return command;
    }

    private static async Task<int> WithKnowledgeAsync(Func<KnowledgeBase, Task<int>> action, CancellationToken cancellationToken)
    {
        var builder = SmartServiceHost.CreateCommandBuilder();
        builder.Services.AddData(builder.Configuration);
        builder.Services.AddKnowledge(builder.Configuration);
        builder.Services.AddIngest();
        using var host = builder.Build();
        host.Services.ValidateSettings();
        await host.Services.MigrateAsync(cancellationToken);
        return await action(host.Services.GetRequiredService<KnowledgeBase>());
    }
}
