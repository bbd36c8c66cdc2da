using SmartService.Desk.SignIn;

namespace SmartService.Desk.Tests;

public sealed class ReturnUrlTests
{
    [Theory]
    [InlineData("/desk")]
    [InlineData("/desk/c/kf%3Awk%3Awm")]
    [InlineData("/desk?x=1")]
    public void Pages_of_the_desk_are_kept(string url) => Assert.Equal(url, ReturnUrl.Checked(url));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("https://evil.example/desk")]
    [InlineData("//evil.example/desk")]
    [InlineData("/\\evil.example")]
    [InlineData("/desk/..//evil.example")]
    [InlineData("/desk\\..\\x")]
    [InlineData("/deskevil")]
    [InlineData("/desk/\r\nSet-Cookie: x")]
    [InlineData("javascript:alert(1)")]
    public void Everything_else_leads_to_the_desk(string? url) => Assert.Equal("/desk", ReturnUrl.Checked(url));
}
