using SmartService.Inference.Catalogue;
using SmartService.Inference.Gguf;
using SmartService.Inference.Tests.Gguf;

namespace SmartService.Inference.Tests.Catalogue;

public sealed class ModelFolderTests : IDisposable
{
    private static readonly DateTime Day = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_newest_whole_chat_model_answers()
    {
        Written(GgufBytes.Chat("old").WriteTo(_folder.Path, "old.gguf"), 1);
        Written(GgufBytes.Chat("new").WriteTo(Directory.CreateDirectory(Path.Combine(_folder.Path, "sub")).FullName, "new.gguf"), 2);
        Written(GgufBytes.Embedding().WriteTo(_folder.Path, "vectors.gguf"), 3);
        var cut = GgufBytes.Chat("cut").WriteTo(_folder.Path, "cut.gguf");
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..^20]);
        Written(cut, 4);
        File.WriteAllText(Path.Combine(_folder.Path, "newest.gguf.part"), "not yet");

        var folder = new ModelFolder(_folder.Path);

        Assert.Equal("new", folder.Newest()?.Name);
        Assert.Equal("vectors", folder.Newest(ModelKind.Embedding)?.Name);
        Assert.Null(folder.Newest(ModelKind.Reranker));
        Assert.Equal(["cut.gguf", "vectors.gguf", "new.gguf", "old.gguf"], folder.List().Select(entry => Path.GetFileName(entry.Path)));
        Assert.Contains("cut off", folder.List()[0].Problem);
    }

    [Fact]
    public void A_model_that_could_not_answer_or_is_not_whole_is_never_taken_by_itself()
    {
        Written(GgufBytes.Chat("sound").WriteTo(_folder.Path, "sound.gguf"), 1);
        Written(GgufBytes.Chat("base", " ").WriteTo(_folder.Path, "base.gguf"), 2);
        Written(GgufBytes.Chat("strange", "{{ messages }}").WriteTo(_folder.Path, "strange.gguf"), 3);
        Written(GgufBytes.Chat("aria").WriteTo(_folder.Path, "aria.gguf"), 4);
        File.WriteAllText(Path.Combine(_folder.Path, "aria.gguf.aria2"), "");
        Written(GgufBytes.Chat("half").WriteTo(_folder.Path, "half.gguf"), 5);
        File.WriteAllText(Path.Combine(_folder.Path, "half.gguf.part"), "");

        var folder = new ModelFolder(_folder.Path);

        Assert.Equal("sound", folder.Newest()?.Name);
        var entries = folder.List().ToDictionary(entry => Path.GetFileNameWithoutExtension(entry.Path));
        Assert.Contains("template", entries["base"].Note, StringComparison.Ordinal);
        Assert.Contains("Model:Chat:Family", entries["strange"].Note, StringComparison.Ordinal);
        Assert.All(["aria", "half"], name => Assert.Contains("still being downloaded", entries[name].Problem, StringComparison.Ordinal));
    }

    [Fact]
    public void A_split_model_is_one_and_as_new_as_its_newest_shard()
    {
        Written(GgufBytes.Chat("split").Split(0, 2, 3).WriteTo(_folder.Path, "s-00001-of-00002.gguf"), 1);
        Written(new GgufBytes().Split(1, 2, 3).Tensor("t", 0, 4, 1).WriteTo(_folder.Path, "s-00002-of-00002.gguf"), 3);
        Written(GgufBytes.Chat("whole").WriteTo(_folder.Path, "whole.gguf"), 2);

        var folder = new ModelFolder(_folder.Path);

        Assert.Equal(2, folder.List().Count);
        Assert.Equal("split", folder.Newest()?.Name);
    }

    [Fact]
    public void Of_equally_new_models_the_first_by_name_answers()
    {
        Written(GgufBytes.Chat("b").WriteTo(_folder.Path, "b.gguf"), 1);
        Written(GgufBytes.Chat("a").WriteTo(_folder.Path, "a.gguf"), 1);

        Assert.Equal("a", new ModelFolder(_folder.Path).Newest()?.Name);
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_empty()
    {
        var folder = ModelFolder.Of(new LocalModelOptions { Folder = Path.Combine(_folder.Path, "none") });

        Assert.Empty(folder.List());
        Assert.Null(folder.Newest());
    }

    [Fact]
    public void Without_a_setting_the_folder_is_below_the_user_s_data() =>
        Assert.EndsWith(Path.Combine("SmartService", "models"), ModelFolder.Of(new LocalModelOptions()).Path);

    private static void Written(string path, int day) => File.SetLastWriteTimeUtc(path, Day.AddDays(day));
}
