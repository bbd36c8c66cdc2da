using System.Globalization;
using System.Text;
using SmartService.Inference.Catalogue;
using SmartService.Inference.Chat;
using SmartService.Inference.Gguf;

namespace SmartService.Server.Commands;

/// <summary>What <c>model check</c> says to the person who runs the shop's machine.</summary>
internal static class ModelCheckWords
{
    public static string Of(ModelFileException exception, string path)
    {
        var name = Path.GetFileName(exception.File ?? path);
        return exception.Fault switch
        {
            ModelFileFault.NotFound => $"没有这个文件：{exception.File ?? path}",
            ModelFileFault.Unreadable => $"读不了这个文件：{exception.File ?? path}",
            ModelFileFault.NotGguf => $"{name} 不是 GGUF 模型文件。",
            ModelFileFault.Unsupported => $"{name} 是本版本不支持的 GGUF 文件（版本、字节序或量化类型）。",
            ModelFileFault.Truncated => $"{name} 不完整，多半是下载中断了，请重新下载。",
            ModelFileFault.MissingShard => $"缺少分片 {name}，它要和第一个分片放在同一个文件夹。",
            ModelFileFault.WrongShard => $"{name} 不是第一个分片（…-00001-of-….gguf），或几个分片不属于同一个模型。",
            _ => $"{name} 已损坏：文件头不符合 GGUF 格式，请重新下载。",
        };
    }

    public static string NoModel(ModelFile model) => $"{model.Name} 不是能回答问题的模型（可能是适配器、投影器或词表）。";

    public static string TooLarge(ModelFit fit) =>
        $"这台机器的内存不够：至少要 {Gigabytes(fit.NeededBytes)}，{Limit(fit)}只有 {Gigabytes(fit.Memory.LimitBytes)}。请换更小的模型（model list --available）。";

    public static string Of(ModelCheck check)
    {
        var (model, fit) = (check.Model!, check.Fit!);
        var text = new StringBuilder();
        Line(text, "模型", $"{model.Name}（{model.Architecture}，{ModelLines.Size(model.Parameters)} 参数，{model.Quantisation}，{Gigabytes(model.Bytes)}{(model.Files.Count > 1 ? $"，{model.Files.Count} 个分片" : "")}）");
        if (model.Kind == ModelKind.Chat && string.IsNullOrWhiteSpace(model.Template))
        {
            Line(text, "注意", "文件里没有对话模板：可能是没有经过对话训练的基础模型。");
        }
        else if (model.Kind == ModelKind.Chat && ChatFamilyGuess.Of(model.Template, model.Architecture) is null)
        {
            Line(text, "注意", "不认识它的对话格式：要用设置 Model:Chat:Family 指明（例如 ChatML），否则不会用它回答。");
        }

        Line(text, "内存", Memory(fit));
        if (model.Kind == ModelKind.Chat)
        {
            Line(text, "上下文", $"每个会话最多 {fit.ContextTokens} 个 token（训练长度 {model.ContextTokens}），所有会话共用 {fit.CacheTokens} 个");
            Line(text, "并发", $"同时回答约 {fit.Conversations} 个会话（按每个 {ModelFit.ConversationTokens} 个 token 算），更多的排队");
        }
        else
        {
            Line(text, "用途", Purpose(model));
        }

        Line(text, "速度", check.Speed is { } speed ? Speed(speed) : check.TextSpeed is { } texts ? Speed(texts) : check.SpeedNote ?? "没有测速。");
        Line(text, "结论", check.Problem is { } problem ? $"✘ {problem}" : fit.FitsNow ? "✔ 这台机器可以运行它。" : "✔ 这台机器可以运行它，但要先腾出内存：现在空闲的不够。");
        return text.ToString().TrimEnd();
    }

    // What is loaded is not yet what the knowledge search uses; who sets it must not expect other answers.
    private static string Purpose(ModelFile model) => model.Kind == ModelKind.Embedding
        ? $"向量模型，把文字变成 {model.Dimensions} 维向量（训练长度 {model.ContextTokens} 个 token）。写在设置 Model:EmbeddingPath 里就会加载，供程序调用；知识库检索目前还不用它。"
        : $"重排模型，给问题和片段的相关程度打分（训练长度 {model.ContextTokens} 个 token）。写在设置 Model:RerankerPath 里就会加载，供程序调用；知识库检索目前还不用它。";

    private static string Memory(ModelFit fit) =>
        $"约需 {Gigabytes(fit.NeededBytes)}：权重 {Gigabytes(fit.WeightBytes)}，{(fit.CacheBytes > 0 ? $"缓存 {Gigabytes(fit.CacheBytes)}，" : "")}计算 {Gigabytes(fit.ComputeBytes)}，" +
        $"机器人自身 {Gigabytes(ModelFit.ServerBytes)}；{Limit(fit)}共 {Gigabytes(fit.Memory.LimitBytes)}，现在空闲 {Gigabytes(fit.Memory.AvailableBytes)}";

    private static string Speed(EncoderSpeed speed) =>
        string.Create(CultureInfo.InvariantCulture, $"每秒 {speed.TextsPerSecond:0.#} 段文字，每段约 {EncoderSpeed.CharactersPerText} 字（{speed.Backend}，实测）");

    private static string Speed(ModelSpeed speed) =>
        $"读提示词 {Rate(speed.PromptTokensPerSecond)}，写回答 {Rate(speed.TokensPerSecond)}（{speed.Backend}，单个会话实测）";

    private static string Rate(double? tokens) => tokens is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value:0.#} token/s") : "（太短，测不出）";

    private static string Limit(ModelFit fit) => fit.Memory.IsContainer ? "容器上限" : "本机";

    private static void Line(StringBuilder text, string name, string value) => text.Append(name).Append('\u3000', 4 - name.Length).Append(value).Append('\n');

    private static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB");
}
