namespace SmartService.Inference.Tests.TinyModels;

/// <summary>
/// Random models of a few hundred kilobytes that llama.cpp loads in milliseconds. Weights have zero mean and keep the size of
/// what flows through them, and output weights are their own, so that each prefix has its own continuation: with tied or tiny
/// weights every text would repeat its last token and tests of equality would pass for the wrong reason.
/// </summary>
internal static class TinyGguf
{
    /// <summary>ChatML, enough of it for a template to be found in the file.</summary>
    public const string ChatMlTemplate =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    /// <summary>
    /// A chat model of architecture <c>qwen2</c> or <c>llama</c> with byte-level vocabulary and ChatML special tokens.
    /// <paramref name="half"/>: F16 matrices; F32 has the least noise between batch shapes. <paramref name="patterns"/>: which of
    /// llama.cpp's word patterns. <paramref name="endOfTurnType"/>: the type that the file gives <c>&lt;|im_end|&gt;</c>.
    /// </summary>
    public static GgufWriter Chat(
        int seed = 1,
        string architecture = "qwen2",
        bool half = false,
        int layers = 2,
        int width = 64,
        int heads = 4,
        int keyHeads = 2,
        int context = 4096,
        bool addBegin = false,
        string name = "tiny",
        string patterns = "qwen2",
        int endOfTurnType = 3)
    {
        var random = new Gaussian(seed);
        var vocabulary = new ByteLevelVocabulary(endOfTurnType);
        var (forward, head) = (width * 2, width / heads);
        var file = new GgufWriter()
            .Add("general.architecture", architecture)
            .Add("general.name", name)
            .Add($"{architecture}.context_length", (uint)context)
            .Add($"{architecture}.embedding_length", (uint)width)
            .Add($"{architecture}.block_count", (uint)layers)
            .Add($"{architecture}.feed_forward_length", (uint)forward)
            .Add($"{architecture}.attention.head_count", (uint)heads)
            .Add($"{architecture}.attention.head_count_kv", (uint)keyHeads)
            .Add($"{architecture}.attention.layer_norm_rms_epsilon", 1e-6f)
            .Add($"{architecture}.rope.freq_base", 10000f)
            .Add($"{architecture}.rope.dimension_count", (uint)head)
            .Add($"{architecture}.vocab_size", (uint)vocabulary.Tokens.Count);
        AddByteLevel(file, vocabulary, patterns);
        file.Add("tokenizer.ggml.bos_token_id", (uint)(addBegin ? vocabulary.TurnStart : vocabulary.EndOfText))
            .Add("tokenizer.ggml.eos_token_id", (uint)vocabulary.TurnEnd)
            .Add("tokenizer.ggml.padding_token_id", (uint)vocabulary.EndOfText)
            .Add("tokenizer.ggml.add_bos_token", addBegin)
            .Add("tokenizer.chat_template", ChatMlTemplate);

        var tokens = vocabulary.Tokens.Count;
        file.Tensor("token_embd.weight", random.Next(width * tokens, 1), half, width, tokens)
            .Tensor("output_norm.weight", Ones(width), false, width)
            .Tensor("output.weight", random.Next(width * tokens, 4 / Math.Sqrt(width)), half, width, tokens);
        for (var layer = 0; layer < layers; layer++)
        {
            void Matrix(string tensor, int from, int to) =>
                file.Tensor($"blk.{layer}.{tensor}.weight", random.Next(from * to, 1.5 / Math.Sqrt(from)), half, from, to);
            file.Tensor($"blk.{layer}.attn_norm.weight", Ones(width), false, width);
            Matrix("attn_q", width, width);
            Matrix("attn_k", width, keyHeads * head);
            Matrix("attn_v", width, keyHeads * head);
            Matrix("attn_output", width, width);
            if (architecture == "qwen2")
            {
                file.Tensor($"blk.{layer}.attn_q.bias", random.Next(width, 0.1), false, width)
                    .Tensor($"blk.{layer}.attn_k.bias", random.Next(keyHeads * head, 0.1), false, keyHeads * head)
                    .Tensor($"blk.{layer}.attn_v.bias", random.Next(keyHeads * head, 0.1), false, keyHeads * head);
            }

            file.Tensor($"blk.{layer}.ffn_norm.weight", Ones(width), false, width);
            Matrix("ffn_gate", width, forward);
            Matrix("ffn_up", width, forward);
            Matrix("ffn_down", forward, width);
        }

        return file;
    }

    /// <summary>An embedding model of architecture <c>bert</c> with mean pooling and a word-piece vocabulary of single characters.</summary>
    public static GgufWriter Embedding(int seed = 1, int context = 128) => Bert(seed, context, pooling: 1, name: "tiny-embedding");

