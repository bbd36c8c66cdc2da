using SmartService.Channels;

namespace SmartService.Bot.Desk;

/// <summary>What the platform still allows for a conversation: its message count and its time window.</summary>
/// <param name="Left">Messages that may still follow the customer's last one; planned ones are already taken off.</param>
/// <param name="Total">Messages per customer message.</param>
/// <param name="ClosesAt">Unix milliseconds when the window closes; null when the customer never wrote.</param>
public sealed record SendAllowance(int Left, int Total, long? ClosesAt)
{
    public bool IsOpen(long nowMs) => Left > 0 && ClosesAt > nowMs;

    public static SendAllowance Of(SendBudget budget, int used, int open, long? windowFrom) => new(
        Math.Max(0, budget.MessagesPerCustomerMessage - used - open),
        budget.MessagesPerCustomerMessage,
        windowFrom + (long)budget.Window.TotalMilliseconds);
}
