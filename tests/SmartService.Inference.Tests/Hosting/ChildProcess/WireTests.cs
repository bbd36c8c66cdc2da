using System.Text.Json;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

public sealed class WireTests
{
    [Fact]
    public void A_request_arrives_as_it_was_whatever_its_defaults()
    {
        var request = new GenerationRequest
        {
            Prompt = [new PromptBlock([new("<|im_start|>", true), new("你好 <|im_end|> \ud83d\ude00 \" \u0001", false)], Required: false)],
            MaxTokens = 0,
            Sampling = new SamplingSettings { Temperature = 0, TopK = 0, TopP = 0, MinP = 0, RepetitionPenalty = 0, PenaltyWindow = 0, Seed = ulong.MaxValue },
            Stop = ["\n\n", "。"],
            Shape = new OutputShape.InOrder(
            [
                new OutputShape.Literal("{"), new OutputShape.Json("{\"type\":\"object\"}"),
                new OutputShape.Choice([new OutputShape.Literal("是"), new OutputShape.Literal("否")]),
                new OutputShape.FreeText("<tool_call>", new OutputShape.Json(""), AtStartOnly: true, Required: true), new OutputShape.FreeText(),
            ]),
            Conversation = "c1",
            Tenant = "甲",
            Class = RequestClass.Background,
            TimeLimit = TimeSpan.FromMilliseconds(1234.5),
        };
        var bytes = JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Compact.GenerationRequest);
        var arrived = WireJson.Read(bytes, WireJson.Compact.GenerationRequest);
        Assert.Equivalent(request, arrived, strict: true);
        Assert.Equal(bytes, JsonSerializer.SerializeToUtf8Bytes(arrived, WireJson.Compact.GenerationRequest));
    }

    [Fact]
    public void Chinese_is_not_escaped() =>
        Assert.Contains("你好", System.Text.Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(new WireEmbed(["你好"], EmbeddingPurpose.Query), WireJson.Compact.WireEmbed)), StringComparison.Ordinal);

    [Fact]
    public void Half_a_surrogate_pair_does_not_stop_a_request()
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new WireEmbed(["a\ud83d"], EmbeddingPurpose.Query), WireJson.Compact.WireEmbed);
        Assert.Equal("a\ufffd", Assert.Single(WireJson.Read(bytes, WireJson.Compact.WireEmbed).Texts));
    }

    [Fact]
    public void Settings_arrive_as_they_were()
    {
        var options = new LocalModelOptions { Path = "/模型/甲.gguf", GpuLayers = 0, UseNewest = false, MaxWaiting = 0, Gpu = GpuUse.Off, Isolation = ModelIsolation.InProcess, MaxWaitSeconds = 1.5 };
        var start = new WireStart(options, TimeSpan.FromSeconds(1), 7);
        Assert.Equivalent(start, WireJson.Read(JsonSerializer.SerializeToUtf8Bytes(start, WireJson.Compact.WireStart), WireJson.Compact.WireStart), strict: true);
    }

    [Fact]
    public void What_is_no_message_is_a_protocol_error_that_quotes_nothing()
    {
        foreach (var text in new[] { "", "null", "[]", "{\"Prompt\":1}", "{\"客户\":", "{\"Prompt\":[],\"Shape\":{\"kind\":\"秘密\"}}" })
        {
            var exception = Assert.Throws<ProtocolException>(() => WireJson.Read(System.Text.Encoding.UTF8.GetBytes(text), WireJson.Compact.GenerationRequest));
            Assert.DoesNotContain("秘密", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Vectors_keep_every_bit()
    {
        float[][] vectors = [[], [float.NaN, float.NegativeInfinity, -0f, 1.17549435E-38f], [3]];
        var result = WireVectors.Read(WireVectors.Write(new EmbeddingResult(vectors, 12_000_000_000, 3)));
        Assert.Equal((12_000_000_000L, 3), (result.Tokens, result.Cut));
        var arrived = result.Vectors;
        Assert.Equal(vectors.Select(vector => vector.Select(BitConverter.SingleToInt32Bits)), arrived.Select(vector => vector.Select(BitConverter.SingleToInt32Bits)));
    }

    [Fact]
    public void Damaged_vectors_are_refused_or_of_the_length_that_their_bytes_allow()
    {
        var random = new Random(5);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = WireVectors.Write(new EmbeddingResult([[1, 2, 3], [4]]));
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            bytes = bytes[..random.Next(bytes.Length + 1)];
            try
            {
                Assert.True(WireVectors.Read(bytes).Vectors.Sum(vector => vector.Length) <= bytes.Length / 4);
            }
            catch (ProtocolException)
            {
                // Refused.
            }
        }
    }

    [Fact]
    public void Exceptions_of_the_seam_keep_kind_and_words_and_others_lose_theirs()
    {
        Assert.Equal(TimeSpan.FromSeconds(7), Assert.IsType<ModelSaturatedException>(Through(new ModelSaturatedException("voll") { RetryAfter = TimeSpan.FromSeconds(7) })).RetryAfter);
        Assert.Equal("a", Assert.IsType<PromptTooLongException>(Through(new PromptTooLongException("a"))).Message);
        Assert.Equal("b", Assert.IsType<ModelUnavailableException>(Through(new ModelUnavailableException("b"))).Message);
        Assert.Equal("c", Assert.IsType<ArgumentException>(Through(new ArgumentException("c", paramName: null))).Message);
        Assert.IsAssignableFrom<OperationCanceledException>(Through(new TaskCanceledException()));
        Assert.Equal("The model host failed with System.FormatException.", Assert.IsType<InvalidOperationException>(Through(new FormatException("客户的话"))).Message);

        static Exception Through(Exception exception) => WireJson.Read(
            JsonSerializer.SerializeToUtf8Bytes(WireFailure.Of(exception), WireJson.Compact.WireFailure), WireJson.Compact.WireFailure).ToException();
    }
}
