using SmartService.Inference.Gguf;

namespace SmartService.Inference.Tests.Embeddings;

/// <summary>
/// The BERT of Devlin et al. (2018) in plain arithmetic over an F32 GGUF file: what llama.cpp must give, computed without it. Its GELU is the
/// tanh approximation, as ggml's.
/// </summary>
internal sealed class ReferenceBert
{
    private readonly Dictionary<string, float[]> _tensors;
    private readonly int _width;
    private readonly int _heads;
    private readonly int _layers;
    private readonly float _epsilon;

    public ReferenceBert(string path)
    {
        var header = GgufHeader.Read(path);
        using var file = File.OpenRead(path);
        _tensors = header.Tensors.ToDictionary(tensor => tensor.Name, tensor =>
        {
            Assert.Equal("F32", tensor.Type);
            var bytes = new byte[tensor.Elements * 4];
            file.Position = header.DataOffset + tensor.Offset;
            file.ReadExactly(bytes);
            var values = new float[tensor.Elements];
            Buffer.BlockCopy(bytes, 0, values, 0, bytes.Length);
            return values;
        }, StringComparer.Ordinal);
        _width = (int)header.Whole("bert.embedding_length")!.Value;
        _heads = (int)header.Whole("bert.attention.head_count")!.Value;
        _layers = (int)header.Whole("bert.block_count")!.Value;
        _epsilon = (float)header.Number("bert.attention.layer_norm_epsilon")!.Value;
    }

    /// <summary>The mean of the last layer, not normalised.</summary>
    public double[] Mean(int[] tokens)
    {
        var hidden = Hidden(tokens);
        return [.. Enumerable.Range(0, _width).Select(at => hidden.Average(row => row[at]))];
    }

    /// <summary>The classification head over the first token: two layers with tanh between.</summary>
    public double Score(int[] tokens)
    {
        var first = Linear("cls", Hidden(tokens)[0]);
        return Linear("cls.output", [.. first.Select(Math.Tanh)])[0];
    }

    public double[] Linear(string name, double[] input)
    {
        var (weight, bias) = (_tensors[name + ".weight"], _tensors[name + ".bias"]);
        return [.. bias.Select((value, row) => value + input.Select((x, at) => x * weight[(row * input.Length) + at]).Sum())];
    }

    private double[][] Hidden(int[] tokens)
    {
        var rows = tokens.Select((token, position) => Norm("token_embd_norm", [.. Enumerable.Range(0, _width).Select(at =>
            (double)_tensors["token_embd.weight"][(token * _width) + at]
            + _tensors["token_types.weight"][at]
            + _tensors["position_embd.weight"][(position * _width) + at])])).ToArray();
        for (var layer = 0; layer < _layers; layer++)
        {
            var block = $"blk.{layer}.";
            var attended = Attend(block, rows);
            rows = [.. rows.Select((row, at) => Norm(block + "attn_output_norm", Add(row, Linear(block + "attn_output", attended[at]))))];
            rows = [.. rows.Select(row =>
                Norm(block + "layer_output_norm", Add(row, Linear(block + "ffn_down", [.. Linear(block + "ffn_up", row).Select(Gelu)]))))];
        }

        return rows;
    }

    private double[][] Attend(string block, double[][] rows)
    {
        var (q, k, v) = (All("attn_q"), All("attn_k"), All("attn_v"));
        var size = _width / _heads;
        var output = rows.Select(_ => new double[_width]).ToArray();
        for (var head = 0; head < _heads; head++)
        {
            var from = head * size;
            for (var row = 0; row < rows.Length; row++)
            {
                var scores = k.Select(key => Enumerable.Range(from, size).Sum(at => q[row][at] * key[at]) / Math.Sqrt(size)).ToArray();
                var most = scores.Max();
                var weights = scores.Select(score => Math.Exp(score - most)).ToArray();
                var sum = weights.Sum();
                for (var at = from; at < from + size; at++)
                {
                    output[row][at] = weights.Select((weight, other) => weight / sum * v[other][at]).Sum();
                }
            }
        }

        return output;

        double[][] All(string name) => [.. rows.Select(row => Linear(block + name, row))];
    }

    private double[] Norm(string name, double[] row)
    {
        var mean = row.Average();
        var scale = 1 / Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + _epsilon);
        return [.. row.Select((value, at) => ((value - mean) * scale * _tensors[name + ".weight"][at]) + _tensors[name + ".bias"][at])];
    }

    private static double[] Add(double[] one, double[] other) => [.. one.Select((value, at) => value + other[at])];

    private static double Gelu(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));
}
