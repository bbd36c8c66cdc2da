using Microsoft.Extensions.DependencyInjection;
using SmartService.Bot.Plugins;
using SmartService.Testing;

namespace SmartService.Plugins.Orders.Tests;

/// <summary>Phone tails cannot be tried out: not by starting over, not through the model, not with other customers' help.</summary>
public sealed class GuessingTests
{
    [Fact]
    public async Task Starting_over_does_not_buy_more_guesses()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        for (var guess = 0; guess < 5; guess++)
        {
            await conversation.SayAsync("查订单 MY20261123002");
            Assert.Contains("没有对上", await conversation.SayAsync($"000{guess}"), StringComparison.Ordinal);
            await conversation.SayAsync("取消");
        }

        await conversation.SayAsync("查订单 MY20261123002");
        var reply = await conversation.SayAsync("1183");

        Assert.Contains("转人工", reply, StringComparison.Ordinal);
        Assert.DoesNotContain("运输中", reply, StringComparison.Ordinal);
        Assert.Equal(5, shop.Requests.Count);
        Assert.Null(conversation.State.Flow);
    }

    [Fact]
    public async Task The_return_task_shares_the_count()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        for (var guess = 0; guess < 5; guess++)
        {
            await conversation.SayAsync($"{(guess % 2 == 0 ? "查订单" : "我要退货")} MY20261120001 尾号000{guess}");
            await conversation.SayAsync("取消");
        }

        Assert.Contains("失败的次数太多", await conversation.SayAsync("我要退货 MY20261120001 尾号6027"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_models_tool_counts_per_order_and_per_customer()
    {
        await using var shop = await Shop.OpenAsync();
        await using var services = shop.Services();

        for (var guess = 0; guess < 5; guess++)
        {
            Assert.Equal("NotMatched", await StatusAsync(services, $"customer{guess}", "MY20261123002", "0000"));
        }

        // The order is locked for everybody, and a customer who guessed at five orders is locked for all.
        Assert.Equal("Locked", await StatusAsync(services, "another", "MY20261123002", "1183"));
        Assert.Equal("Found", await StatusAsync(services, "another", "MY20261120001", "6027"));
        for (var order = 0; order < 5; order++)
        {
            Assert.Equal("NotMatched", await StatusAsync(services, "guesser", $"MY2026999999{order}", "0000"));
        }

        Assert.Equal("Locked", await StatusAsync(services, "guesser", "MY20261120001", "6027"));
        Assert.Equal("Found", await StatusAsync(services, "another", "MY20261120001", "6027"));
    }

    [Fact]
    public async Task Confirming_a_return_with_a_guessed_tail_counts_too()
    {
        await using var shop = await Shop.OpenAsync();
        await using var services = shop.Services();
        for (var guess = 0; guess < 5; guess++)
        {
            var refused = await CallAsync(services, "guesser", "orders_request_return", new() { ["orderId"] = "MY20261120001", ["phoneTail"] = $"000{guess}", ["reason"] = "不喜欢" });
            Assert.Contains("没有对上", refused.Value!.Value.GetProperty("refusal").GetString(), StringComparison.Ordinal);
        }

        var locked = await CallAsync(services, "guesser", "orders_request_return", new() { ["orderId"] = "MY20261120001", ["phoneTail"] = "6027", ["reason"] = "不喜欢" });
        Assert.Contains("次数太多", locked.Value!.Value.GetProperty("refusal").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Looking_at_the_own_order_and_an_outage_cost_nothing()
    {
        await using var shop = await Shop.OpenAsync();
        await using var services = shop.Services();
        for (var time = 0; time < 7; time++)
        {
            Assert.Equal("Found", await StatusAsync(services, "owner", "MY20261120001", "6027"));
        }

        shop.Instead = context =>
        {
            context.Response.StatusCode = 500;
            return Task.FromResult(true);
        };
        for (var time = 0; time < 7; time++)
        {
            Assert.Equal(ToolStatus.Failed, (await CallAsync(services, "owner", "orders_status", new() { ["orderId"] = "MY20261120001", ["phoneTail"] = "6027" })).Status);
        }

        shop.Instead = null;
        Assert.Equal("Found", await StatusAsync(services, "owner", "MY20261120001", "6027"));
    }

    [Fact]
    public async Task An_order_system_that_hangs_until_the_gate_gives_up_costs_nothing()
    {
        var api = new HangingApi();
        await using var services = TestBot.Services(
            all => all.AddPlugin<OrdersPlugin>().AddSingleton(TimeProvider.System).AddSingleton(Shop.Settings("https://shop.example")).AddSingleton<IOrderApi>(api),
            settings: new Dictionary<string, string?> { ["Tools:TimeoutSeconds"] = "0.05" }).BuildServiceProvider();
        for (var time = 0; time < 7; time++)
        {
            var result = await CallAsync(services, "owner", "orders_status", new() { ["orderId"] = "MY20261120001", ["phoneTail"] = "6027" });
            Assert.Equal(ToolStatus.TimedOut, result.Status);
            await api.Released.WaitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(7, api.Calls);
    }

    [Fact]
    public async Task An_unknown_order_and_a_wrong_tail_read_the_same()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        var unknown = await conversation.SayAsync("查订单MY20269999999，尾号1183");
        await conversation.SayAsync("取消");
        Assert.Equal(unknown, await conversation.SayAsync("查订单MY20261123002，尾号0000"));
    }

    [Theory]
    [InlineData("..", "1183")]
    [InlineData("../orders/MY20261123002", "1183")]
    [InlineData("MY20261123002?x=", "1183")]
    [InlineData("MY20261123002\n", "118")]
    [InlineData("MY20261123002", "11830")]
    [InlineData("MY20261123002", "%31%31")]
    [InlineData("MY20261123002", "１１８３")]
    [InlineData("", "1183")]
    public async Task Arguments_that_are_no_order_never_reach_the_order_system(string order, string tail)
    {
        await using var shop = await Shop.OpenAsync();
        await using var services = shop.Services();

        Assert.Equal("NotMatched", await StatusAsync(services, "c", order, tail));
        await CallAsync(services, "c", "orders_request_return", new() { ["orderId"] = order, ["phoneTail"] = tail, ["reason"] = "不喜欢" });
        Assert.Empty(shop.Requests);
    }

    [Theory]
    [InlineData("看 https://evil.example/x")]
    [InlineData("加我 evil.com")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_reason_is_short_and_has_no_link(string? reason)
    {
        await using var shop = await Shop.OpenAsync();
        await using var services = shop.Services();

        var result = await CallAsync(services, "c", "orders_request_return", new() { ["orderId"] = "MY20261120001", ["phoneTail"] = "6027", ["reason"] = reason ?? new string('长', 101) });

        Assert.Contains("100 字以内", result.Value!.Value.GetProperty("refusal").GetString(), StringComparison.Ordinal);
        Assert.Empty(shop.Requests);
    }

    private sealed class HangingApi : IOrderApi
    {
        public int Calls { get; private set; }

        public SemaphoreSlim Released { get; } = new(0);

        public async Task<OrderLookup> FindAsync(string orderId, string phoneTail, CancellationToken cancellationToken = default)
        {
            Calls++;
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                Released.Release();
            }

            return new OrderLookup(LookupStatus.NotMatched);
        }

        public Task<ReturnOutcome> RequestReturnAsync(string orderId, ReturnRequest request, string idempotencyKey, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private static async Task<string?> StatusAsync(ServiceProvider services, string customer, string order, string tail) =>
        (await CallAsync(services, customer, "orders_status", new() { ["orderId"] = order, ["phoneTail"] = tail })).Value?.GetProperty("status").GetString();

    private static async Task<ToolResult> CallAsync(ServiceProvider services, string customer, string tool, Dictionary<string, object?> arguments)
    {
        await using var scope = services.CreateAsyncScope();
        var confirmation = tool == "orders_status" ? null : new Confirmation("key-00000001", "m1");
        return await scope.ServiceProvider.GetRequiredService<Toolbox>().GateFor(customer, _ => true).InvokeAsync(tool, arguments, confirmation);
    }
}
