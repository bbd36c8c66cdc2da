using System.ComponentModel.DataAnnotations;

namespace SmartService.Inference.Remote;

/// <summary>Settings section <c>Model</c>, the part about an OpenAI-compatible server.</summary>
public sealed class ModelEndpointOptions
{
    /// <summary>Base address of an OpenAI-compatible server, https or on this machine, for example <c>http://127.0.0.1:8000/v1</c>; empty: none. Without a path, <c>/v1</c> is meant.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>Whether the endpoint may be http on another machine: only where the network between is private.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>The model's name at that server.</summary>
    public string Name { get; set; } = "";

    /// <summary>The key, where the server wants one. Never logged.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>How long one request may take to start answering, in seconds.</summary>
    [Range(0.1, 600, ErrorMessage = "Model:TimeoutSeconds must be between {1} and {2}.")]
    public double TimeoutSeconds { get; set; } = 20;

    /// <summary>How often a request that was refused with 429 or 5xx, or timed out, is repeated.</summary>
    [Range(0, 5, ErrorMessage = "Model:Retries must be between {1} and {2}.")]
    public int Retries { get; set; } = 2;

    /// <summary>What customers write and the key must not travel in clear text beyond this machine, unless that is wanted.</summary>
    internal bool IsSafe => Address is not { } address || address.Scheme == "https" || address.IsLoopback || AllowHttp;

    internal bool HasEndpoint => !string.IsNullOrWhiteSpace(Endpoint);

    /// <summary>The endpoint as an address, or null when it is none that can be used.</summary>
    internal Uri? Address => Uri.TryCreate(Endpoint.Trim(), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
        ? uri.AbsolutePath is "/" or "" ? new Uri(uri, "/v1") : uri
        : null;
}
