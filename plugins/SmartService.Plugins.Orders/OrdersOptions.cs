using System.ComponentModel.DataAnnotations;

namespace SmartService.Plugins.Orders;

/// <summary>Settings section <c>Orders</c>.</summary>
public sealed class OrdersOptions
{
    /// <summary>Root of the order system, https or on this machine; empty: no order tasks.</summary>
    public string BaseUrl { get; set; } = "";

    /// <summary>How long one request may take. With one repeat it must stay below the gate's limit (Tools:TimeoutSeconds, 5 s).</summary>
    [Range(0.1, 60, ErrorMessage = "Orders:TimeoutSeconds must be between {1} and {2}.")]
    public double TimeoutSeconds { get; set; } = 2;

    /// <summary>The letters that every order number begins with; empty: any two letters.</summary>
    [RegularExpression("^[A-Z]{0,6}$", ErrorMessage = "Orders:NumberPrefix must be up to six capital letters.")]
    public string NumberPrefix { get; set; } = "";

    /// <summary>How many digits follow.</summary>
    [Range(4, 24, ErrorMessage = "Orders:NumberDigits must be between {1} and {2}.")]
    public int NumberDigits { get; set; } = 11;

    internal bool IsSet => !string.IsNullOrWhiteSpace(BaseUrl);

    /// <summary>Order data must not travel in clear text beyond this machine.</summary>
    internal bool IsSafe => Uri.TryCreate(BaseUrl, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0 && (uri.Scheme == "https" || (uri.Scheme == "http" && uri.IsLoopback));
}
