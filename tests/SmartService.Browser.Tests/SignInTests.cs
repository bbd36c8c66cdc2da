using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using SmartService.Browser.Tests.Hosting;

namespace SmartService.Browser.Tests;

/// <summary>The sign-in over plain HTTP; needs no browser.</summary>
public sealed class SignInTests
{
    [Fact]
    public async Task A_sign_in_at_one_server_holds_at_another_one_of_the_same_store_until_it_is_ended_at_either()
    {
        await using var one = await DeskHost.StartAsync();
        await using var two = await DeskHost.StartAsync(one.Database);
        using var agent = Client(one.Address);
        await SignInAsync(agent);
        var cookie = string.Join("; ", agent.Cookies.GetCookies(new Uri(one.Address)).Select(each => $"{each.Name}={each.Value}"));

        Assert.Equal(HttpStatusCode.OK, await DeskAsync(one.Address, cookie));
        Assert.Equal(HttpStatusCode.OK, await DeskAsync(two.Address, cookie));
        Assert.Equal(HttpStatusCode.Redirect, await DeskAsync(two.Address, ""));

        using var left = await agent.PostAsync("/desk/logout", new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.Equal(HttpStatusCode.Redirect, left.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, await DeskAsync(one.Address, cookie));
        Assert.Equal(HttpStatusCode.Redirect, await DeskAsync(two.Address, cookie));
    }

    [Fact]
    public async Task The_way_to_the_sign_in_does_not_depend_on_the_host_that_the_caller_names()
    {
        await using var host = await DeskHost.StartAsync();
        using var stranger = Client(host.Address);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/desk/c/x?a=1") { Headers = { Host = "evil.example" } };

        using var answer = await stranger.Http.SendAsync(request);

        Assert.Equal("/desk/login?returnUrl=%2Fdesk%2Fc%2Fx%3Fa%3D1", answer.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task A_form_larger_than_any_sign_in_is_refused_unread()
    {
        await using var host = await DeskHost.StartAsync();
        using var stranger = Client(host.Address);

        using var answer = await stranger.PostAsync("/desk/login", new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "lin", ["password"] = new string('x', 20_000) });

        Assert.True(answer.StatusCode is HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.BadRequest, answer.StatusCode.ToString());
    }

    private static async Task SignInAsync(Visitor agent)
    {
        using var answer = await agent.PostAsync("/desk/login", new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "lin", ["password"] = DeskHost.Password });
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    private static async Task<HttpStatusCode> DeskAsync(string address, string cookie)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new Uri(address) };
        if (cookie.Length > 0)
        {
            http.DefaultRequestHeaders.Add("Cookie", cookie);
        }

        using var answer = await http.GetAsync("/desk");
        return answer.StatusCode;
    }

    private static Visitor Client(string address) => new(address);

    /// <summary>Keeps cookies, and fills in the token that the forms carry.</summary>
    private sealed class Visitor : IDisposable
    {
        public Visitor(string address) => Http = new HttpClient(
            new SocketsHttpHandler { UseProxy = false, CookieContainer = Cookies, AllowAutoRedirect = false }) { BaseAddress = new Uri(address) };

        public CookieContainer Cookies { get; } = new();

        public HttpClient Http { get; }

        public async Task<HttpResponseMessage> PostAsync(string path, Dictionary<string, string> form)
        {
            var page = await Http.GetStringAsync("/desk/login");
            var token = Regex.Match(page, "name=\"__RequestVerificationToken\"[^>]*value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Groups["token"].Value;
            form["__RequestVerificationToken"] = token;
            using var content = new FormUrlEncodedContent(form);
            return await Http.PostAsync(path, content);
        }

        public void Dispose() => Http.Dispose();
    }
}
