using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Microsoft.Playwright;

namespace SmartService.Browser.Tests.Hosting;

/// <summary>A browser window on the desk that writes down what must not happen: foreign requests, console errors, failed files.</summary>
public sealed class DeskBrowser : IAsyncDisposable
{
    private readonly IBrowserContext _context;

    private DeskBrowser(IBrowserContext context, IPage page, string address) => (_context, Page, Address) = (context, page, address);

    public IPage Page { get; }

    public string Address { get; }

    public List<string> Complaints { get; } = [];

    public static async Task<DeskBrowser> OpenAsync(Chromium chromium, string address, BrowserNewContextOptions? options = null)
    {
        var context = await chromium.OpenAsync(options);
        var browser = new DeskBrowser(context, await context.NewPageAsync(), address);
        browser.Page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                browser.Complaints.Add($"{message.Type}: {message.Text}");
            }
        };
        browser.Page.PageError += (_, error) => browser.Complaints.Add("exception: " + error);
        browser.Page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(address, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                browser.Complaints.Add("left the host: " + request.Url);
            }
        };
        browser.Page.Response += (_, response) =>
        {
            if (response.Status >= 400)
            {
                browser.Complaints.Add($"{response.Status}: {response.Url}");
            }
        };
        return browser;
    }

    public async Task SignInAsync(string path = "/desk", string name = "lin", string password = DeskHost.Password)
    {
        await Page.GotoAsync(Address + path);
        await Page.GetByLabel("账号").FillAsync(name);
        await Page.GetByLabel("密码").FillAsync(password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "登录" }).ClickAsync();
    }

    /// <summary>The line of a conversation in the list.</summary>
    public ILocator Line(string conversationId) => Page.Locator($"[data-conversation='{conversationId}']");

    public ILocator Log => Page.GetByRole(AriaRole.Log);

    public ILocator Composer => Page.Locator("#composer-text");

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
