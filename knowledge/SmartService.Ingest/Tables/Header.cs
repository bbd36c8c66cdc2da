using System.Text.RegularExpressions;

namespace SmartService.Ingest.Tables;

/// <summary>A column: its name, and the unit that it carries in brackets, as in 价格（元）.</summary>
internal sealed partial record Header(string Name, string? Unit)
{
    private static readonly string[] NameHeaders = ["名称", "商品", "商品名称", "商品名", "产品", "产品名称", "产品名", "品名", "名字"];
    private static readonly string[] AliasHeaders = ["别名", "俗称", "简称", "又名", "昵称"];
    private static readonly string[] CodeHeaders = ["编号", "型号", "货号", "SKU", "商品编号", "产品编号"];
    private static readonly string[] QuestionHeaders = ["问题", "标准问题", "标准问", "问", "问法", "question", "q"];
    private static readonly string[] AnswerHeaders = ["答案", "回答", "标准答案", "答", "回复", "answer", "a"];
    private static readonly string[] VariantHeaders = ["相似问法", "相似问题", "相似问", "其他问法", "扩展问", "variants"];
    private static readonly string[] FromHeaders = ["开始日期", "开始时间", "生效日期", "起始日期", "开始", "valid_from"];
    private static readonly string[] ToHeaders = ["结束日期", "结束时间", "截止日期", "失效日期", "截止", "结束", "valid_to"];
    private static readonly string[] ProductHeaders = ["价格", "售价", "单价", "现价", "零售价", "材质", "库存", "质保", "保修", "尺寸", "规格", "重量", "净重"];

    public bool IsName => In(NameHeaders);

    public bool IsAlias => In(AliasHeaders);

    public bool IsCode => In(CodeHeaders);

    public bool IsQuestion => In(QuestionHeaders);

    public bool IsAnswer => In(AnswerHeaders);

    public bool IsVariants => In(VariantHeaders);

    public bool IsFrom => In(FromHeaders);

    public bool IsTo => In(ToHeaders);

    public bool IsProductFact => In(ProductHeaders);

    public static Header Parse(string text)
    {
        var match = InBrackets().Match(text.Trim());
        return match.Success ? new Header(match.Groups["name"].Value.Trim(), match.Groups["unit"].Value.Trim()) : new Header(text.Trim(), null);
    }

    /// <summary>A value as people write it: 2999元, 60个月, 218x95x88cm.</summary>
    public string WithUnit(string value) => Unit is null || !Measured().IsMatch(value) ? value : value + Spoken;

    private string? Spoken => Unit == "月" ? "个月" : Unit;

    private bool In(string[] names) => Array.Exists(names, name => Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex(@"^(?<name>[^（(\[【]+)[（(\[【](?<unit>[^）)\]】]{1,8})[）)\]】]$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex InBrackets();

    /// <summary>A number or sizes such as 218x95x88.</summary>
    [GeneratedRegex(@"^\d[\d.,]*(\s*[x×*~-]\s*\d[\d.]*)*$", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Measured();
}
