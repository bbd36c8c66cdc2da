using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using SmartService.StandIn.Control;

namespace SmartService.StandIn.Platform;

/// <summary>One call as an API sees it.</summary>
/// <param name="Http">The request.</param>
/// <param name="Body">The JSON object of a POST; undefined for GET and uploads.</param>
internal sealed record PlatformCall(HttpContext Http, JsonElement Body)
{
    public string? Query(string name) => Http.Request.Query[name];
}

/// <summary>
/// What every call goes through, in the platform's order: injected faults, method, access token, body. Refusals are
/// HTTP 200 with errcode and errmsg.
/// </summary>
internal sealed class PlatformPipeline(AccessTokens tokens, FaultBoard faults, Report report, PlatformClock clock, ILogger<PlatformPipeline> logger)
{
    private const int MaxBody = 1024 * 1024;

    public RequestDelegate Get(string api, Func<PlatformCall, Answer> handler, bool needsToken = true)
    {
        Task<Answer> AnswerAsync(HttpContext http) =>
            Task.FromResult(CheckMethod(http, HttpMethods.Get) ?? CheckToken(http, needsToken) ?? handler(new PlatformCall(http, default)));
        return http => RunAsync(http, api, AnswerAsync);
    }

    public RequestDelegate Post(string api, Func<PlatformCall, Answer> handler)
    {
        async Task<Answer> AnswerAsync(HttpContext http) =>
            CheckMethod(http, HttpMethods.Post) ?? CheckToken(http) ?? await WithBodyAsync(http, handler);
        return http => RunAsync(http, api, AnswerAsync);
    }

    public RequestDelegate Upload(string api, Func<PlatformCall, Task<Answer>> handler)
    {
        async Task<Answer> AnswerAsync(HttpContext http) =>
            CheckMethod(http, HttpMethods.Post) ?? CheckToken(http) ?? await handler(new PlatformCall(http, default));
        return http => RunAsync(http, api, AnswerAsync);
    }

    private async Task RunAsync(HttpContext http, string api, Func<HttpContext, Task<Answer>> call)
    {
        if (faults.Take(api, FaultKind.Latency) is { } slow)
        {
            report.Injected();
            await Task.Delay(TimeSpan.FromMilliseconds(slow.Value), clock.Time, http.RequestAborted);
        }

        if (faults.Take(api, FaultKind.DropRequest) is not null)
        {
            report.Injected();
            http.Abort();
            return;
        }

        Answer answer;
        if (faults.Take(api, FaultKind.Error) is { } error)
        {
            report.Injected();
            answer = Answer.Refused(error.Value, error.Value == -1 ? "system busy" : "injected fault");
        }
        else
        {
            answer = await call(http);
        }

        if (faults.Take(api, FaultKind.DropAnswer) is not null)
        {
            report.Injected();
            http.Abort();
            return;
        }

        await WriteAsync(http, api, answer);
    }

    private static Answer? CheckMethod(HttpContext http, string method)
    {
        if (string.Equals(http.Request.Method, method, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return method == HttpMethods.Get ? Answer.Refused(43001, "require GET method") : Answer.Refused(43002, "require POST method");
    }

    private Answer? CheckToken(HttpContext http, bool needed = true) =>
        needed && tokens.Check(http.Request.Query["access_token"]) is { } refusal ? Answer.Refused(refusal) : null;

    private static async Task<Answer> WithBodyAsync(HttpContext http, Func<PlatformCall, Answer> handler)
    {
        if (await ReadAsync(http, MaxBody) is not { } bytes || !Utf8.IsValid(bytes.Span))
        {
            return Answer.Refused(47001, "data format error");
        }

        if (PlatformJson.HasUnicodeEscapes(bytes.Span))
        {
            return Answer.Refused(40033, "invalid charset, \\uXXXX characters are not allowed");
        }

        try
        {
            using var document = JsonDocument.Parse(bytes.IsEmpty ? "{}"u8.ToArray() : bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? handler(new PlatformCall(http, document.RootElement))
                : Answer.Refused(47001, "data format error");
        }
        catch (JsonException)
        {
            return Answer.Refused(47001, "data format error");
        }
    }

    /// <summary>The whole body, or null when it is larger than allowed.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext http, int max)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(chunk, http.RequestAborted)) > 0)
        {
            if (buffer.Length + read > max)
            {
                return null;
            }

            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    private async Task WriteAsync(HttpContext http, string api, Answer answer)
    {
        if (answer.File is { } file)
        {
            http.Response.ContentType = file.ContentType;
            var disposition = new ContentDispositionHeaderValue("attachment");
            disposition.SetHttpFileName(file.FileName);
            http.Response.Headers.ContentDisposition = disposition.ToString();
            await http.Response.Body.WriteAsync(file.Content, http.RequestAborted);
            return;
        }

        http.Response.ContentType = MediaTypeNames.Application.Json + "; charset=UTF-8";
        if (answer.Refusal is { } refusal)
        {
            Log.Refused(logger, api, refusal.Code, refusal.Reason);
        }

        var body = PlatformJson.Object(json =>
        {
            json.WriteNumber("errcode", answer.Refusal?.Code ?? 0);
            json.WriteString("errmsg", answer.Refusal is { } why ? Message(http, why) : "ok");
            answer.Fields?.Invoke(json);
        });
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    // The text changes on the platform and ends with a hint and the caller's address: nobody should compare it.
    private string Message(HttpContext http, Refusal refusal) => string.Create(CultureInfo.InvariantCulture,
        $"{refusal.Reason}, hint: [{clock.Now.ToUnixTimeMilliseconds()}{Random.Shared.Next(1000, 9999)}], from ip: {http.Connection.RemoteIpAddress}, more info at https://open.work.weixin.qq.com/devtool/query?e={refusal.Code}");
}
