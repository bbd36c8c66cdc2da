using SmartService.Inference.Chat;
using SmartService.Inference.Gguf;

namespace SmartService.Inference.Catalogue;

/// <summary>The folder that <c>model pull</c> fills and that <c>Model:Path</c> falls back to.</summary>
public sealed class ModelFolder(string path)
{
    // A person may sort models into folders; a link to the root of a disk must not make the start slow.
    private static readonly EnumerationOptions Search = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 2,
        IgnoreInaccessible = true,
        MatchCasing = MatchCasing.CaseInsensitive,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
    };

    /// <summary><c>models</c> below the folder where <c>Data:Directory</c> is by default.</summary>
    public static string DefaultPath => System.IO.Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "SmartService", "models");

    /// <summary>The folder of the settings: <see cref="LocalModelOptions.Folder"/>, else <see cref="DefaultPath"/>.</summary>
    public static ModelFolder Of(LocalModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new ModelFolder(string.IsNullOrWhiteSpace(options.Folder) ? DefaultPath : options.Folder);
    }

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Every model in the folder, newest first, broken ones with the reason. A folder that does not exist is empty.</summary>
    public IReadOnlyList<ModelFolderEntry> List()
    {
        if (!Directory.Exists(Path))
        {
            return [];
        }

        return
        [
            .. Directory.EnumerateFiles(Path, "*.gguf", Search)
                .Where(file => !ModelShards.IsLater(System.IO.Path.GetFileName(file)))
                .Select(Inspect)
                .OrderByDescending(entry => entry.Written)
                .ThenBy(entry => entry.Path, StringComparer.Ordinal),
        ];
    }

    /// <summary>
    /// The rule for an empty <c>Model:Path</c>: the newest whole model of that kind, by the time that its newest shard was written;
    /// of equally new ones the first by name. A chat model only if we know how to speak to it. Null where there is none.
    /// </summary>
    public ModelFile? Newest(ModelKind kind = ModelKind.Chat) => Newest(List(), kind)?.Model;

    /// <summary>The entry that <see cref="Newest(ModelKind)"/> means, of what <see cref="List"/> returned.</summary>
    public static ModelFolderEntry? Newest(IReadOnlyList<ModelFolderEntry> entries, ModelKind kind = ModelKind.Chat) =>
        entries.FirstOrDefault(entry => entry.Model?.Kind == kind && entry.Note is null);

    private static ModelFolderEntry Inspect(string file)
    {
        try
        {
            var model = ModelFile.Inspect(file);
            return model.Files.FirstOrDefault(IsUnfinished) is { } unfinished
                ? new ModelFolderEntry(file, null, $"{System.IO.Path.GetFileName(unfinished)} is still being downloaded.", model.Written)
                : new ModelFolderEntry(file, model, null, model.Written) { Note = Note(model) };
        }
        catch (ModelFileException exception)
        {
            // aria2 gives a file its full length at once, so what is missing may look like anything.
            return IsUnfinished(file)
                ? new ModelFolderEntry(file, null, $"{System.IO.Path.GetFileName(file)} is still being downloaded.", new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero))
                : Broken(file, exception);
        }
    }

    private static ModelFolderEntry Broken(string file, ModelFileException exception) =>
        new(file, null, exception.Message, new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero));

    // What aria2 and browsers keep beside a file that they have not finished.
    private static bool IsUnfinished(string file) => File.Exists(file + ".aria2") || File.Exists(file + ".part");

    private static string? Note(ModelFile model) =>
        model.Kind != ModelKind.Chat ? null
        : string.IsNullOrWhiteSpace(model.Template) ? "no chat template: probably not trained for conversations; only used if Model:Path names it"
        : ChatFamilyGuess.Of(model.Template, model.Architecture) is null ? "chat format not known; only used if Model:Path names it and Model:Chat:Family says its format"
        : null;
}

/// <summary>A file of the model folder.</summary>
/// <param name="Path">The file, of several shards the first.</param>
/// <param name="Model">What it is; null where it cannot be used.</param>
/// <param name="Problem">Why it cannot be used, in one sentence; null where it can.</param>
/// <param name="Written">When it was written.</param>
public sealed record ModelFolderEntry(string Path, ModelFile? Model, string? Problem, DateTimeOffset Written)
{
    /// <summary>Why a whole chat model is not taken by itself, for people; null: it is, if it is the newest.</summary>
    public string? Note { get; init; }
}
