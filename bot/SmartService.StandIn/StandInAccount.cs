namespace SmartService.StandIn;

/// <summary>A kf account (客服账号) that the stand-in offers.</summary>
/// <param name="OpenKfId">Starts with <c>wk</c>.</param>
/// <param name="Name">What customers see as the shop's name.</param>
public sealed record StandInAccount(string OpenKfId, string Name)
{
    /// <summary>People who may take a session in the platform's own client.</summary>
    public IReadOnlyList<StandInServicer> Servicers { get; init; } = [new("xiaoli"), new("awang") { Receiving = false }, new("newbie") { Activated = false }];
}

/// <summary>A human servicer of an account.</summary>
/// <param name="UserId">His user id in the corp.</param>
public sealed record StandInServicer(string UserId)
{
    /// <summary>Takes new sessions; else a transfer to him gives 95019.</summary>
    public bool Receiving { get; init; } = true;

    /// <summary>Has logged in once; else a transfer to him gives 95014.</summary>
    public bool Activated { get; init; } = true;
}

/// <summary>A product card that the sandbox offers to share.</summary>
/// <param name="ProductId">The shop's id.</param>
/// <param name="Title">Its name.</param>
/// <param name="Price">As customers see it, for example ¥2999.</param>
public sealed record SandboxProduct(string ProductId, string Title, string Price);

/// <summary>An order card that the sandbox offers to share.</summary>
/// <param name="OrderId">The order number.</param>
/// <param name="Products">What was ordered.</param>
/// <param name="Price">As customers see it.</param>
/// <param name="State">For example 待发货.</param>
public sealed record SandboxOrder(string OrderId, string Products, string Price, string State);
