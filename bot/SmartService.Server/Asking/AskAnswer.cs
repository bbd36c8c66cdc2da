using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Server.Asking;

/// <summary>The answer to one question, as <c>ask --json</c> prints it (contract.md).</summary>
public sealed record AskAnswer(TurnOutcome Outcome, IReadOnlyList<ReplyPart> Messages, IReadOnlyList<Citation> Citations, Intent Intent, TurnTimings Timings)
{
    /// <summary>One JSON object without line breaks; with <paramref name="id"/> first when given.</summary>
    public string ToJson(string? id = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (id is not null)
            {
                json.WriteString("id", id);
            }

            json.WriteString("outcome", OutcomeName(Outcome));
            json.WriteStartArray("messages");
            foreach (var message in Messages)
            {
                WriteMessage(json, message);
            }

            json.WriteEndArray();
            json.WriteStartArray("citations");
            foreach (var citation in Citations)
            {
                json.WriteStartObject();
                json.WriteString("id", citation.Id);
                json.WriteString("source", citation.Source);
                json.WriteString("quote", citation.Quote);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("intent");
            json.WriteString("name", Intent.Name);
            json.WriteNumber("confidence", Math.Round(Intent.Confidence, 4));
            json.WriteEndObject();
            json.WriteStartObject("timings");
            json.WriteNumber("total_ms", Math.Round(Timings.TotalMs, 2));
            json.WriteNumber("retrieve_ms", Math.Round(Timings.RetrieveMs, 2));
            json.WriteNumber("generate_ms", Math.Round(Timings.GenerateMs, 2));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>For a person at a terminal.</summary>
    public string ToText() => Messages.Count == 0 ? $"({OutcomeName(Outcome)})" : string.Join(Environment.NewLine, Messages.Select(TextOf));

    private static void WriteMessage(Utf8JsonWriter json, ReplyPart message)
    {
        json.WriteStartObject();
        json.WriteString("type", message switch { TextPart => "text", MenuPart => "menu", LinkPart => "link", _ => "media" });
        json.WriteString("text", TextOf(message));
        if (message is MenuPart menu)
        {
            json.WriteStartArray("items");
            foreach (var item in menu.Items)
            {
                json.WriteStartObject();
                json.WriteString("id", item.Id);
                json.WriteString("text", item.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static string TextOf(ReplyPart message) => message switch
    {
        TextPart text => text.Text,
        MenuPart menu => string.Join('\n', (string?[])[menu.Head, .. menu.Items.Select(item => "· " + item.Text), menu.Tail]).TrimEnd('\n'),
        LinkPart link => $"{link.Title}\n{link.Description}\n{link.Url}",
        MediaPart media => $"[{media.Kind}]",
        _ => "",
    };

    private static string OutcomeName(TurnOutcome outcome) => outcome switch
    {
        TurnOutcome.HandedOff => "handed_off",
        TurnOutcome.Declined => "declined",
        TurnOutcome.Failed => "failed",
        // A turn without a word is not a failure; the contract knows four outcomes.
        _ => "answered",
    };
}
