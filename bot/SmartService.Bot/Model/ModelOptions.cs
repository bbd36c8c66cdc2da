using System.ComponentModel.DataAnnotations;

namespace SmartService.Bot.Model;

/// <summary>Settings section <c>Model</c>. Here only the OpenAI-compatible endpoint; the local model's settings join with it.</summary>
public sealed class ModelOptions
{
    /// <summary>Base address of an OpenAI-compatible server, for example <c>http://127.0.0.1:8000/v1</c>; empty: no model. Without a path, <c>/v1</c> is meant.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>The model's name at that server.</summary>
    public string Name { get; set; } = "";

    /// <summary>The key, where the server wants one. Never logged.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>How long one request may take to start answering.</summary>
    [Range(0.1, 600)]
    public double TimeoutSeconds { get; set; } = 20;

    /// <summary>How often a request that was refused with 429 or 5xx, or timed out, is repeated.</summary>
    [Range(0, 5)]
    public int Retries { get; set; } = 2;

    internal bool HasEndpoint => !string.IsNullOrWhiteSpace(Endpoint);

    /// <summary>The endpoint as an address, or null when it is none that can be used.</summary>
    internal Uri? Address => Uri.TryCreate(Endpoint.Trim(), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
        ? uri.AbsolutePath is "/" or "" ? new Uri(uri, "/v1") : uri
        : null;
}
