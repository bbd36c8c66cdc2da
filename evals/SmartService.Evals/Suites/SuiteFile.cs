using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SmartService.Evals.Suites;

/// <summary>Reads <c>evals/suites/NAME/suite.json</c>, where a suite's defaults live.</summary>
public static class SuiteFile
{
    public const string Name = "suite.json";

    /// <exception cref="EvalException">The file is missing or wrong.</exception>
    public static T Read<T>(string folder, JsonTypeInfo<T> type) where T : class
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path))
        {
            throw new EvalException($"{path} is missing.");
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type) ?? throw new EvalException($"{path} is empty.");
        }
        catch (JsonException exception)
        {
            throw new EvalException($"{path} is wrong: {exception.Message}", exception);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    ReadCommentHandling = JsonCommentHandling.Skip,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Replay.ReplayDefaults))]
[JsonSerializable(typeof(Crash.CrashDefaults))]
[JsonSerializable(typeof(Shop.ShopDefaults))]
internal sealed partial class SuiteJson : JsonSerializerContext;
