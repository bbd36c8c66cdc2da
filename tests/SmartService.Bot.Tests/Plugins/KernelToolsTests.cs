using System.ComponentModel;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using FunctionInvocationContext = Microsoft.SemanticKernel.FunctionInvocationContext;
using FunctionResultContent = Microsoft.Extensions.AI.FunctionResultContent;
using SmartService.Bot.Plugins;
using SmartService.Plugins;
using SmartService.Testing;

namespace SmartService.Bot.Tests.Plugins;

/// <summary>Semantic Kernel 1.82 under Microsoft.Extensions.AI 10.11: what the plugin host rests on.</summary>
public sealed class KernelToolsTests
{
    [Fact]
    public async Task A_filter_runs_exactly_once_when_the_tool_is_called_directly()
    {
        await using var provider = Provider(out var filter);
        using var scope = provider.CreateScope();
        var tool = scope.ServiceProvider.GetRequiredService<KernelTools>().Build()["parcels_track"];

        var result = await tool.Function.InvokeAsync(new AIFunctionArguments(new Dictionary<string, object?> { ["number"] = "SF1" }));

        Assert.Equal("SF1 在路上", result?.ToString());
        Assert.Equal(["parcels.track"], filter.Calls);
    }

    [Fact]
    public async Task A_filter_runs_exactly_once_when_the_gate_calls_the_tool()
    {
        await using var provider = Provider(out var filter);
        using var scope = provider.CreateScope();
        var gate = scope.ServiceProvider.GetRequiredService<Toolbox>().GateFor("kf:a:b", _ => true);

        var result = await gate.InvokeAsync("parcels_track", new Dictionary<string, object?> { ["number"] = "SF2" });

        Assert.Equal("SF2 在路上", result.Value?.GetString());
        Assert.Equal(["parcels.track"], filter.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_filter_runs_exactly_once_when_the_model_calls_the_tool(bool throughInvoker)
    {
        await using var provider = Provider(out var filter);
        using var scope = provider.CreateScope();
        var tools = scope.ServiceProvider.GetRequiredService<KernelTools>().Build();
        using var model = new ScriptedChatClient().Calls("parcels_track", new { number = "SF3" }).Says("在路上");
        using var client = new FunctionInvokingChatClient(model);
        if (throughInvoker)
        {
            client.FunctionInvoker = (call, cancellationToken) => call.Function.InvokeAsync(call.Arguments, cancellationToken);
        }

        var options = new ChatOptions { Tools = [.. tools.Values.Select(tool => tool.Function)] };
        var answer = await client.GetResponseAsync([new ChatMessage(ChatRole.User, "到哪了")], options);

        Assert.Equal("在路上", answer.Text);
        Assert.Equal(["parcels.track"], filter.Calls);
        Assert.Contains("SF3 在路上", model.Requests[1][^1].Contents.OfType<FunctionResultContent>().Single().Result?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_wrapper_the_filter_would_be_skipped()
    {
        await using var provider = Provider(out var filter);
        using var scope = provider.CreateScope();
        var kernel = new Kernel(scope.ServiceProvider);
        AIFunction bare = KernelPluginFactory.CreateFromObject(new ParcelTools(), "parcels").First().WithKernel(kernel);

        await bare.InvokeAsync(new AIFunctionArguments(new Dictionary<string, object?> { ["number"] = "SF4" }));

        Assert.Empty(filter.Calls);
    }

    [Fact]
    public async Task Any_function_is_a_tool_and_passes_the_filters_too()
    {
        await using var provider = Provider(out var filter);
        using var scope = provider.CreateScope();
        var tools = scope.ServiceProvider.GetRequiredService<KernelTools>().Build();

        Assert.Equal("7", (await tools["parcels_add"].Function.InvokeAsync(new AIFunctionArguments(new Dictionary<string, object?> { ["a"] = 3, ["b"] = 4 })))?.ToString());
        Assert.Equal(["parcels.add"], filter.Calls);
    }

    [Fact]
    public async Task Effects_and_descriptions_come_from_the_attributes()
    {
        await using var provider = Provider(out _);
        using var scope = provider.CreateScope();
        var tools = scope.ServiceProvider.GetRequiredService<KernelTools>().Build();

        Assert.Equal(["parcels_Cancel", "parcels_add", "parcels_foreign", "parcels_forgotten", "parcels_track"], tools.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Effect.Write, tools["parcels_Cancel"].Effect);
        Assert.Equal(Effect.Read, tools["parcels_track"].Effect);
        Assert.Equal(Effect.Read, tools["parcels_add"].Effect);
        // Nothing declared: the customer is asked first.
        Assert.Equal(Effect.Write, tools["parcels_foreign"].Effect);
        Assert.Equal(Effect.Write, tools["parcels_forgotten"].Effect);
        Assert.Equal("查询包裹", tools["parcels_track"].Function.Description);
        Assert.Contains("number", tools["parcels_track"].Function.JsonSchema.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("中文")]
    [InlineData("Upper")]
    [InlineData("a-b")]
    public void A_plugin_name_that_semantic_kernel_refuses_stops_the_start(string name)
    {
        var error = Assert.Throws<InvalidOperationException>(() => new ServiceCollection().AddPlugin(new Named(name)));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_plugins_of_one_name_stop_the_start() =>
        Assert.Throws<InvalidOperationException>(() => new ServiceCollection().AddPlugin(new Named("a")).AddPlugin(new Named("a")));

    private static ServiceProvider Provider(out CountingFilter filter)
    {
        var counting = new CountingFilter();
        filter = counting;
        return TestBot.Services(services => services.AddPlugin<Parcels>().AddSingleton<IFunctionInvocationFilter>(counting)).BuildServiceProvider();
    }

    private sealed class CountingFilter : IFunctionInvocationFilter
    {
        public List<string> Calls { get; } = [];

        public Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next)
        {
            Calls.Add($"{context.Function.PluginName}.{context.Function.Name}");
            return next(context);
        }
    }

    private sealed class Named(string name) : IPlugin
    {
        public string Name => name;

        public void Configure(PluginBuilder plugin)
        {
        }
    }

    private sealed class Parcels : IPlugin
    {
        public string Name => "parcels";

        public void Configure(PluginBuilder plugin) => plugin
            .AddTools<ParcelTools>()
            .AddTool(AIFunctionFactory.Create((int a, int b) => a + b, "add", "加法"), Effect.Read)
            .AddTool(AIFunctionFactory.Create(() => "?", "foreign"));
    }

    private sealed class ParcelTools
    {
        [KernelFunction("track"), ToolEffect(Effect.Read), Description("查询包裹")]
        public Task<string> TrackAsync(string number) => Task.FromResult($"{number} 在路上");

        [KernelFunction("forgotten")]
        public ValueTask<string> ForgottenAsync() => ValueTask.FromResult("");

        [KernelFunction, ToolEffect(Effect.Write)]
        public Task<string> CancelAsync(string number) => Task.FromResult($"{number} 已取消");
    }
}
