using System.ComponentModel;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using SmartService.Inference.Chat;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Chat;

/// <summary>Semantic Kernel takes the same client.</summary>
public sealed class SemanticKernelTests
{
    [Fact]
    public async Task A_kernel_answers_with_the_local_model_and_a_function_of_a_plugin()
    {
        await using var host = new ScriptedModelHost()
            .Says(FinishReason.Stop, "<tool_call>\n{\"name\": \"Orders_find_order\", \"arguments\": {\"id\": \"A-1\"}}\n</tool_call>")
            .Says(FinishReason.Stop, "A-1 已发货。");
        using var client = new LocalChatClient(host).AsBuilder().UseKernelFunctionInvocation().Build();
        var builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton(client.AsChatCompletionService());
        builder.Plugins.AddFromObject(new Orders(), "Orders");
        var kernel = builder.Build();

        var answer = await kernel.InvokePromptAsync(
            "订单A-1到哪了？", new(new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("A-1 已发货。", answer.ToString());
        Assert.Equal(2, host.Requests.Count);
        Assert.Contains("<tool_response>\nA-1: shipped\n</tool_response>", ChatTemplateTests.Text(host.Requests[1].Prompt), StringComparison.Ordinal);
    }

    private sealed class Orders
    {
        [KernelFunction("find_order"), Description("Finds an order.")]
        public string Find(string id) => $"{id}: shipped";
    }
}
