using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Options;
using SmartService.Inference;
using SmartService.Inference.Catalogue;
using SmartService.Inference.Hosting;
using SmartService.Server.Hosting;

namespace SmartService.Server.Commands;

/// <summary><c>model list | pull | check</c>: the models on this machine.</summary>
public static class ModelCommand
{
    /// <param name="hosts">Makes the host with which <c>check</c> measures; null: it says that nothing was measured.</param>
    public static Command Create(Func<LocalModelOptions, IModelHost>? hosts = null) => new("model", "Language models on this machine.") { List(), Pull(), Check(hosts) };

    private static Option<DirectoryInfo?> Folder() => new("--folder") { Description = "Another model folder than the setting Model:Folder." };

    private static Command List()
    {
        var folder = Folder();
        var json = new Option<bool>("--json") { Description = "One JSON object per line." };
        var available = new Option<bool>("--available") { Description = "What pull can get, instead of what is there." };
        var command = new Command("list", "What is in the model folder, and which model answers.") { folder, json, available };
        command.SetAction(parsed =>
        {
            var asJson = parsed.GetValue(json);
            if (parsed.GetValue(available))
            {
                foreach (var model in ModelCatalogue.All)
                {
                    Console.WriteLine(asJson ? JsonSerializer.Serialize(ModelJson.Of(model), ModelJson.Lines.AvailableModel) : ModelLines.Of(model));
                }

                return 0;
            }

            var options = Settings(parsed.GetValue(folder));
            var models = ModelFolder.Of(options);
            var entries = models.List();
            var used = Used(options, entries);
            foreach (var entry in entries)
            {
                var isUsed = used is not null && entry.Path == used;
                Console.WriteLine(asJson ? JsonSerializer.Serialize(ModelJson.Of(entry, isUsed), ModelJson.Lines.ListedModel) : ModelLines.Of(entry, models.Path, isUsed));
            }

            if (!asJson)
            {
                Console.WriteLine(Summary(options, models.Path, entries, used));
            }

            return 0;
        });
        return command;
    }

    private static string? Used(LocalModelOptions options, IReadOnlyList<ModelFolderEntry> entries) =>
        options.Path.Length > 0 ? Path.GetFullPath(options.Path)
        : options.UseNewest ? ModelFolder.Newest(entries)?.Path
        : null;

    private static string Summary(LocalModelOptions options, string folder, IReadOnlyList<ModelFolderEntry> entries, string? used)
    {
        var answering = (used, options.Path.Length) switch
        {
            (null, _) when !options.UseNewest => "Model:UseNewest is off and Model:Path empty: answers are taken literally from the knowledge base.",
            (null, _) => "No chat model that can be used by itself: answers are taken literally from the knowledge base. Get one with: model pull NAME (model list --available)",
            (_, 0) => $"Answers come from {Path.GetFileName(used)}, the newest chat model.",
            _ => $"Answers come from {used} (Model:Path).",
        };
        return $"{folder}: {entries.Count} {(entries.Count == 1 ? "model" : "models")}. {answering}";
    }

    private static Command Pull()
    {
        var name = new Argument<string>("name") { Description = "A model of the catalogue: model list --available." };
        var from = new Option<ModelSource>("--from") { Description = "modelscope or huggingface.", DefaultValueFactory = _ => ModelSource.ModelScope };
        var mirror = new Option<Uri?>("--mirror") { Description = "A server with the same paths as the source, for example https://hf-mirror.com.", CustomParser = result => Address(result) };
        var allowPrivate = new Option<bool>("--allow-private") { Description = "The mirror may be inside a private network." };
        var acceptChanged = new Option<bool>("--accept-changed") { Description = "Take a file that the publisher has replaced since this release, or a mirror's word for one whose hash the catalogue does not know." };
        var folder = Folder();
        var command = new Command("pull", "Download a model. The same command goes on where an earlier one was cut off.") { name, from, mirror, allowPrivate, acceptChanged, folder };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var model = ModelCatalogue.Find(parsed.GetRequiredValue(name))
                ?? throw new UsageException($"There is no model {parsed.GetValue(name)}. There are: {string.Join(", ", ModelCatalogue.All.Select(one => one.Name))}.");
            var pull = new ModelPull(new ModelPullOptions
            {
                Source = parsed.GetValue(from),
                Mirror = parsed.GetValue(mirror),
                AllowPrivate = parsed.GetValue(allowPrivate),
                AcceptChanged = parsed.GetValue(acceptChanged),
                Folder = ModelFolder.Of(Settings(parsed.GetValue(folder))).Path,
            });
            await Console.Error.WriteLineAsync($"{model.Name}: {model.Parameters} parameters, {model.Quantisation}, from {parsed.GetValue(from)}. Licence: {model.Licence}, {model.LicenceUrl}");
            var result = await WithSentencesAsync(() => PullScreen.RunAsync(progress => pull.RunAsync(model, progress, cancellationToken)));
            Console.WriteLine(result.Path);
            await Console.Error.WriteLineAsync(
                (result.Downloaded ? "Downloaded" : "It was there already") + (result.IsPinned ? ", and its SHA-256 is right." : "; its SHA-256 is the one that the source lists, the catalogue knows none or another."));
            return 0;
        });
        return command;
    }

    private static Uri? Address(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (Uri.TryCreate(result.Tokens.Count == 1 ? result.Tokens[0].Value : "", UriKind.Absolute, out var uri)
            && uri.UserInfo.Length == 0 && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)))
        {
            return uri;
        }

        result.AddError("--mirror must be an https address (http only on this machine).");
        return null;
    }

    private static Command Check(Func<LocalModelOptions, IModelHost>? hosts)
    {
        var file = new Argument<string>("file") { Description = "A GGUF file, of several shards the first; also a name in the model folder." };
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var quick = new Option<bool>("--no-speed") { Description = "Do not load the model." };
        var command = new Command("check", "Whether this machine can serve a model, and how fast.") { file, json, quick };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = Settings(null);
            var path = Resolve(parsed.GetRequiredValue(file), ModelFolder.Of(options).Path);
            var report = await ModelCheck.RunAsync(path, options, MachineMemory.Read(), parsed.GetValue(quick) ? null : hosts, cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(ModelJson.Of(report), ModelJson.Indented.CheckedModel));
            }
            else if (report.Model is null || report.Fit is null)
            {
                throw new UsageException(report.Problem ?? "");
            }
            else
            {
                Console.WriteLine(ModelCheckWords.Of(report));
            }

            return report.Problem is null ? 0 : 1;
        });
        return command;
    }

    private static string Resolve(string file, string folder) =>
        !File.Exists(file) && Path.GetFileName(file) == file && File.Exists(Path.Combine(folder, file)) ? Path.Combine(folder, file) : file;

    private static LocalModelOptions Settings(DirectoryInfo? folder)
    {
        var builder = SmartServiceHost.CreateCommandBuilder();
        builder.Services.AddOptions<LocalModelOptions>().Bind(builder.Configuration.GetSection("Model")).ValidateDataAnnotations();
        using var host = builder.Build();
        var options = host.Services.GetRequiredService<IOptions<LocalModelOptions>>().Value;
        options.Folder = folder?.FullName ?? options.Folder;
        return options;
    }

    private static async Task<T> WithSentencesAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (ModelPullException exception)
        {
            throw new UsageException(exception.Message, exception);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped. What was received is kept; the same command goes on from there.");
            throw;
        }
    }
}
