using Microsoft.Extensions.Time.Testing;
using SmartService.Bot.Desk;

namespace SmartService.Desk.Tests.Store;

public sealed class AgentsTests
{
    private const string Password = "correct horse";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task An_agent_signs_in_with_the_password_and_with_no_other(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var agents = store.Agents();
        Assert.True(await agents.AddAsync("lin", "林晓", Password, Stop));
        Assert.False(await agents.AddAsync("lin", "冒名", "another password", Stop));

        Assert.Equal("林晓", (await agents.SignInAsync("lin", Password, "10.0.0.1", Stop)).Agent!.DisplayName);
        Assert.Null((await agents.SignInAsync("lin", "another password", "10.0.0.1", Stop)).Agent);
        Assert.Null((await agents.SignInAsync("nobody", Password, "10.0.0.1", Stop)).Agent);
        Assert.DoesNotContain(Password, Assert.Single(await store.QueryAsync<string>("select password_hash from agent")), StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_new_password_and_a_disabled_account_end_old_sign_ins(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var agents = store.Agents();
        await agents.AddAsync("lin", "林晓", Password, Stop);
        var before = (await agents.FindAsync("lin", Stop))!.Stamp;

        Assert.True(await agents.ChangePasswordAsync("lin", "a newer password", Stop));
        Assert.NotEqual(before, (await agents.FindAsync("lin", Stop))!.Stamp);
        Assert.Null((await agents.SignInAsync("lin", Password, "10.0.0.1", Stop)).Agent);
        Assert.NotNull((await agents.SignInAsync("lin", "a newer password", "10.0.0.1", Stop)).Agent);

        Assert.True(await agents.DisableAsync("lin", Stop));
        Assert.Null(await agents.FindAsync("lin", Stop));
        Assert.Empty(await agents.ListAsync(Stop));
        Assert.Null((await agents.SignInAsync("lin", "a newer password", "10.0.0.1", Stop)).Agent);
        Assert.False(await agents.DisableAsync("nobody", Stop));
        Assert.False(await agents.ChangePasswordAsync("nobody", Password, Stop));

        await agents.EnsureAsync("lin", "林小晓", "the demo password", Stop);
        Assert.Equal("林小晓", (await agents.SignInAsync("lin", "the demo password", "10.0.0.1", Stop)).Agent!.DisplayName);
    }

    [Theory]
    [InlineData("", Password)]
    [InlineData("林晓", Password)]
    [InlineData("a:b", Password)]
    [InlineData("lin", "short")]
    public async Task Names_and_passwords_that_do_not_do_are_refused(string name, string password)
    {
        await using var store = await DeskStore.OpenAsync("sqlite");
        await Assert.ThrowsAsync<ArgumentException>(() => store.Agents().AddAsync(name, "x", password, Stop));
    }

    [Fact]
    public async Task Guessing_is_refused_after_five_tries_until_the_window_is_over()
    {
        var time = new FakeTimeProvider();
        await using var store = await DeskStore.OpenAsync("sqlite", time);
        var agents = store.Agents(time);
        await agents.AddAsync("lin", "林晓", Password, Stop);
        for (var i = 0; i < SignInGuard.FailuresPerNameAndAddress; i++)
        {
            Assert.Null((await agents.SignInAsync("lin", "guess number " + i, "10.0.0.1", Stop)).RetryAfter);
        }

        var refused = await agents.SignInAsync("lin", Password, "10.0.0.1", Stop);
        Assert.Null(refused.Agent);
        Assert.Equal(SignInGuard.Window, refused.RetryAfter);
        Assert.NotNull((await agents.SignInAsync("lin", Password, "10.0.0.2", Stop)).Agent);
        time.Advance(SignInGuard.Window);
        Assert.NotNull((await agents.SignInAsync("lin", Password, "10.0.0.1", Stop)).Agent);
    }

    [Fact]
    public async Task Guesses_that_are_sent_at_once_count_as_those_sent_one_by_one()
    {
        await using var store = await DeskStore.OpenAsync("sqlite");
        var agents = store.Agents();
        await agents.AddAsync("lin", "林晓", Password, Stop);

        var tries = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(() => agents.SignInAsync("lin", "guess number " + i, "10.0.0.1", Stop))));

        Assert.Equal(SignInGuard.FailuresPerNameAndAddress, tries.Count(attempt => attempt.RetryAfter is null));
    }

    [Fact]
    public async Task People_who_know_their_password_are_never_refused()
    {
        await using var store = await DeskStore.OpenAsync("sqlite");
        var agents = store.Agents();
        await agents.AddAsync("lin", "林晓", Password, Stop);
        for (var i = 0; i < SignInGuard.FailuresPerAddress + 2; i++)
        {
            Assert.NotNull((await agents.SignInAsync("lin", Password, "10.0.0.1", Stop)).Agent);
        }
    }

    [Fact]
    public void An_address_that_tries_many_names_is_refused_for_all_of_them()
    {
        var guard = new SignInGuard(new FakeTimeProvider());
        for (var i = 0; i < SignInGuard.FailuresPerAddress; i++)
        {
            Assert.Null(guard.Count("name" + i, "10.0.0.1"));
        }

        Assert.NotNull(guard.Count("fresh", "10.0.0.1"));
        Assert.Null(guard.Count("fresh", "10.0.0.2"));
    }

    [Fact]
    public void A_name_that_is_tried_from_many_addresses_is_refused_everywhere()
    {
        var guard = new SignInGuard(new FakeTimeProvider());
        for (var i = 0; i < SignInGuard.FailuresPerName; i++)
        {
            guard.Count("lin", "address " + i);
        }

        Assert.NotNull(guard.Count("lin", "another address"));
        Assert.Null(guard.Count("wang", "another address"));
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", true)]
    [InlineData("::ffff:10.0.0.1", "::ffff:10.0.0.2", false)]
    public void An_IPv6_network_is_one_address(string first, string second, bool same)
    {
        var guard = new SignInGuard(new FakeTimeProvider());
        for (var i = 0; i < SignInGuard.FailuresPerNameAndAddress; i++)
        {
            guard.Count("lin", first);
        }

        Assert.Equal(same, guard.Count("lin", second) is not null);
    }

    [Fact]
    public void A_flood_of_names_and_addresses_costs_bounded_memory()
    {
        var time = new FakeTimeProvider();
        var guard = new SignInGuard(time);
        for (var i = 0; i < SignInGuard.MostKeys; i++)
        {
            guard.Count("name" + i, "address " + i);
        }

        Assert.Equal(SignInGuard.MostKeys, guard.Remembered);
        time.Advance(SignInGuard.Window);
        guard.Count("lin", "10.0.0.1");
        Assert.Equal(3, guard.Remembered);
    }
}
