namespace SmartService.Desk.SignIn;

/// <summary>Where to go after the sign-in: pages of the desk only, as the address comes from whoever made the link.</summary>
internal static class ReturnUrl
{
    public static string Checked(string? url) =>
        url is not null
        && (url == "/desk" || url.StartsWith("/desk/", StringComparison.Ordinal) || url.StartsWith("/desk?", StringComparison.Ordinal))
        && !url.Contains("..", StringComparison.Ordinal)
        && !url.Any(c => c == '\\' || char.IsControl(c))
            ? url
            : "/desk";
}
