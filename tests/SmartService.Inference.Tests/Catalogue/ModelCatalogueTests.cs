using System.Text;
using SmartService.Inference.Catalogue;
using SmartService.Inference.Gguf;

namespace SmartService.Inference.Tests.Catalogue;

public sealed class ModelCatalogueTests
{
    [Fact]
    public void Every_model_has_a_licence_and_can_be_had_from_both_sources()
    {
        Assert.All(ModelCatalogue.All, model =>
        {
            Assert.NotEmpty(model.Licence);
            Assert.Equal(Uri.UriSchemeHttps, model.LicenceUrl.Scheme);
            Assert.Equal([ModelSource.ModelScope, ModelSource.HuggingFace], model.Sources.Keys.Order());
            Assert.All(model.Sources.Values, source => Assert.NotEmpty(source.Files));
        });
        Assert.Equal(ModelCatalogue.All.Count, ModelCatalogue.All.Select(model => model.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal([ModelKind.Chat, ModelKind.Embedding, ModelKind.Reranker], ModelCatalogue.All.Select(model => model.Kind).Distinct());
    }

    [Fact]
    public void Shards_are_named_so_that_they_find_each_other()
    {
        var files = ModelCatalogue.Find("Qwen2.5-7B-Instruct")!.Sources[ModelSource.ModelScope].Files;

        Assert.Equal(["qwen2.5-7b-instruct-q4_k_m-00001-of-00002.gguf", "qwen2.5-7b-instruct-q4_k_m-00002-of-00002.gguf"], files.Select(file => file.FileName));
    }

    [Theory]
    [InlineData("../evil.gguf")]
    [InlineData("a/../../evil.gguf")]
    [InlineData("/etc/evil.gguf")]
    [InlineData("C:\\\\evil.gguf")]
    [InlineData("a/.hidden.gguf")]
    [InlineData("evil.sh")]
    [InlineData("evil..gguf")]
    public void A_name_that_could_leave_the_folder_is_refused(string path)
    {
        const string Json = """
            [{"name":"m","kind":"chat","parameters":"1B","quantisation":"Q8_0","context":1,"licence":"MIT","licenceUrl":"https://example.com",
              "sources":{"modelscope":{"repository":"o/r","files":[{"path":"PATH"}]}}}]
            """;

        Assert.Throws<InvalidDataException>(() => ModelCatalogue.Read(new MemoryStream(Encoding.UTF8.GetBytes(Json.Replace("PATH", path, StringComparison.Ordinal)))));
    }
}
