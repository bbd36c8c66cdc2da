using System.ComponentModel;
using Microsoft.SemanticKernel;
using SmartService.Plugins;

namespace SmartService.Plugins.Stores;

public sealed class StoreTools
{
    [KernelFunction("address"), Description("查询门店地址"), ToolEffect(Effect.Read)]
    public string Address([Description("城市")] string city) => city == "杭州" ? "文二路 1 号" : "暂无门店";

    [KernelFunction("book"), Description("预约到店"), ToolEffect(Effect.Write)]
    public string Book(string city, string idempotencyKey) => $"{city}预约成功，编号 {idempotencyKey[..4]}";
}
