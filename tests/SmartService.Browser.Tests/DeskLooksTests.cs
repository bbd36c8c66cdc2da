using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using SmartService.Browser.Tests.Hosting;
using static Microsoft.Playwright.Assertions;

namespace SmartService.Browser.Tests;

/// <summary>Accessibility, colours and sizes. With <c>DESK_SCREENSHOTS</c> set to a folder, pictures are left there.</summary>
[Collection(BrowserTests.Name)]
public sealed class DeskLooksTests(Chromium chromium)
{
    [Theory]
    [InlineData("light", 1440, 900)]
    [InlineData("dark", 1440, 900)]
    [InlineData("light", 390, 844)]
    [InlineData("dark", 390, 844)]
    [InlineData("light", 720, 450)] // 1440 x 900 at 200 % zoom
    public async Task Everybody_can_use_it(string scheme, int width, int height)
    {
        await using var host = await DeskHost.StartAsync();
        var id = await BusyDay.SeedAsync(host.Seed);
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address, new BrowserNewContextOptions
        {
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ReducedMotion = ReducedMotion.Reduce,
        });
        await browser.Page.GotoAsync(host.Address + "/desk");
        await CheckAsync(browser.Page, $"sign-in-{scheme}-{width}");
        await browser.SignInAsync();
        await Expect(browser.Line(id)).ToBeVisibleAsync();
        await CheckAsync(browser.Page, $"list-{scheme}-{width}");

        await browser.Line(id).ClickAsync();
        await Expect(browser.Composer).ToBeVisibleAsync();
        await Expect(browser.Log).ToContainTextAsync("12315");
        await browser.Log.Locator("details.evidence summary").First.ClickAsync();
        await CheckAsync(browser.Page, $"conversation-{scheme}-{width}");
        Assert.Equal(width >= 600, await browser.Line(id).IsVisibleAsync());

        if (width < 1100)
        {
            await browser.Page.GetByRole(AriaRole.Button, new() { Name = "详情", Exact = true }).ClickAsync();
        }

        await Expect(browser.Page.GetByText("为什么转人工")).ToBeVisibleAsync();
        await CheckAsync(browser.Page, $"panel-{scheme}-{width}");
        if (width < 600)
        {
            await browser.Page.GetByRole(AriaRole.Button, new() { Name = "关闭详情" }).ClickAsync();
            await browser.Page.GetByRole(AriaRole.Link, new() { Name = "返回列表" }).ClickAsync();
            await Expect(browser.Line(id)).ToBeVisibleAsync();
            await Expect(browser.Composer).ToBeHiddenAsync();
        }

        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "待处理问题" }).ClickAsync();
        await Expect(browser.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("床垫");
        await CheckAsync(browser.Page, $"troubles-{scheme}-{width}");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_chosen_colour_scheme_is_there_before_the_first_paint()
    {
        await using var host = await DeskHost.StartAsync();
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address, new BrowserNewContextOptions { ColorScheme = ColorScheme.Light });
        await browser.SignInAsync();
        var dark = browser.Page.Locator("html[data-theme='dark']");
        await Expect(browser.Page.Locator("html[data-theme='light']")).ToHaveCountAsync(1);

        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "林晓，设置与退出" }).First.ClickAsync();
        await browser.Page.GetByText("深色").ClickAsync();
        await Expect(dark).ToHaveCountAsync(1);

        // The sign-in and the bare document, before any circuit, already have it.
        await browser.Page.GotoAsync(host.Address + "/desk", new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
        await browser.Page.WaitForFunctionAsync("document.body !== null");
        Assert.Equal("dark", await browser.Page.EvaluateAsync<string>("document.documentElement.dataset.theme"));
        await Expect(browser.Page.Locator(".desk-bar")).ToHaveCSSAsync("background-color", "rgb(23, 28, 33)");
    }

    private static async Task CheckAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("DESK_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.WaitForTimeoutAsync(400);
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"desk-{name}.png") });
        }

        var axe = await page.RunAxe();
        var bad = axe.Violations.Where(violation => violation.Impact is "serious" or "critical")
            .Select(violation => $"{name}: {violation.Id} {violation.Help} {string.Join(" | ", violation.Nodes.Select(node => node.Html))}");
        Assert.Empty(bad);
        Assert.True(
            await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{name} scrolls sideways.");
    }
}
