using System.Text.Json;

namespace SmartService.StandIn.Platform;

/// <summary>Why the platform says no. Always HTTP 200 with this code.</summary>
internal sealed record Refusal(int Code, string Reason);

/// <summary>What an API call answers: fields of a JSON object, a refusal, or a file.</summary>
internal sealed class Answer
{
    private Answer()
    {
    }

    public Refusal? Refusal { get; private init; }

    public Action<Utf8JsonWriter>? Fields { get; private init; }

    public Medium? File { get; private init; }

    public static Answer Ok(Action<Utf8JsonWriter>? fields = null) => new() { Fields = fields };

    public static Answer OfFile(Medium file) => new() { File = file };

    public static Answer Refused(Refusal refusal) => new() { Refusal = refusal };

    public static Answer Refused(int code, string reason) => Refused(new Refusal(code, reason));
}