    /// <summary>A cross-encoder of architecture <c>bert</c> with rank pooling: one score per sequence.</summary>
    public static GgufWriter Reranker(int seed = 1, int context = 128)
    {
        const int width = 64;
        var random = new Gaussian(seed + 1000);
        return Bert(seed, context, pooling: 4, name: "tiny-reranker")
            .Tensor("cls.weight", random.Next(width * width, 1 / Math.Sqrt(width)), false, width, width)
            .Tensor("cls.bias", random.Next(width, 0.1), false, width)
            .Tensor("cls.output.weight", random.Next(width, 1 / Math.Sqrt(width)), false, width, 1)
            .Tensor("cls.output.bias", random.Next(1, 0.1), false, 1);
    }

    private static GgufWriter Bert(int seed, int context, uint pooling, string name)
    {
        const int width = 64, heads = 4, forward = 128, layers = 2;
        var random = new Gaussian(seed);
        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        // Word starts carry U+2581 in llama.cpp's files; pieces inside a word do not.
        var characters = Enumerable.Range(33, 94).Select(c => ((char)c).ToString())
            .Concat("您好退款货订单快递物流多久什么可以客服发商品保修维地址优惠的是了我你在不有吗请天到，。？！春夏秋冬红黄蓝绿".Distinct().Select(c => c.ToString()))
            .ToArray();
        var tokens = special.Concat(characters.Select(c => "\u2581" + c)).Concat(characters).ToArray();
        var types = tokens.Select((_, at) => at < special.Length ? 3 : 1).ToArray();
        var file = new GgufWriter()
            .Add("general.architecture", "bert")
            .Add("general.name", name)
            .Add("bert.context_length", (uint)context)
            .Add("bert.embedding_length", (uint)width)
            .Add("bert.block_count", (uint)layers)
            .Add("bert.feed_forward_length", (uint)forward)
            .Add("bert.attention.head_count", (uint)heads)
            .Add("bert.attention.layer_norm_epsilon", 1e-12f)
            .Add("bert.attention.causal", false)
            .Add("bert.pooling_type", pooling)
            .Add("tokenizer.ggml.model", "bert")
            .Add("tokenizer.ggml.pre", "default")
            .Add("tokenizer.ggml.token_type_count", 2u)
            .Add("tokenizer.ggml.tokens", tokens)
            .Add("tokenizer.ggml.token_type", types)
            .Add("tokenizer.ggml.scores", new float[tokens.Length])
            .Add("tokenizer.ggml.padding_token_id", 0u)
            .Add("tokenizer.ggml.unknown_token_id", 1u)
            .Add("tokenizer.ggml.cls_token_id", 2u)
            .Add("tokenizer.ggml.bos_token_id", 2u)
            .Add("tokenizer.ggml.seperator_token_id", 3u)
            .Add("tokenizer.ggml.eos_token_id", 3u)
            .Add("tokenizer.ggml.mask_token_id", 4u)
            .Tensor("token_embd.weight", random.Next(width * tokens.Length, 1), false, width, tokens.Length)
            .Tensor("token_types.weight", random.Next(width * 2, 0.1), false, width, 2)
            .Tensor("position_embd.weight", random.Next(width * context, 0.5), false, width, context)
            .Tensor("token_embd_norm.weight", Ones(width), false, width)
            .Tensor("token_embd_norm.bias", new float[width], false, width);
        for (var layer = 0; layer < layers; layer++)
        {
            void Linear(string tensor, int from, int to) => file
                .Tensor($"blk.{layer}.{tensor}.weight", random.Next(from * to, 1.2 / Math.Sqrt(from)), false, from, to)
                .Tensor($"blk.{layer}.{tensor}.bias", random.Next(to, 0.1), false, to);
            void Norm(string tensor) => file
                .Tensor($"blk.{layer}.{tensor}.weight", Ones(width), false, width)
                .Tensor($"blk.{layer}.{tensor}.bias", new float[width], false, width);
            Linear("attn_q", width, width);
            Linear("attn_k", width, width);
            Linear("attn_v", width, width);
            Linear("attn_output", width, width);
            Norm("attn_output_norm");
            Linear("ffn_up", width, forward);
            Linear("ffn_down", forward, width);
            Norm("layer_output_norm");
        }

        return file;
    }

    private static void AddByteLevel(GgufWriter file, ByteLevelVocabulary vocabulary, string patterns) => file
        .Add("tokenizer.ggml.model", "gpt2")
        .Add("tokenizer.ggml.pre", patterns)
        .Add("tokenizer.ggml.tokens", vocabulary.Tokens)
        .Add("tokenizer.ggml.token_type", vocabulary.Types)
        .Add("tokenizer.ggml.merges", vocabulary.Merges);

    private static float[] Ones(int count)
    {
        var values = new float[count];
        Array.Fill(values, 1);
        return values;
    }

    /// <summary>Normal deviates by Box and Muller from a seeded generator.</summary>
    private sealed class Gaussian(int seed)
    {
        private readonly Random _random = new(seed);

        public float[] Next(int count, double deviation)
        {
            var values = new float[count];
            for (var at = 0; at < count; at++)
            {
                var radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
                values[at] = (float)(deviation * radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
            }

            return values;
        }
    }
}
