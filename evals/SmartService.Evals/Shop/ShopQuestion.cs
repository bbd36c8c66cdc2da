using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartService.Evals.Shop;

/// <summary>One line of <c>evals/suites/shop/*.jsonl</c>; its README says what the fields mean.</summary>
public sealed record ShopQuestion(string Id, string Question, bool Answerable, string Kind, IReadOnlyList<string> Expect)
{
    public string? Topic { get; init; }

    public string? Source { get; init; }

    /// <exception cref="EvalException">A line is none.</exception>
    public static async Task<IReadOnlyList<ShopQuestion>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var questions = new List<ShopQuestion>();
        var number = 0;
        await foreach (var line in File.ReadLinesAsync(path, cancellationToken))
        {
            number++;
            try
            {
                questions.Add(JsonSerializer.Deserialize(line, ShopJson.Default.ShopQuestion) ?? throw new JsonException("null"));
            }
            catch (JsonException exception)
            {
                throw new EvalException($"{path}, line {number}: {exception.Message}", exception);
            }
        }

        return questions;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ShopQuestion))]
internal sealed partial class ShopJson : JsonSerializerContext;
