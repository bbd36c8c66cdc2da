using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using SmartService.Inference.Hosting;
using SmartService.Knowledge;
using SmartService.Server.Hosting;

namespace SmartService.Server.Tests.Hosting;

public sealed class WarmUpTests
{
    [Fact]
    public async Task The_server_is_ready_when_it_is_warm()
    {
        var retriever = new GatedRetriever();
        using var warmUp = new WarmUp(retriever, new ServiceCollection().BuildServiceProvider(), TimeProvider.System, NullLogger<WarmUp>.Instance);
        await warmUp.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HealthStatus.Unhealthy, await StatusAsync(warmUp));
        retriever.Found.SetResult(Grounding.Empty);
        await warmUp.ExecuteTask!;

        Assert.Equal(HealthStatus.Healthy, await StatusAsync(warmUp));
    }

    [Fact]
    public async Task The_server_is_ready_while_its_model_is_still_being_loaded()
    {
        var (retriever, loading) = (new GatedRetriever(), new TaskCompletionSource());
        await using var services = new ServiceCollection().AddSingleton<IModelHost>(new FakeModelHost { Loading = loading.Task }).BuildServiceProvider();
        using var warmUp = new WarmUp(retriever, services, TimeProvider.System, NullLogger<WarmUp>.Instance);
        await warmUp.StartAsync(TestContext.Current.CancellationToken);

        retriever.Found.SetResult(Grounding.Empty);
        await warmUp.Ready;

        Assert.Equal(HealthStatus.Healthy, await StatusAsync(warmUp));
        Assert.False(warmUp.Finished.IsCompleted);
        loading.SetResult();
        await warmUp.Finished;
    }

    [Fact]
    public async Task A_failure_only_makes_the_first_answers_slow()
    {
        var retriever = new GatedRetriever();
        retriever.Found.SetException(new InvalidOperationException("The knowledge base is away."));
        using var warmUp = new WarmUp(retriever, new ServiceCollection().BuildServiceProvider(), TimeProvider.System, NullLogger<WarmUp>.Instance);

        await warmUp.StartAsync(TestContext.Current.CancellationToken);
        await warmUp.ExecuteTask!;

        Assert.Equal(HealthStatus.Healthy, await StatusAsync(warmUp));
    }

    private static async Task<HealthStatus> StatusAsync(WarmUp warmUp) =>
        (await warmUp.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken)).Status;

    private sealed class GatedRetriever : IRetriever
    {
        public TaskCompletionSource<Grounding> Found { get; } = new();

        public Task<Grounding> RetrieveAsync(KnowledgeQuery query, CancellationToken cancellationToken = default) => Found.Task;
    }
}
