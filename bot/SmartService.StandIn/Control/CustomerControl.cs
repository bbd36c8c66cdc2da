using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SmartService.StandIn.Platform;

namespace SmartService.StandIn.Control;

/// <summary>What customers and people in the platform's own client do, by <c>control/</c>.</summary>
internal sealed class CustomerControl(KfPlatform platform, MediaStore media, PlatformClock clock)
{
    public async Task MessageAsync(HttpContext http)
    {
        var body = await http.ReadJsonAsync();
        var msgId = Receive(body, Customer(http));
        await http.Response.WriteAsync(json => json.WriteString("msgid", msgId));
    }

    public async Task MessagesAsync(HttpContext http)
    {
        var body = await http.ReadJsonAsync();
        if (body.ValueKind != JsonValueKind.Array)
        {
            throw new ControlException("The body must be an array of messages.");
        }

        // All or nothing: check before the first is accepted.
        foreach (var message in body.EnumerateArray())
        {
            ControlAnswers.CustomerId(message.Text("external_userid"));
            _ = (Account(message), message.Message());
        }

        var msgIds = body.EnumerateArray().Select(message => Receive(message, message.Text("external_userid")!)).ToList();
        await http.Response.WriteAsync(json =>
        {
            json.WriteNumber("accepted", msgIds.Count);
            json.WriteStartArray("msgids");
            msgIds.ForEach(json.WriteStringValue);
            json.WriteEndArray();
        });
    }

    public async Task EnterAsync(HttpContext http)
    {
        var body = await http.ReadJsonAsync();
        var code = platform.Enter(Account(body), Customer(http), body.Text("scene"), body.Text("scene_param"));
        await http.Response.WriteAsync(json => json.WriteString("welcome_code", code));
    }

    public async Task RecallAsync(HttpContext http)
    {
        var body = await http.ReadJsonAsync();
        if (!platform.Recall(Account(body), Customer(http), body.Text("msgid") ?? ""))
        {
            throw new ControlException("This customer sent no message with that msgid.");
        }

        await http.Response.WriteAsync(_ => { });
    }

    public async Task ServicerMessageAsync(HttpContext http)
    {
        var body = await http.ReadJsonAsync();
        var customer = ControlAnswers.CustomerId(body.Text("external_userid"));
        var (account, (type, payload)) = (Account(body), body.Message());
        var servicer = body.Text("servicer_userid") ?? account.Settings.Servicers.Select(one => one.UserId).FirstOrDefault()
            ?? throw new ControlException("The account has no servicer; give servicer_userid.");
        var msgId = platform.ServicerWrites(account, customer, servicer, type, payload);
        await http.Response.WriteAsync(json => json.WriteString("msgid", msgId));
    }

    public async Task ForceStateAsync(HttpContext http)
    {
        var body = await http.ReadJsonAsync();
        if (body.Int("service_state") is not { } number || !Enum.IsDefined((SessionState)number))
        {
            throw new ControlException("service_state must be 0 to 4.");
        }

        var account = Account(body);
        var servicer = body.Text("servicer_userid") ?? (number == (int)SessionState.Human ? account.Settings.Servicers.Select(one => one.UserId).FirstOrDefault() : null);
        var announce = body.Member("event") is not { ValueKind: JsonValueKind.False };
        var code = platform.ForceState(account, Customer(http), (SessionState)number, servicer, announce);
        await http.Response.WriteAsync(json => json.WriteString("msg_code", code));
    }

    public async Task FailAsync(HttpContext http)
    {
        var body = await http.ReadJsonAsync();
        var (account, customer, msgId) = (Account(body), Customer(http), body.Text("msgid") ?? "");
        lock (platform.Gate)
        {
            if (platform.Conversation(account, customer) is not { } conversation || !account.SentIds.Contains(msgId))
            {
                throw new ControlException("Nothing with that msgid was sent to this customer.");
            }

            platform.FailSend(conversation, msgId, body.Int("fail_type") ?? 0);
        }

        await http.Response.WriteAsync(_ => { });
    }

    /// <summary>The body is the picture itself.</summary>
    public async Task MediaAsync(HttpContext http)
    {
        var customer = Customer(http);
        var account = platform.Account(http.Request.Query["open_kfid"]) ?? throw UnknownAccount();
        var type = http.Request.Query["type"] is [{ Length: > 0 } given, ..] ? given : "image";
        var content = await PlatformPipeline.ReadAsync(http, 20 * 1024 * 1024) ?? throw new ControlException("The file is too large.");
        if (media.Check(type, content.Span) is { } refusal)
        {
            throw new ControlException(refusal.Reason);
        }

        var added = media.Add(type, "customer-" + type, content);
        var msgId = platform.Receive(account, customer, type, Payload(json => json.WriteString("media_id", added.Id)), sentAt: null);
        await http.Response.WriteAsync(json =>
        {
            json.WriteString("msgid", msgId);
            json.WriteString("media_id", added.Id);
        });
    }

    /// <summary>A medium for the sandbox page, which has no access token.</summary>
    public async Task ShowMediaAsync(HttpContext http)
    {
        if (media.Find((string)http.GetRouteValue("media")!) is not { } found)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        http.Response.ContentType = found.ContentType;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        await http.Response.Body.WriteAsync(found.Content, http.RequestAborted);
    }

    public async Task TranscriptAsync(HttpContext http)
    {
        var customer = platform.Customer(Customer(http));
        var after = long.TryParse(http.Request.Query["after"], NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : 0;
        await http.Response.WriteAsync(json =>
        {
            json.WriteStartArray("messages");
            foreach (var entry in customer.Transcript.After(after).Entries)
            {
                json.WriteStartObject();
                entry.Write(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public Task StateAsync(HttpContext http)
    {
        var (account, customer) = (platform.Account(http.Request.Query["open_kfid"]) ?? throw UnknownAccount(), Customer(http));
        return http.Response.WriteJsonAsync(Status(account, customer));
    }

    /// <summary>What a developer wants to see of the rules: state, quota, window.</summary>
    public ReadOnlyMemory<byte> Status(KfAccount account, string customer)
    {
        lock (platform.Gate)
        {
            var (conversation, now) = (platform.Conversation(account, customer), clock.Now);
            return PlatformJson.Object(json =>
            {
                json.WriteNumber("service_state", (int)(conversation?.State(now) ?? SessionState.Ended));
                json.WriteString("servicer_userid", conversation?.Servicer);
                json.WriteNumber("remaining", conversation?.InWindow(now) == true ? conversation.Remaining : 0);
                json.WriteNumber("quota", KfConversation.Quota);
                if (conversation?.LastMessageAt is { } last)
                {
                    json.WriteString("window_ends", last + KfConversation.Window);
                }
            });
        }
    }

    private static string Customer(HttpContext http) => ControlAnswers.CustomerId((string?)http.GetRouteValue("customer"));

    private static ControlException UnknownAccount() => new("open_kfid is missing or no account of the stand-in.");

    private static JsonElement Payload(Action<Utf8JsonWriter> fields)
    {
        using var document = JsonDocument.Parse(PlatformJson.Object(fields));
        return document.RootElement.Clone();
    }

    private KfAccount Account(JsonElement body) => platform.Account(body.Text("open_kfid")) ?? throw UnknownAccount();

    private string Receive(JsonElement body, string customer)
    {
        var (account, (type, payload)) = (Account(body), body.Message());
        return platform.Receive(account, customer, type, payload, body.SendTime());
    }
}
