using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartService.Bot.Plugins;
using SmartService.Testing;

namespace SmartService.Plugins.Orders.Tests;

/// <summary>The HTTP contract, from both sides.</summary>
public sealed class OrderApiTests
{
    [Fact]
    public async Task Looking_up_needs_the_number_and_the_phone()
    {
        await using var shop = await Shop.OpenAsync();
        await using var services = shop.Services();
        var api = services.GetRequiredService<IOrderApi>();

        var found = await api.FindAsync("MY20261123002", "1183");
        Assert.Equal((LookupStatus.Found, "运输中", "芦苇落地灯"), (found.Status, found.Order!.Status, found.Order.Items[0].Name));
        Assert.Equal(LookupStatus.NotMatched, (await api.FindAsync("MY20261123002", "0000")).Status);
        Assert.Equal(LookupStatus.NotMatched, (await api.FindAsync("../../etc", "1183")).Status);
    }

    [Fact]
    public async Task The_same_key_is_the_same_return()
    {
        await using var shop = await Shop.OpenAsync();

        var (first, body) = await PostAsync(shop, "MY20261120001", "key-00000001", """{"phone_tail":"6027","reason":"不喜欢"}""");
        Assert.Equal(HttpStatusCode.Created, first);
        Assert.Equal((HttpStatusCode.OK, body), await PostAsync(shop, "MY20261120001", "key-00000001", """{"phone_tail":"6027","reason":"不喜欢"}"""));
        Assert.Contains("key_reused", (await PostAsync(shop, "MY20261120001", "key-00000001", """{"phone_tail":"6027","reason":"别的"}""")).Body, StringComparison.Ordinal);
        Assert.Contains("already_open", (await PostAsync(shop, "MY20261120001", "key-00000002", """{"phone_tail":"6027","reason":"不喜欢"}""")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MY20261120001", "", """{"phone_tail":"6027","reason":"x"}""", "application/json", 400)]
    [InlineData("MY20261120001", "short", """{"phone_tail":"6027","reason":"x"}""", "application/json", 400)]
    [InlineData("MY20261120001", "key-00000001", "not json", "application/json", 400)]
    [InlineData("MY20261120001", "key-00000001", """{"phone_tail":"6027"}""", "application/json", 400)]
    [InlineData("MY20261120001", "key-00000001", "phone_tail=6027", "text/plain", 415)]
    [InlineData("MY20261120001", "key-00000001", """{"phone_tail":"0000","reason":"x"}""", "application/json", 403)]
    [InlineData("MY99999999999", "key-00000001", """{"phone_tail":"6027","reason":"x"}""", "application/json", 404)]
    [InlineData("MY20261018001", "key-00000001", """{"phone_tail":"6027","reason":"x"}""", "application/json", 422)]
    public async Task The_back_end_is_strict(string order, string key, string body, string type, int status) =>
        Assert.Equal((HttpStatusCode)status, (await PostAsync(await Shop.OpenAsync(), order, key, body, type)).Status);

    [Fact]
    public async Task A_refusal_is_a_value_and_a_breakdown_an_exception_without_customer_data()
    {
        await using var shop = await Shop.OpenAsync();
        await using var services = shop.Services();
        var api = services.GetRequiredService<IOrderApi>();

        var refused = await api.RequestReturnAsync("MY20261018001", new ReturnRequest("6027", "不喜欢"), "key-00000001");
        Assert.Equal((null, "这个订单现在不能退货。"), (refused.Return, refused.Refusal));

        shop.Instead = async context =>
        {
            await context.Response.Body.WriteAsync("<html>"u8.ToArray());
            return true;
        };
        var error = await Assert.ThrowsAsync<OrderApiException>(() => api.FindAsync("MY20261123002", "1183"));
        Assert.DoesNotContain("1183", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_about_another_order_is_refused()
    {
        await using var shop = await Shop.OpenAsync();
        await using var services = shop.Services();
        shop.Instead = async context =>
        {
            context.Response.StatusCode = context.Request.Method == "GET" ? 200 : 201;
            await context.Response.WriteAsync("""{"id":"MY20261120001","order_id":"MY20261120001","status":"已签收"}""");
            return true;
        };
        var api = services.GetRequiredService<IOrderApi>();

        await Assert.ThrowsAsync<OrderApiException>(() => api.FindAsync("MY20261123002", "1183"));
        await Assert.ThrowsAsync<OrderApiException>(() => api.RequestReturnAsync("MY20261123002", new ReturnRequest("1183", "x"), "key-00000001"));
        Assert.Equal(LookupStatus.Found, (await api.FindAsync("MY20261120001", "6027")).Status);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var shop = await Shop.OpenAsync();
        await using var services = shop.Services();
        shop.Instead = context =>
        {
            var first = !context.Request.Path.StartsWithSegments("/elsewhere", StringComparison.Ordinal);
            context.Response.StatusCode = first ? 302 : 404;
            context.Response.Headers.Location = "/elsewhere";
            return Task.FromResult(true);
        };

        await Assert.ThrowsAsync<OrderApiException>(() => services.GetRequiredService<IOrderApi>().FindAsync("MY20261123002", "1183"));
        Assert.DoesNotContain(shop.Requests, request => request.Contains("elsewhere", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_back_end_that_hangs_is_given_up()
    {
        await using var shop = await Shop.OpenAsync();
        await using var services = shop.Services(timeout: 0.2);
        shop.Instead = async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        await Assert.ThrowsAsync<OrderApiException>(() => services.GetRequiredService<IOrderApi>().FindAsync("MY20261123002", "1183"));
    }

    [Theory]
    [InlineData("http://shop.example/api")]
    [InlineData("ftp://shop.example")]
    [InlineData("https://user:secret@shop.example")]
    [InlineData("shop")]
    public void An_address_that_would_leak_orders_stops_the_start(string url)
    {
        using var services = TestBot.Services(all => all.AddPlugin<OrdersPlugin>().AddSingleton<IConfiguration>(Shop.Settings(url))).BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<OrdersOptions>>().Value);
        Assert.Contains("Orders:BaseUrl", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_over_tls_is_fine()
    {
        using var services = TestBot.Services(all => all.AddPlugin<OrdersPlugin>().AddSingleton<IConfiguration>(Shop.Settings("https://shop.example/api"))).BuildServiceProvider();
        Assert.Equal("https://shop.example/api", services.GetRequiredService<IOptions<OrdersOptions>>().Value.BaseUrl);
    }

    private static async Task<(HttpStatusCode Status, string Body)> PostAsync(Shop shop, string order, string key, string body, string type = "application/json")
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{shop.Url}/orders/{order}/returns") { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type)) };
        if (key.Length > 0)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using var response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
