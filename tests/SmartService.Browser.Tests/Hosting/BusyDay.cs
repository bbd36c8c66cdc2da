using System.Threading.Tasks;
using SmartService.Testing.Desk;
using SmartService.Turns;

namespace SmartService.Browser.Tests.Hosting;

/// <summary>A desk as it looks in the middle of a working day; returns the conversation that is most interesting to open.</summary>
internal static class BusyDay
{
    public static async Task<string> SeedAsync(ConversationSeed seed)
    {
        var id = await seed.ConversationAsync("wmAQ3kDwAAz7F2", ConversationOwner.Bot, minutesAgo: 7, budgetUsed: 2);
        var first = await seed.SaysAsync(id, "你好，上周买的云朵沙发，布面被猫抓破了一个口子，能免费修吗？");
        await seed.BotAnswersAsync(
            id, first, "布艺沙发面料自签收起质保 1 年；宠物抓咬属于人为损坏，不在免费维修范围内，可以付费换面料，单人位 280 元起。",
            citations:
            [
                new Citation("policy-7#2", "售后政策.md › 质保范围", "布艺面料自签收之日起质保一年。宠物抓咬、烟烫、液体浸泡等人为损坏不在质保范围内。"),
                new Citation("faq-31", "常见问题 › 换面料", "付费换面料：单人位 280 元起，双人位 460 元起。"),
            ]);
        var second = await seed.SaysAsync(id, "可是才用了六天！我要找人工，这个处理不了就打 12315");
        await seed.BotAnswersAsync(id, second, "非常抱歉给您带来不便，已为您转接人工客服，请稍候。", TurnOutcome.HandedOff);
        await seed.HandOffAsync(id, HandoffReason.Policy);

        var mine = await seed.ConversationAsync("wmAQ3kDwAAp9K1", ConversationOwner.Agent, "lin", HandoffReason.Requested, minutesAgo: 12, unread: 2);
        await seed.SaysAsync(mine, "好的，那我等你们的快递员上门取件");
        var colleague = await seed.ConversationAsync("wmAQ3kDwAAq4T8", ConversationOwner.Agent, "wang", HandoffReason.RepeatedFailure, minutesAgo: 25);
        await seed.SaysAsync(colleague, "发票抬头能改成公司吗");
        var trouble = await seed.ConversationAsync("wmAQ3kDwAAr2M5", minutesAgo: 40);
        await seed.SaysAsync(trouble, "床垫 1.8 米的有货吗", state: "Dead", error: "the handler crashed 5 times");
        foreach (var (customer, text) in (( string, string )[])[("wmAQ3kDwAAs8X3", "谢谢"), ("wmAQ3kDwAAt1B6", "餐桌多大尺寸？"), ("wmAQ3kDwAAu5C9", "满减活动到什么时候")])
        {
            var recent = await seed.ConversationAsync(customer);
            await seed.SaysAsync(recent, text);
        }

        return id;
    }
}
