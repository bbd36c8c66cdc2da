using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartService.Evals.Rig;

/// <summary>Plays the customers at the stand-in and reads what it saw.</summary>
internal sealed class StandInControl(Uri root) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = root, Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>A customer writes a text; returns the platform's id of the message.</summary>
    public async Task<string> WriteAsync(string account, string customer, string text, CancellationToken cancellationToken)
    {
        var message = new WireMessage(customer, account, "text", new WireText(text));
        using var response = await _http.PostAsJsonAsync("messages", [message], RigJson.Default.WireMessageArray, cancellationToken);
        response.EnsureSuccessStatusCode();
        var answer = await response.Content.ReadFromJsonAsync(RigJson.Default.WireAccepted, cancellationToken);
        return answer!.MsgIds.Single();
    }

    public async Task<StandInReport> ReportAsync(CancellationToken cancellationToken) =>
        (await _http.GetFromJsonAsync("report", RigJson.Default.StandInReport, cancellationToken))!;

    /// <summary>What happened after entry number <paramref name="after"/>.</summary>
    public async Task<IReadOnlyList<LedgerEntry>> LedgerAsync(long after, CancellationToken cancellationToken)
    {
        await using var stream = await _http.GetStreamAsync(new Uri("ledger?after=" + after.ToString(CultureInfo.InvariantCulture), UriKind.Relative), cancellationToken);
        return (await LedgerEntry.ReadAsync(stream, cancellationToken)).Where(entry => entry.Number > after).ToList();
    }

    public void Dispose() => _http.Dispose();
}

internal sealed record WireMessage(
    [property: JsonPropertyName("external_userid")] string Customer,
    [property: JsonPropertyName("open_kfid")] string Account,
    [property: JsonPropertyName("msgtype")] string Type,
    [property: JsonPropertyName("text")] WireText Text);

internal sealed record WireText([property: JsonPropertyName("content")] string Content);

internal sealed record WireAccepted([property: JsonPropertyName("msgids")] IReadOnlyList<string> MsgIds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WireMessage[]))]
[JsonSerializable(typeof(WireAccepted))]
[JsonSerializable(typeof(StandInReport))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class RigJson : JsonSerializerContext;
