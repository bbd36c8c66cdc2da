using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartService.Evals.Results;

/// <summary>Reads and writes <c>results.json</c>.</summary>
public static class ResultsFile
{
    public const string Name = "results.json";

    public static async Task WriteAsync(string folder, RunResults results, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await using var file = File.Create(Path.Combine(folder, Name));
        await JsonSerializer.SerializeAsync(file, results, ResultsJson.Stored.RunResults, cancellationToken);
    }

    /// <summary>Reads a results file, or the one in a folder.</summary>
    /// <exception cref="EvalException">There is none, or it is none.</exception>
    public static async Task<RunResults> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var name = Directory.Exists(path) ? Path.Combine(path, Name) : path;
        if (!File.Exists(name))
        {
            throw new EvalException($"There is no {Name} at {path}.");
        }

        try
        {
            await using var file = File.OpenRead(name);
            return await JsonSerializer.DeserializeAsync(file, ResultsJson.Stored.RunResults, cancellationToken)
                ?? throw new EvalException($"{name} is empty.");
        }
        catch (JsonException exception)
        {
            throw new EvalException($"{name} is no results file: {exception.Message}", exception);
        }
    }
}

[JsonSerializable(typeof(RunResults))]
internal sealed partial class ResultsJson : JsonSerializerContext
{
    public static ResultsJson Stored { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    });
}
