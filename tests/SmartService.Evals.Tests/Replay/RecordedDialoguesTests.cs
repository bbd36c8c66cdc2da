using System.IO.Compression;
using System.Text;
using SmartService.Evals.Replay;
using SmartService.Testing.Stores;

namespace SmartService.Evals.Tests.Replay;

public sealed class RecordedDialoguesTests
{
    private readonly string _data = TempFolder.Create();

    [Fact]
    public async Task Of_an_ecd_session_every_second_utterance_counted_from_the_end_is_the_customers()
    {
        Write("ecd_sample_zh/pairs.train.jsonl", """{"context":["在吗","在的","有货吗","有的","  ","好","那拍了"],"candidates":["好的"],"labels":[1]}""");
        Write("ecd_sample_zh/selection.dev.jsonl", """{"context":["欢迎光临","多少钱"],"candidates":["十元"],"labels":[1]}""");

        var dialogues = await ReadAsync();

        Assert.Equal([["在吗", "有货吗", "那拍了"], ["多少钱"]], dialogues.Select(dialogue => dialogue.Utterances));
        Assert.All(dialogues, dialogue => Assert.Equal(RecordedDialogues.Ecd, dialogue.Source));
    }

    [Fact]
    public async Task Of_a_crosswoz_dialogue_the_users_turns_are_taken_from_a_compressed_file()
    {
        Write("crosswoz_zh/dialogues.dev.jsonl.gz", """{"messages":[{"role":"usr","text":"你好"},{"role":"sys","text":"您好"},{"role":"usr","text":"找酒店"}]}""", compress: true);

        var dialogue = Assert.Single(await ReadAsync());

        Assert.Equal(RecordedDialogues.CrossWoz, dialogue.Source);
        Assert.Equal(["你好", "找酒店"], dialogue.Utterances);
    }

    [Fact]
    public async Task A_folder_without_dialogues_is_named()
    {
        var exception = await Assert.ThrowsAsync<EvalException>(ReadAsync);

        Assert.Contains(_data, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("这是客户的秘密")]
    [InlineData("""{"other":"这是客户的秘密"}""")]
    [InlineData("""{"context":"这是客户的秘密"}""")]
    public async Task A_wrong_line_is_named_by_place_and_not_by_content(string line)
    {
        Write("ecd_sample_zh/pairs.train.jsonl", """{"context":["在吗"]}""" + "\n" + line);

        var exception = await Assert.ThrowsAsync<EvalException>(ReadAsync);

        Assert.Contains("dialogue 2", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("秘密", exception.ToString(), StringComparison.Ordinal);
    }

    private Task<IReadOnlyList<Dialogue>> ReadAsync() => RecordedDialogues.ReadAsync(_data, TestContext.Current.CancellationToken);

    private void Write(string name, string lines, bool compress = false)
    {
        var path = Path.Combine(_data, "dialogue", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using Stream file = compress ? new GZipStream(File.Create(path), CompressionLevel.Fastest) : File.Create(path);
        file.Write(Encoding.UTF8.GetBytes(lines + "\n\n"));
    }
}
