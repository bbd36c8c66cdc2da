using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SmartService.Inference.Hosting;
using SmartService.Server.Hosting;

namespace SmartService.Server.Tests.Hosting;

public sealed class ModelWarmUpTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_command_waits_half_a_minute_for_the_model_and_says_so()
    {
        var time = new FakeTimeProvider();
        await using var terminal = new StringWriter();
        var started = time.GetUtcNow();

        var waiting = ModelWarmUp.WaitAsync(new TaskCompletionSource().Task, terminal, time, Stop);
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await waiting;
        Assert.True(time.GetUtcNow() - started >= ModelWarmUp.Patience);
        Assert.Contains("waiting at most 30 s", terminal.ToString(), StringComparison.Ordinal);
        Assert.Contains("not ready yet", terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_said_about_a_model_that_is_there_at_once()
    {
        await using var terminal = new StringWriter();

        await ModelWarmUp.WaitAsync(Task.CompletedTask, terminal, new FakeTimeProvider(), Stop);

        Assert.Empty(terminal.ToString());
    }

    [Theory]
    [InlineData(typeof(ModelUnavailableException))]
    [InlineData(typeof(ModelSaturatedException))]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(OperationCanceledException))]
    public async Task Whatever_goes_wrong_with_it_is_no_stack(Type failure)
    {
        var model = new FakeModelHost { Loading = Task.FromException((Exception)Activator.CreateInstance(failure)!) };
        await using var services = new ServiceCollection().AddSingleton<IModelHost>(model).BuildServiceProvider();

        await ModelWarmUp.RunAsync(services, NullLogger.Instance, Stop);

        Assert.Empty(model.Requests);
    }
}
