using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;
using Polly;

namespace SmartService.Channels.WeChat.Api;

/// <summary>One HTTP exchange with WeCom. Thread-safe. Every way of not getting an answer becomes a <see cref="ChannelException"/>.</summary>
public sealed class WeComHttp(IHttpClientFactory clients, IOptions<WeChatOptions> options)
{
    /// <summary>Name of the client whose handlers carry time limits, the circuit breaker and the one quick retry.</summary>
    public const string ClientName = "SmartService.WeChat";

    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(5);

    private readonly Uri _root = new(options.Value.ApiBaseUrl.TrimEnd('/') + "/");

    /// <summary>Calls an API. The body, when there is one, is JSON in UTF-8.</summary>
    /// <param name="api">Short name for messages and traces; paths carry secrets.</param>
    /// <param name="path">Path and query below the root.</param>
    /// <param name="body">The JSON to post; null for GET.</param>
    /// <param name="type">How to read the answer, whatever media type it claims.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    internal async Task<T> CallAsync<T>(string api, string path, byte[]? body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : WeComAnswer
    {
        using var activity = WeChatTelemetry.Source.StartActivity($"wecom {api}", ActivityKind.Client);
        try
        {
            using var request = Request(path, body);
            using var client = clients.CreateClient(ClientName);
            using var response = await client.SendAsync(request, cancellationToken);
            var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw Unreachable($"{api}: HTTP status {(int)response.StatusCode}.");
            }

            var answer = JsonSerializer.Deserialize(content, type) ?? throw new JsonException();
            activity?.SetTag("wecom.errcode", answer.Errcode);
            return answer;
        }
        catch (Exception failure) when (IsTransport(failure, cancellationToken))
        {
            activity?.SetStatus(ActivityStatusCode.Error);
            throw Explain(api, failure);
        }
    }

    /// <summary>Downloads at most <paramref name="maxBytes"/> bytes; an error comes as JSON instead.</summary>
    internal async Task<(MediaFile? File, WeComAnswer? Error)> DownloadAsync(string api, string path, int maxBytes, CancellationToken cancellationToken)
    {
        using var activity = WeChatTelemetry.Source.StartActivity($"wecom {api}", ActivityKind.Client);
        try
        {
            using var request = Request(path, body: null);
            using var client = clients.CreateClient(ClientName);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(client.Timeout);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw Unreachable($"{api}: HTTP status {(int)response.StatusCode}.");
            }

            var bytes = await ReadAsync(response, maxBytes, limit.Token);
            // A file can be JSON too: an error names its code, a file has a name of its own.
            var disposition = response.Content.Headers.ContentDisposition;
            if (disposition is null && bytes.AsSpan().StartsWith("{"u8) && JsonSerializer.Deserialize(bytes, WeComJson.Wire.WeComAnswer) is { Errcode: not 0 } error)
            {
                return (null, error);
            }

            return (new MediaFile(bytes, response.Content.Headers.ContentType?.MediaType, FileName(disposition)), null);
        }
        catch (Exception failure) when (IsTransport(failure, cancellationToken))
        {
            activity?.SetStatus(ActivityStatusCode.Error);
            throw Explain(api, failure);
        }
    }

    private HttpRequestMessage Request(string path, byte[]? body)
    {
        var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri(_root, path));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        }

        return request;
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, int maxBytes, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > maxBytes)
        {
            throw TooLarge(maxBytes);
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var read = new MemoryStream();
        var buffer = new byte[81920];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (read.Length + count > maxBytes)
            {
                throw TooLarge(maxBytes);
            }

            read.Write(buffer, 0, count);
        }

        return read.ToArray();
    }

    private static string? FileName(ContentDispositionHeaderValue? disposition) =>
        (disposition?.FileNameStar ?? disposition?.FileName)?.Trim('"') is { Length: > 0 } name ? Path.GetFileName(name) : null;

    private static bool IsTransport(Exception failure, CancellationToken cancellationToken) =>
        failure is HttpRequestException or IOException or JsonException or ExecutionRejectedException
        || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    // The cause is not attached: an HttpRequestException may quote the address, which carries the token.
    private static ChannelException Explain(string api, Exception failure) => Unreachable(failure switch
    {
        JsonException => $"{api}: the answer is not the JSON that WeCom documents.",
        HttpRequestException { HttpRequestError: var error } => $"{api}: WeCom could not be reached ({error}).",
        Polly.CircuitBreaker.BrokenCircuitException => $"{api}: WeCom could not be reached lately; the circuit breaker is open.",
        IOException => $"{api}: the answer broke off.",
        _ => $"{api}: WeCom did not answer in time.",
    });

    private static ChannelException Unreachable(string sentence) => new(sentence) { RetryAfter = TryAgain };

    private static ChannelException TooLarge(int maxBytes) => new($"media/get: the file has more than {maxBytes} bytes.") { Permanent = true };
}

/// <summary>A downloaded file.</summary>
public sealed record MediaFile(byte[] Bytes, string? MediaType, string? FileName);
