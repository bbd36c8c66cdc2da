using System.Net;
using System.Text.RegularExpressions;
using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Sandbox;

public sealed class SandboxPageTests
{
    [Theory]
    [InlineData("sandbox", "text/html")]
    [InlineData("sandbox/sandbox.js", "text/javascript")]
    [InlineData("sandbox/sandbox.css", "text/css")]
    [InlineData("sandbox/icon.svg", "image/svg+xml")]
    [InlineData("sandbox/config.json", "application/json")]
    public async Task Every_file_is_served_under_a_policy_that_allows_only_its_own_scripts(string path, string type)
    {
        await using var standIn = await StartAsync();
        var response = await standIn.Http.GetAsync(new Uri(standIn.Address, path));
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task The_page_names_only_files_that_exist_and_nothing_from_outside()
    {
        await using var standIn = await StartAsync();
        var html = await standIn.Http.GetStringAsync(new Uri(standIn.Address, "sandbox"));
        Assert.Contains("<title>微信沙箱 · SmartService</title>", html, StringComparison.Ordinal);
        var links = Regex.Matches(html, "(?:src|href)=\"(?<link>[^#\"]+)\"", RegexOptions.None, TimeSpan.FromSeconds(1)).Select(match => match.Groups["link"].Value).ToList();
        Assert.Equal(3, links.Count);
        foreach (var link in links)
        {
            Assert.StartsWith("/sandbox/", link, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await standIn.Http.GetAsync(link)).StatusCode);
        }

        // The policy forbids both; a page that needs them would be broken.
        Assert.DoesNotMatch("style=\"|\\son[a-z]+=\"|<script>|<style", html);
    }

    [Fact]
    public async Task Nothing_from_outside_becomes_markup()
    {
        await using var standIn = await StartAsync();
        var script = await standIn.Http.GetStringAsync(new Uri(standIn.Address, "sandbox/sandbox.js"));
        Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|new Function", script);
    }

    [Fact]
    public async Task Cards_accounts_and_questions_come_from_the_options_and_secrets_do_not()
    {
        await using var standIn = await StartAsync(options =>
        {
            options.Products.Add(new SandboxProduct("p1", "云朵沙发", "¥3299"));
            options.Orders.Add(new SandboxOrder("2026112000", "云朵沙发 ×1", "¥3299", "待发货"));
            options.Suggestions.Add("转人工");
        });
        var text = await standIn.Http.GetStringAsync(new Uri(standIn.Address, "sandbox/config.json"));
        foreach (var expected in (string[])["\"/standin\"", Shop, "云朵沙发", "2026112000", "转人工"])
        {
            Assert.Contains(expected, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(standIn.Options.Secret, text, StringComparison.Ordinal);
        Assert.DoesNotContain(standIn.Options.EncodingAesKey, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trailing_slash_leads_to_the_page()
    {
        await using var standIn = await StartAsync();
        var response = await standIn.Http.GetAsync(new Uri(standIn.Address, "sandbox/?customer=wm1"));
        Assert.Equal((HttpStatusCode.Redirect, "/sandbox?customer=wm1"), (response.StatusCode, response.Headers.Location!.OriginalString));
    }
}
