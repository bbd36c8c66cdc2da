using System.Globalization;
using System.Text;
using SmartService.Inference.Hosting;

namespace SmartService.Server.Bench.Model;

/// <summary>
/// Made-up prompts of wanted lengths. Each round gets a salt at the start of its text, so that nothing cached in an earlier
/// round helps any side.
/// </summary>
internal sealed class BenchPrompts(Func<string, string, IReadOnlyList<PromptBlock>> render)
{
    private static readonly string[] Subjects = ["沙发", "餐桌", "床垫", "衣柜", "书架", "台灯", "地毯", "窗帘", "茶几", "椅子", "屏风", "花架", "鞋柜", "镜子", "床头柜", "吊灯"];

    public BenchRequest Short(string salt, int at, int maxTokens) =>
        new(render($"你是家居店的客服，编号{salt}。", $"请详细介绍第{at.ToString(CultureInfo.InvariantCulture)}款{Subjects[at % Subjects.Length]}怎么保养。"), maxTokens);

    /// <summary>All requests of a salt share the system text, about <paramref name="sharedTokens"/> tokens.</summary>
    public BenchRequest Shared(string salt, int at, int sharedTokens, int maxTokens) =>
        new(render(Rules(salt, sharedTokens), $"请详细介绍第{at.ToString(CultureInfo.InvariantCulture)}款{Subjects[at % Subjects.Length]}怎么保养。"), maxTokens);

    public BenchRequest Long(string salt, int tokens, int maxTokens) => new(render("你是客服。", Rules(salt, tokens) + "请总结以上规则。"), maxTokens);

    public BenchRequest Intent(string salt, int at) =>
        new(render($"判断顾客的意图，编号{salt}，只输出JSON。", $"我的订单A{at.ToString("D5", CultureInfo.InvariantCulture)}什么时候能到？很着急！"), 64, IntentGrammar.Schema);

    // One rule is about 20 tokens for vocabularies with Chinese words.
    private static string Rules(string salt, int tokens)
    {
        var text = new StringBuilder($"你是家居店的客服，编号{salt}。店规如下。");
        for (var at = 0; at < tokens / 20; at++)
        {
            text.Append(CultureInfo.InvariantCulture, $"规则{at + 1}：{Subjects[at % Subjects.Length]}签收后{(at % 28) + 3}天内可以退换，运费由{(at % 2 == 0 ? "本店" : "买家")}承担。");
        }

        return text.ToString();
    }
}
