using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using SmartService.Bot.Answers.Checking;
using SmartService.Bot.Texts;
using SmartService.Turns;

namespace SmartService.Bot.Flows;

/// <summary>
/// The arguments that a model chose for a change, made fit to be shown: known parameters under their descriptions, short,
/// and with no link, phone or number that nobody said in the conversation. A poisoned document could otherwise speak to
/// customers through a proposal.
/// </summary>
internal sealed class ProposedArguments
{
    private const int LongestValue = 100;

    private ProposedArguments(IReadOnlyDictionary<string, string> values, IReadOnlyList<string> lines) => (Values, Lines) = (values, lines);

    /// <summary>What the tool gets.</summary>
    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>What the customer reads.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The arguments, or null when one of them may not be shown.</summary>
    public static ProposedArguments? Of(TurnContext turn, AIFunction function, IReadOnlyDictionary<string, object?> arguments)
    {
        var conversation = string.Join('\n', turn.History.Select(entry => entry.Text).Append(Answers.Utterance.Of(turn).Text));
        var claims = Claims.Of(conversation);
        var letters = PlainText.Bare(conversation);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var lines = new List<string>();
        foreach (var (name, description) in Parameters(function))
        {
            if (name == "idempotencyKey" || !arguments.TryGetValue(name, out var given) || Text(given) is not { Length: > 0 } value)
            {
                continue;
            }

            if (value.Length > LongestValue || !Claims.Of(value).All(claim => IsSaid(claim, claims, letters)))
            {
                return null;
            }

            values[name] = value;
            lines.Add($"· {description}：{value}");
        }

        return new ProposedArguments(values, lines);
    }

    // Customers write 「my 2026-1018-001」 for MY20261018001, and 13800006027 for its tail. A link must be there as it is.
    private static bool IsSaid(Claim claim, IReadOnlyList<Claim> claims, string letters) => claim.Kind switch
    {
        ClaimKind.Word => true,
        ClaimKind.Link => claim.IsIn(claims),
        _ => claim.IsIn(claims) || letters.Contains(PlainText.Bare(claim.Value), StringComparison.Ordinal),
    };

    // One line each: a value must not look like further arguments or like the bot's own words.
    private static string Text(object? value) => string.Join(' ', (value switch
    {
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        JsonElement element => element.GetRawText(),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "",
    }).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Parameters in their order, named as people would: by the first words of their description.</summary>
    private static IEnumerable<(string Name, string Description)> Parameters(AIFunction function)
    {
        if (!function.JsonSchema.TryGetProperty("properties", out var properties))
        {
            yield break;
        }

        foreach (var property in properties.EnumerateObject())
        {
            var description = property.Value.ValueKind == JsonValueKind.Object && property.Value.TryGetProperty("description", out var words) ? words.GetString() : null;
            yield return (property.Name, string.IsNullOrWhiteSpace(description) ? property.Name : description.Split(['，', ',', '。', '（', '('])[0].Trim());
        }
    }
}
