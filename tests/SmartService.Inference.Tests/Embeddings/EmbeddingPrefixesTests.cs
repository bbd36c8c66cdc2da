using SmartService.Inference.Embeddings;

namespace SmartService.Inference.Tests.Embeddings;

public sealed class EmbeddingPrefixesTests
{
    [Theory]
    [InlineData("bert", "multilingual-e5-small zh-en vocabulary", "query: ", "passage: ")]
    [InlineData("bert", "Multilingual_E5_Large", "query: ", "passage: ")]
    [InlineData("bert", "bge-m3", "", "")]
    [InlineData("bert", "Bge Small Zh V1.5", "为这个句子生成表示以用于检索相关文章：", "")]
    [InlineData("bert", "bge-large-en-v1.5", "Represent this sentence for searching relevant passages: ", "")]
    [InlineData("nomic-bert", "nomic-embed-text-v1.5", "search_query: ", "search_document: ")]
    [InlineData("bert", "gte-base", "", "")]
    [InlineData("bert", "love5-small", "", "")]
    [InlineData("gemma-embedding", "anything", "task: search result | query: ", "title: none | text: ")]
    public void Each_family_gets_what_it_was_trained_with(string architecture, string name, string query, string passage) =>
        Assert.Equal(new EmbeddingPrefixes(query, passage), EmbeddingPrefixes.Of(architecture, name));

    [Fact]
    public void Instruction_models_get_the_instruction_for_questions_only()
    {
        Assert.EndsWith("\nQuery:", EmbeddingPrefixes.Of("qwen3", "Qwen3 Embedding 0.6B").Query, StringComparison.Ordinal);
        Assert.EndsWith("\nQuery: ", EmbeddingPrefixes.Of("bert", "multilingual-e5-large-instruct").Query, StringComparison.Ordinal);
        Assert.EndsWith("\nQuery: ", EmbeddingPrefixes.Of("llama", "e5-mistral-7b").Query, StringComparison.Ordinal);
        Assert.Equal("", EmbeddingPrefixes.Of("qwen3", "Qwen3 Embedding 0.6B").Passage);
    }

    [Fact]
    public void The_files_name_helps_where_the_model_has_none() =>
        Assert.Equal("query: ", EmbeddingPrefixes.Of("bert", "", "multilingual-e5-base-q8_0").Query);
}
