namespace SmartService.Desk.Conversations;

/// <summary>Addresses of the desk. The open conversation is in the address, so a reload or a shared link finds it.</summary>
internal static class Links
{
    public const string Home = "desk";

    public static string To(string conversationId) => "desk/c/" + Uri.EscapeDataString(conversationId);
}
