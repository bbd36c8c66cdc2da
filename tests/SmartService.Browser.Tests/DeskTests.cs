using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Dapper;
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
        Assert.Contains("/desk/c/", browser.Page.Url, StringComparison.Ordinal);

        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "林晓，设置与退出" }).First.ClickAsync();
        await browser.Page.GetByText("退出登录").ClickAsync();
        await Expect(browser.Page.GetByLabel("账号")).ToBeVisibleAsync();
        await browser.Page.GotoAsync(host.Address + "/desk");
        await Expect(browser.Page.GetByLabel("账号")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_hand_off_appears_by_itself_is_taken_answered_and_given_back()
    {
        await using var host = await DeskHost.StartAsync();
        var id = await host.Seed.ConversationAsync("wmCustomer0001");
        await host.Seed.SaysAsync(id, "转人工");
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address);
        await browser.SignInAsync();
        await Expect(browser.Page.GetByText("无人等待")).ToBeVisibleAsync();

        await host.Seed.HandOffAsync(id);
        await Expect(browser.Page.GetByText("1 位等待接入")).ToBeVisibleAsync();
        await Expect(browser.Page).ToHaveTitleAsync("(1) 客服工作台");

        await browser.Line(id).ClickAsync();
        await Expect(browser.Page.Locator(".banner")).ToContainTextAsync("客户要求人工");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "接入会话" }).ClickAsync();
        await Expect(browser.Page.Locator(".who")).ToContainTextAsync("人工接待：我");

        await browser.Composer.FillAsync("您好，我是林晓，请问有什么可以帮您？");
        await browser.Composer.PressAsync("Enter");
        await Expect(browser.Log).ToContainTextAsync("我是林晓");
        await Expect(browser.Composer).ToHaveValueAsync("");
        await Expect(browser.Log.Locator(".agent .state")).ToHaveTextAsync("发送中");
        await host.Seed.DeliverAsync(id);
        await Expect(browser.Log.Locator(".agent .state")).ToHaveTextAsync("已发送");
        await Expect(browser.Page.Locator(".composer .allowance")).ToContainTextAsync("5");

        await host.Seed.SaysAsync(id, "沙发什么时候到？");
        await Expect(browser.Log).ToContainTextAsync("沙发什么时候到？");

        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "交还机器人" }).ClickAsync();
        await browser.Page.GetByLabel("给同事的备注").FillAsync("已登记催单");
        await browser.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "交还机器人" }).ClickAsync();
        await Expect(browser.Page.Locator(".who")).ToContainTextAsync("机器人接待");
        await Expect(browser.Log).ToContainTextAsync("已登记催单");
        await Expect(browser.Log).ToContainTextAsync("接下来由智能助手继续为您解答");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Of_two_agents_one_gets_the_conversation_and_the_other_is_told()
    {
        await using var host = await DeskHost.StartAsync();
        var id = await host.Seed.ConversationAsync("wmCustomer0001", ConversationOwner.Queue, reason: HandoffReason.Requested);
        await host.Seed.SaysAsync(id, "转人工");
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address);
        await browser.SignInAsync("/desk/c/" + id);
        await browser.Composer.FillAsync("您好");

        await host.Desk.TakeAsync(id, "wang", null, TestContext.Current.CancellationToken);
        await Expect(browser.Page.Locator(".middle")).ToContainTextAsync("王磊 正在接待，这里只能查看");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "接手会话" }).ClickAsync();
        await Expect(browser.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("王磊 正在接待这位客户");
        await browser.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "接手" }).ClickAsync();
        await Expect(browser.Page.Locator(".who")).ToContainTextAsync("人工接待：我");
        await Expect(browser.Composer).ToHaveValueAsync("您好");
    }

    [Fact]
    public async Task A_whole_conversation_is_handled_with_the_keyboard_alone()
    {
        await using var host = await DeskHost.StartAsync();
        var first = await host.Seed.ConversationAsync("wmCustomer0001", ConversationOwner.Queue, reason: HandoffReason.Requested, minutesAgo: 9);
        await host.Seed.SaysAsync(first, "第一位客户");
        var second = await host.Seed.ConversationAsync("wmCustomer0002", ConversationOwner.Queue, reason: HandoffReason.Requested, minutesAgo: 3);
        await host.Seed.SaysAsync(second, "第二位客户");
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address);
        await browser.SignInAsync();
        var keys = browser.Page.Keyboard;
        await Expect(browser.Line(first)).ToBeVisibleAsync();

        await keys.PressAsync("j");
        await Expect(browser.Log).ToContainTextAsync("第一位客户");
        await keys.PressAsync("j");
        await Expect(browser.Log).ToContainTextAsync("第二位客户");
        await keys.PressAsync("ArrowUp");
        await Expect(browser.Log).ToContainTextAsync("第一位客户");
        await Expect(browser.Line(first)).ToBeFocusedAsync();

        await keys.PressAsync("t");
        await Expect(browser.Page.Locator(".who")).ToContainTextAsync("人工接待：我");
        await keys.PressAsync("r");
        await Expect(browser.Composer).ToBeFocusedAsync();
        await keys.TypeAsync("tgj");
        await keys.PressAsync("Shift+Enter");
        await keys.TypeAsync("second line");
        await Expect(browser.Composer).ToHaveValueAsync("tgj\nsecond line");
        await keys.PressAsync("Enter");
        await Expect(browser.Log).ToContainTextAsync("second line");

        await keys.PressAsync("Escape");
        await keys.PressAsync("g");
        await Expect(browser.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        var confirm = browser.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "交还机器人" });
        await confirm.FocusAsync();
        await Expect(confirm).ToBeFocusedAsync();
        await confirm.PressAsync("Enter");
        await Expect(browser.Page.Locator(".who")).ToContainTextAsync("机器人接待");
        await Expect(browser.Page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();

        await keys.PressAsync("/");
        await Expect(browser.Page.Locator("#desk-search")).ToBeFocusedAsync();
        await keys.TypeAsync("第二位");
        await keys.PressAsync("Enter");
        await Expect(browser.Line(first)).ToBeHiddenAsync();
        await Expect(browser.Line(second)).ToBeVisibleAsync();
        await keys.PressAsync("Tab");
        await keys.PressAsync("?");
        await Expect(browser.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("输入法选字时不会发送");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Enter_that_ends_a_pinyin_composition_does_not_send()
    {
        await using var host = await DeskHost.StartAsync();
        var id = await host.Seed.ConversationAsync("wmCustomer0001", ConversationOwner.Queue, reason: HandoffReason.Requested);
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address);
        await browser.SignInAsync("/desk/c/" + id);
        await browser.Composer.FocusAsync();

        // What Chromium sends while the person chooses a candidate: the key belongs to the input method.
        await using (var session = new Composition(await browser.Page.Context.NewCDPSessionAsync(browser.Page)))
        {
            await session.ComposeAsync("nihao");
            await browser.Composer.DispatchEventAsync("keydown", new { key = "Enter", code = "Enter", isComposing = true, bubbles = true, cancelable = true });
            await browser.Composer.DispatchEventAsync("keydown", new { key = "Enter", code = "Enter", keyCode = 229, bubbles = true, cancelable = true });
            // A refresh of the page's data in the middle of it must not touch the text either.
            await host.Seed.SaysAsync(id, "在吗");
            await Expect(browser.Log).ToContainTextAsync("在吗");
            await Expect(browser.Composer).ToHaveValueAsync("nihao");
            await session.CommitAsync("你好");
        }

        await Expect(browser.Composer).ToHaveValueAsync("你好");
        await Expect(browser.Log.Locator(".agent")).ToHaveCountAsync(0);
        await browser.Composer.PressAsync("Enter");
        await Expect(browser.Log.Locator(".agent .bubble")).ToHaveTextAsync("你好");
    }

    [Fact]
    public async Task An_open_page_outlives_whatever_the_store_says()
    {
        await using var host = await DeskHost.StartAsync();
        var id = await host.Seed.ConversationAsync("wmCustomer0001", ConversationOwner.Queue, reason: HandoffReason.Requested);
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address);
        await browser.SignInAsync();
        await Expect(browser.Line(id)).ToBeVisibleAsync();

        await ExecuteAsync("alter table conversation rename to away");
        await browser.Page.GetByRole(AriaRole.Searchbox).FillAsync("0001");
        await browser.Page.GetByRole(AriaRole.Searchbox).PressAsync("Enter");
        await browser.Line(id).ClickAsync();
        await Expect(browser.Page).ToHaveURLAsync(new Regex("/desk/c/", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await ExecuteAsync("alter table away rename to conversation");

        await host.Seed.SaysAsync(id, "还在吗");
        await Expect(browser.Log).ToContainTextAsync("还在吗");
        Assert.Empty(browser.Complaints);

        Task ExecuteAsync(string sql) => host.Database.WriteAsync(scope => scope.Connection.ExecuteAsync(sql, transaction: scope.Transaction));
    }

    [Fact]
    public async Task What_was_typed_survives_a_reload_and_is_there_on_another_device()
    {
        await using var host = await DeskHost.StartAsync();
        var id = await host.Seed.ConversationAsync("wmCustomer0001", ConversationOwner.Queue, reason: HandoffReason.Requested);
        var other = await host.Seed.ConversationAsync("wmCustomer0002", ConversationOwner.Queue, reason: HandoffReason.Requested);
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address);
        await browser.SignInAsync("/desk/c/" + id);
        await browser.Composer.FillAsync("正在为您查询订单");

        await browser.Page.ReloadAsync();
        await Expect(browser.Composer).ToHaveValueAsync("正在为您查询订单");
        await browser.Line(other).ClickAsync();
        await Expect(browser.Composer).ToHaveValueAsync("");
        await browser.Line(id).ClickAsync();
        await Expect(browser.Composer).ToHaveValueAsync("正在为您查询订单");

        await browser.Composer.PressSequentiallyAsync("，请稍等");
        await browser.Line(other).ClickAsync();
        await Expect(browser.Composer).ToHaveValueAsync("");
        await using var phone = await DeskBrowser.OpenAsync(chromium, host.Address);
        await phone.SignInAsync("/desk/c/" + id);
        await Expect(phone.Composer).ToHaveValueAsync("正在为您查询订单，请稍等");
    }

    [Fact]
    public async Task What_customers_write_is_shown_as_text()
    {
        const string attack = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>";
        await using var host = await DeskHost.StartAsync();
        var id = await host.Seed.ConversationAsync("wm<b>x</b>", ConversationOwner.Queue, reason: HandoffReason.Requested);
        var seq = await host.Seed.SaysAsync(id, attack);
        await host.Seed.BotAnswersAsync(id, seq, attack, citations: [new Citation("x", attack, attack)]);
        await host.Seed.MessageAsync(id, new SmartService.Messages.LinkBody(attack, null, "javascript:window.hacked=1"));
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address);
        await browser.SignInAsync("/desk/c/" + Uri.EscapeDataString(id));

        await Expect(browser.Log.Locator(".customer .bubble").First).ToHaveTextAsync(attack);
        await browser.Log.Locator("details.evidence summary").First.ClickAsync();
        await Expect(browser.Log.Locator("cite").First).ToHaveTextAsync(attack);
        await Expect(browser.Log.GetByText("javascript:window.hacked=1")).ToBeVisibleAsync();
        await Expect(browser.Log.Locator("a")).ToHaveCountAsync(0);
        Assert.Null(await browser.Page.EvaluateAsync<int?>("window.hacked ?? null"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Scrolling_up_brings_what_was_said_before()
    {
        await using var host = await DeskHost.StartAsync();
        var id = await host.Seed.ConversationAsync("wmCustomer0001");
        for (var i = 1; i <= 95; i++)
        {
            await host.Seed.SaysAsync(id, $"消息 {i:000}");
        }

        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address);
        await browser.SignInAsync("/desk/c/" + id);
        await Expect(browser.Log.GetByText("消息 095")).ToBeInViewportAsync();
        await Expect(browser.Log.GetByText("消息 001")).ToHaveCountAsync(0);
        for (var i = 0; i < 8 && await browser.Log.GetByText("消息 001").CountAsync() == 0; i++)
        {
            await browser.Log.EvaluateAsync("log => { log.scrollTop = -log.scrollHeight; }");
            await browser.Page.WaitForTimeoutAsync(300);
        }

        await Expect(browser.Log.GetByText("消息 001")).ToHaveCountAsync(1);
        await Expect(browser.Log).ToContainTextAsync("会话开始");
        await host.Seed.SaysAsync(id, "刚刚的新消息");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "有新消息" }).ClickAsync();
        await Expect(browser.Log.GetByText("刚刚的新消息")).ToBeInViewportAsync();
    }

    [Fact]
    public async Task Troubles_are_listed_and_dealt_with()
    {
        await using var host = await DeskHost.StartAsync();
        var id = await host.Seed.ConversationAsync("wmCustomer0001");
        var seq = await host.Seed.SaysAsync(id, "让机器人崩溃的话", state: "Dead", error: "crashed 5 times");
        await host.Seed.BotAnswersAsync(id, seq, "没送出去的回复", state: "Held", error: "95001");
        await using var browser = await DeskBrowser.OpenAsync(chromium, host.Address);
        await browser.SignInAsync();
        await Expect(browser.Line(id)).ToContainTextAsync("有未处理的问题");

        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "待处理问题 2" }).ClickAsync();
        var dialog = browser.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("让机器人崩溃的话");
        await Expect(dialog).ToContainTextAsync("已保留：等客户再次发言");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "标为已处理" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "撤下" }).ClickAsync();
        await Expect(dialog.GetByText("没有。")).ToHaveCountAsync(2);
        await Expect(browser.Line(id)).Not.ToContainTextAsync("有未处理的问题");
    }

    [Fact]
    public async Task Without_a_sign_in_there_is_no_circuit_and_no_foreign_form_is_accepted()
    {
        await using var host = await DeskHost.StartAsync();
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(host.Address) };
        using var desk = await client.GetAsync("/desk", TestContext.Current.CancellationToken);
        using var circuit = await client.PostAsync("/_blazor/negotiate?negotiateVersion=1", null, TestContext.Current.CancellationToken);
        using var form = await client.PostAsync(
            "/desk/login", new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "lin", ["password"] = DeskHost.Password }), TestContext.Current.CancellationToken);
        using var signOut = await client.PostAsync("/desk/logout", new FormUrlEncodedContent(new Dictionary<string, string>()), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Redirect, desk.StatusCode);
        Assert.Equal("/desk/login?returnUrl=%2Fdesk", desk.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.Unauthorized, circuit.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, form.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, signOut.StatusCode);
        Assert.Contains("script-src 'self';", string.Join(' ', desk.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }
}
