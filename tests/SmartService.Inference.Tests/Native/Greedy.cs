using System.Text;
using SmartService.Inference.Engine;

namespace SmartService.Inference.Tests.Native;

/// <summary>The plainest way to generate: one sequence, one token a step, always the most likely one.</summary>
internal static class Greedy
{
    public static List<int> Tokens(IDecoder decoder, IReadOnlyList<int> prompt, int count, int sequence = 0)
    {
        var batch = new DecodeBatch(decoder.BatchTokens);
        var start = decoder.LastPosition(sequence) + 1;
        for (var at = 0; at < prompt.Count; at++)
        {
            batch.Add(prompt[at], start + at, sequence, at == prompt.Count - 1);
        }

        var output = new List<int>();
        var row = batch.Count - 1;
        while (true)
        {
            Assert.Equal(DecodeStatus.Ok, decoder.Decode(batch));
            output.Add(Best(decoder.Logits(row)));
            if (output.Count == count)
            {
                return output;
            }

            batch.Clear();
            row = batch.Add(output[^1], decoder.LastPosition(sequence) + 1, sequence, logits: true);
        }
    }

    public static string Text(IDecoder decoder, IReadOnlyList<int> prompt, int count, int sequence = 0) =>
        Encoding.UTF8.GetString([.. Tokens(decoder, prompt, count, sequence).SelectMany(token => decoder.Vocabulary.Bytes(token).ToArray())]);

    public static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var at = 1; at < logits.Length; at++)
        {
            best = logits[at] > logits[best] ? at : best;
        }

        return best;
    }
}
