using System.Text;

namespace SmartService.Inference.Tests.TinyModels;

/// <summary>
/// A byte-level BPE vocabulary: the 256 bytes, merges that make the given words, and ChatML's special tokens.
/// Bytes are written as GPT-2 writes them: printable ones as themselves, the others as U+0100 and up.
/// </summary>
internal sealed class ByteLevelVocabulary
{
    private static readonly string[] Words =
    [
        "您好", "退款", "退货", "订单", "快递", "物流", "多久", "什么", "可以", "客服", "发货", "商品", "保修", "维修", "地址", "优惠",
        "的", "是", "了", "我", "你", "在", "不", "有", "吗", "请", "天", "到", "，", "。", "？", "！", " the", " and", "ing", "er",
        "order", "refund", "hello", "\"name\"", "\":", "\",", "0", "1", "true", "false", "null",
    ];

    public List<string> Tokens { get; } = [];

    public List<string> Merges { get; } = [];

    /// <summary>1 normal, 3 control, 4 user-defined: llama.cpp's token types.</summary>
    public List<int> Types { get; } = [];

    public int EndOfText { get; }

    public int TurnStart { get; }

    public int TurnEnd { get; }

    public ByteLevelVocabulary(int endOfTurnType = 3)
    {
        for (var value = 0; value < 256; value++)
        {
            Add(Symbol((byte)value).ToString(), 1);
        }

        foreach (var word in Words)
        {
            AddWord(word);
        }

        EndOfText = Add("<|endoftext|>", 3);
        TurnStart = Add("<|im_start|>", 3);
        TurnEnd = Add("<|im_end|>", endOfTurnType);
        Add("<tool_call>", 4);
        Add("</tool_call>", 4);
    }

    private void AddWord(string word)
    {
        var symbols = Encoding.UTF8.GetBytes(word).Select(b => Symbol(b).ToString()).ToList();
        var left = symbols[0];
        foreach (var right in symbols.Skip(1))
        {
            if (!Tokens.Contains(left + right, StringComparer.Ordinal))
            {
                Merges.Add($"{left} {right}");
                Add(left + right, 1);
            }

            left += right;
        }
    }

    private int Add(string token, int type)
    {
        Tokens.Add(token);
        Types.Add(type);
        return Tokens.Count - 1;
    }

    private static char Symbol(byte value)
    {
        if (IsPrintable(value))
        {
            return (char)value;
        }

        var earlier = 0;
        for (var other = 0; other < value; other++)
        {
            earlier += IsPrintable((byte)other) ? 0 : 1;
        }

        return (char)(256 + earlier);
    }

    private static bool IsPrintable(byte value) => value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174;
}
