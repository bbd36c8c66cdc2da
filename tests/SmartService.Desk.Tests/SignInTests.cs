using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SmartService.Desk.SignIn;
using SmartService.Desk.Tests.Store;

namespace SmartService.Desk.Tests;

public sealed class SignInTests
{
    private const string Password = "correct horse";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_sign_in_ends_by_itself_when_it_is_ended_and_when_the_password_changes(string kind)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000));
        await using var store = await DeskStore.OpenAsync(kind, time);
        var agents = store.Agents(time);
        await agents.AddAsync("lin", "林晓", Password, Stop);
        var lin = (await agents.FindAsync("lin", Stop))!;
        var signIns = new SignIns(store.Database, agents, Options.Create(new DeskOptions { SessionHours = 2 }), time);

        var (ended, lasting) = (signIns.Begin(lin), signIns.Begin(lin));
        await signIns.EndAsync(ended, Stop);
        await signIns.EndAsync(ended, Stop);
        Assert.False(await signIns.StillHoldsAsync(ended, Stop));
        Assert.True(await signIns.StillHoldsAsync(lasting, Stop));
        time.Advance(TimeSpan.FromHours(2));
        Assert.False(await signIns.StillHoldsAsync(lasting, Stop));

        var next = signIns.Begin(lin);
        await signIns.EndAsync(next, Stop);
        Assert.Single(await store.QueryAsync<string>("select id from ended_sign_in"));
        var last = signIns.Begin(lin);
        await agents.ChangePasswordAsync("lin", "a newer password", Stop);
        Assert.False(await signIns.StillHoldsAsync(last, Stop));
        Assert.False(await signIns.StillHoldsAsync(new(), Stop));
    }

    [Theory]
    [InlineData("SessionHours", "0")]
    [InlineData("QueuePageSize", "1")]
    [InlineData("LogPageSize", "1000")]
    public void A_wrong_setting_is_named_by_its_whole_path(string name, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Desk:" + name, value)]).Build();
        using var services = new ServiceCollection().AddLogging().AddDesk(configuration).BuildServiceProvider();

        var refusal = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<DeskOptions>>().Value);

        Assert.Contains("Desk:" + name + " must be between", refusal.Message, StringComparison.Ordinal);
    }
}
