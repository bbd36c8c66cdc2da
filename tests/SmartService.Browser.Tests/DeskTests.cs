using System.Threading.Tasks;
using Microsoft.Playwright;
using SmartService.Browser.Tests.Hosting;
using SmartService.Turns;
using static Microsoft.Playwright.Assertions;

namespace SmartService.Browser.Tests;

[Collection(BrowserTests.Name)]
public sealed class DeskTests(Chromium chromium)
{
    [Fact]
    public async Task A_wrong_password_stays_outside_and_the_right_one_leads_to_the_page_that_was_asked_for()
    {
        await using var host = await DeskHost.StartAsync();
        var id = await host.Seed.ConversationAsync("wmCustomer0001");
        await host.Seed.SaysAsync(id, "在吗");
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address);

        await browser.SignInAsync("/desk/c/" + id, password: "wrong password");
        await Expect(browser.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("账号或密码不正确");

        await browser.Page.GetByLabel("密码").FillAsync(DeskHost.Password);
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "登录" }).ClickAsync();
        await Expect(browser.Log).ToContainTextAsync("在吗");
        Assert.Contains("/desk/c/", browser.Page.Url);
    }
}
