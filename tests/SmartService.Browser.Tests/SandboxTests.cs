using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using SmartService.Browser.Tests.Hosting;
using SmartService.Server.Demo;
using SmartService.Testing.Stores;
using static Microsoft.Playwright.Assertions;

namespace SmartService.Browser.Tests;

/// <summary>The demo as a newcomer tries it: a customer in the sandbox, an agent on the desk. With <c>DESK_SCREENSHOTS</c> set to a folder, pictures are left there.</summary>
[Collection(BrowserTests.Name)]
public sealed class SandboxTests(Chromium chromium)
{
    private const string Account = "wkStandInShop000000000000000001";

    [Fact]
    public async Task A_customer_is_answered_refused_honestly_helped_by_a_human_and_answered_again()
    {
        await using var demo = await DemoServer.StartAsync(0, TempFolder.Create(), cancellationToken: TestContext.Current.CancellationToken);
        await using var customer = await OpenAsync(demo, ColorScheme.Light, 1280);
        await using var agent = await DeskBrowser.OpenAsync(chromium, Origin(demo), Window(ColorScheme.Light, 1080));
        await agent.SignInAsync("/desk", demo.AgentName, demo.Password);
        await Expect(agent.Page.GetByText("无人等待")).ToBeVisibleAsync();

        await SayAsync(customer, "沙发布面破了能免费修吗");
        await Expect(Chat(customer)).ToContainTextAsync("不在免费质保范围");
        await Expect(Chat(customer)).ToContainTextAsync("来源");
        await SayAsync(customer, "你们店几点开门");
        await Expect(Chat(customer)).ToContainTextAsync("资料里没有");
        await Chat(customer).Locator(".menu .item", new() { HasText = "转人工" }).Last.ClickAsync();

        var id = $"kf:{Account}:{await customer.Page.EvaluateAsync<string>("new URL(location).searchParams.get('customer')")}";
        await Expect(agent.Page.GetByText("1 位等待接入")).ToBeVisibleAsync();
        await agent.Line(id).ClickAsync();
        await Expect(agent.Log).ToContainTextAsync("沙发布面破了能免费修吗");
        await agent.Page.GetByRole(AriaRole.Button, new() { Name = "接入会话" }).ClickAsync();
        await Expect(agent.Page.Locator(".who")).ToContainTextAsync("人工接待：我");
        await agent.Composer.FillAsync("您好，我是客服小木。门店每天 10:00 至 21:00 营业，沙发的破口可以拍照给我，我帮您看看怎么修最划算。");
        await agent.Composer.PressAsync("Enter");
        await Expect(Chat(customer)).ToContainTextAsync("我是客服小木");
        await SayAsync(customer, "好的，谢谢！");
        await Expect(agent.Log).ToContainTextAsync("好的，谢谢！");
        await PicturesAsync(customer.Page, agent.Page);

        await agent.Page.GetByRole(AriaRole.Button, new() { Name = "交还机器人" }).ClickAsync();
        await agent.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "交还机器人" }).ClickAsync();
        await Expect(agent.Page.Locator(".who")).ToContainTextAsync("机器人接待");
        await SayAsync(customer, "云朵沙发多少钱");
        await Expect(Chat(customer)).ToContainTextAsync("2999");
        Assert.Empty(customer.Complaints);
        Assert.Empty(agent.Complaints);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 390)]
    public async Task Everybody_can_use_it_and_an_input_method_does_not_send(ColorScheme scheme, int width)
    {
        await using var demo = await DemoServer.StartAsync(0, TempFolder.Create(), cancellationToken: TestContext.Current.CancellationToken);
        await using var customer = await OpenAsync(demo, scheme, width);
        await SayAsync(customer, "你们店几点开门");
        await Expect(Chat(customer).Locator(".menu .item").First).ToBeVisibleAsync();

        var text = customer.Page.Locator("#text");
        await text.FocusAsync();
        await using (var pinyin = new Composition(await customer.Page.Context.NewCDPSessionAsync(customer.Page)))
        {
            await pinyin.ComposeAsync("sha fa");
            await text.DispatchEventAsync("keydown", new { key = "Enter", code = "Enter", isComposing = true, bubbles = true, cancelable = true });
            await text.DispatchEventAsync("keydown", new { key = "Enter", code = "Enter", keyCode = 229, bubbles = true, cancelable = true });
            await pinyin.CommitAsync("沙发");
        }

        await Expect(text).ToHaveValueAsync("沙发");
        await Expect(Chat(customer).Locator(".line.own")).ToHaveCountAsync(1);

        var axe = await customer.Page.RunAxe();
        Assert.Empty(axe.Violations.Where(violation => violation.Impact is "serious" or "critical")
            .Select(violation => $"{violation.Id} {violation.Help} {string.Join(" | ", violation.Nodes.Select(node => node.Html))}"));
        Assert.True(await customer.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        Assert.Empty(customer.Complaints);
        await ShootAsync(customer.Page, $"sandbox-{scheme}-{width}");
    }

    private async Task<DeskBrowser> OpenAsync(DemoServer demo, ColorScheme scheme, int width)
    {
        var customer = await DeskBrowser.OpenAsync(chromium, Origin(demo), Window(scheme, width));
        await customer.Page.GotoAsync(customer.Address + "/sandbox");
        await Expect(customer.Page.Locator("#log[aria-busy='false']")).ToBeVisibleAsync();
        return customer;
    }

    private static BrowserNewContextOptions Window(ColorScheme scheme, int width) => new()
    {
        ColorScheme = scheme,
        ViewportSize = new ViewportSize { Width = width, Height = 900 },
        ReducedMotion = ReducedMotion.Reduce,
    };

    private static string Origin(DemoServer demo) => demo.Address.GetLeftPart(UriPartial.Authority);

    private static ILocator Chat(DeskBrowser customer) => customer.Page.Locator("#log");

    private static async Task SayAsync(DeskBrowser customer, string text)
    {
        await customer.Page.Locator("#text").FillAsync(text);
        await customer.Page.Locator("#text").PressAsync("Enter");
    }

    private static async Task PicturesAsync(IPage customer, IPage agent)
    {
        await ShootAsync(customer, "sandbox-light-1280");
        await ShootAsync(agent, "desk-sandbox-conversation");
        await customer.SetViewportSizeAsync(500, 900);
        await ShootAsync(customer, "readme-sandbox");
        await customer.SetViewportSizeAsync(1280, 900);
    }

    private static async Task ShootAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("DESK_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.WaitForTimeoutAsync(400);
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
        }
    }
}
