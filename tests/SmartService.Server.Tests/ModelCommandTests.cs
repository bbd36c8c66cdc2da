using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SmartService.Inference;
using SmartService.Inference.Hosting;
using SmartService.Inference.Tests.Gguf;
using SmartService.Server.Commands;
using SmartService.Server.Hosting;
using SmartService.Testing.Stores;

namespace SmartService.Server.Tests;

/// <summary><c>model list | pull | check</c> as a person or a script uses them.</summary>
[Collection(nameof(CommandLineTests))]
public sealed class ModelCommandTests : IDisposable
{
    private readonly string _folder = TempFolder.Create();

    public ModelCommandTests() => Environment.SetEnvironmentVariable("Model__Folder", _folder);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("Model__Folder", null);
        Environment.SetEnvironmentVariable("Model__Parallel", null);
    }

    [Fact]
    public async Task A_model_is_pulled_listed_and_checked()
    {
        await using var source = await SourceAsync(GgufBytes.Chat("千问").ToArray());

        var pull = await RunAsync("pull", "qwen3-0.6b", "--mirror", source.Urls.Single(), "--accept-changed");
        Assert.Equal((0, Path.Combine(_folder, "Qwen3-0.6B-Q8_0.gguf")), (pull.Code, pull.Output.Trim()));
        Assert.Contains("Licence: Apache-2.0", pull.Errors, StringComparison.Ordinal);
        // Lines where standard error is redirected, else bars.
        Assert.Matches("complete|100%", pull.Errors);
        Assert.Contains("the one that the source lists", pull.Errors, StringComparison.Ordinal);
        Assert.Contains("there already", (await RunAsync("pull", "qwen3-0.6b", "--mirror", source.Urls.Single(), "--accept-changed")).Errors, StringComparison.Ordinal);

        var list = await RunAsync("list");
        Assert.Contains("→ chat", list.Output, StringComparison.Ordinal);
        Assert.Contains("Answers come from Qwen3-0.6B-Q8_0.gguf, the newest chat model", list.Output, StringComparison.Ordinal);
        var listed = JsonDocument.Parse((await RunAsync("list", "--json")).Output).RootElement;
        Assert.Equal(("千问", "chat", true), (listed.GetProperty("name").GetString(), listed.GetProperty("kind").GetString(), listed.GetProperty("used").GetBoolean()));

        var check = await RunAsync("check", "Qwen3-0.6B-Q8_0.gguf");
        Assert.Equal(0, check.Code);
        Assert.Contains("读提示词 150 token/s，写回答 10 token/s（CPU test", check.Output, StringComparison.Ordinal);
        Assert.Contains("✔ 这台机器可以运行它", check.Output, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await RunAsync("check", Path.Combine(_folder, "Qwen3-0.6B-Q8_0.gguf"), "--json")).Output).RootElement;
        Assert.Equal((true, 10d, 4096), (json.GetProperty("usable").GetBoolean(), json.GetProperty("speed").GetProperty("output").GetDouble(), json.GetProperty("context").GetProperty("trained").GetInt32()));
        Assert.Contains("没有测速", (await RunAsync("check", "Qwen3-0.6B-Q8_0.gguf", "--no-speed")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("huggingface")]
    [InlineData("modelscope")]
    public async Task A_file_that_is_not_the_published_one_needs_consent(string from)
    {
        await using var source = await SourceAsync(GgufBytes.Chat().ToArray());

        var pull = await RunAsync("pull", "qwen3-0.6b", "--from", from, "--mirror", source.Urls.Single());

        Assert.Equal((1, ""), (pull.Code, pull.Output));
        Assert.Contains("--accept-changed", pull.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task An_unknown_name_and_a_mirror_that_must_not_be_asked_are_refused()
    {
        var unknown = await RunAsync("pull", "qwen9");
        Assert.Equal(1, unknown.Code);
        Assert.Contains("qwen3-4b", unknown.Errors, StringComparison.Ordinal);

        Assert.NotEqual(0, (await RunAsync("pull", "qwen3-4b", "--mirror", "http://10.0.0.1/")).Code);
        var inside = await RunAsync("pull", "qwen3-4b", "--mirror", "https://10.0.0.1/");
        Assert.Equal(1, inside.Code);
        Assert.Contains("--allow-private", inside.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_folder_says_how_to_get_a_model()
    {
        var list = await RunAsync("list");
        Assert.Equal(0, list.Code);
        Assert.Contains("model pull NAME", list.Output, StringComparison.Ordinal);

        var available = (await RunAsync("list", "--available", "--json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(available, line => JsonDocument.Parse(line).RootElement.GetProperty("name").GetString() == "bge-reranker-v2-m3");
    }

    [Fact]
    public async Task What_cannot_serve_is_told_in_one_sentence_and_exit_code_1()
    {
        File.WriteAllText(Path.Combine(_folder, "page.gguf"), "<html>404</html>");
        GgufBytes.Chat().Text("general.type", "adapter").WriteTo(_folder, "adapter.gguf");
        GgufBytes.Chat().Split(0, 2, 3).WriteTo(_folder, "m-00001-of-00002.gguf");
        var cut = GgufBytes.Chat().WriteTo(_folder, "cut.gguf");
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..^50]);

        await TellsAsync("page.gguf", "不是 GGUF 模型文件");
        await TellsAsync("adapter.gguf", "不是能回答问题的模型");
        await TellsAsync("m-00001-of-00002.gguf", "缺少分片 m-00002-of-00002.gguf");
        await TellsAsync("cut.gguf", "不完整");
        await TellsAsync("none.gguf", "没有这个文件");
        Assert.Contains("✘ page.gguf", (await RunAsync("list")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1u, "向量模型", "Model:EmbeddingPath", "embedding")]
    [InlineData(4u, "重排模型", "Model:RerankerPath", "reranker")]
    public async Task A_model_for_search_has_a_report_of_its_own(uint pooling, string words, string setting, string kind)
    {
        var chat = GgufBytes.Chat("bge").UInt32("qwen2.pooling_type", pooling);
        chat.WriteTo(_folder, "m.gguf");

        var check = await RunAsync("check", "m.gguf");

        Assert.Equal((0, ""), (check.Code, check.Errors));
        Assert.All([words, setting, "知识库检索目前还不用它", "段文字", "✔ 这台机器可以运行它"], expected => Assert.Contains(expected, check.Output, StringComparison.Ordinal));
        Assert.DoesNotContain("会话", check.Output, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await RunAsync("check", "m.gguf", "--json")).Output).RootElement;
        Assert.Equal((true, kind, 64), (json.GetProperty("usable").GetBoolean(), json.GetProperty("kind").GetString(), json.GetProperty("dimensions").GetInt32()));
        Assert.True(json.GetProperty("speed").GetProperty("texts").GetDouble() > 0);
    }

    [Fact]
    public async Task A_model_whose_format_nobody_knows_is_listed_with_what_to_do_and_not_used()
    {
        GgufBytes.Chat("strange", "{{ messages }}").WriteTo(_folder, "strange.gguf");

        var list = await RunAsync("list");

        Assert.DoesNotContain("→", list.Output, StringComparison.Ordinal);
        Assert.Contains("Model:Chat:Family", list.Output, StringComparison.Ordinal);
        Assert.Contains("Model:Chat:Family", JsonDocument.Parse((await RunAsync("list", "--json")).Output).RootElement.GetProperty("note").GetString(), StringComparison.Ordinal);
        Assert.Contains("不认识它的对话格式", (await RunAsync("check", "strange.gguf")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_larger_than_the_machine_is_not_loaded()
    {
        var path = GgufBytes.Chat().Tensor("huge", 0, 0, 4096, 4096, 120_000).WriteTo(_folder, "huge.gguf");
        try
        {
            // Sparse: 8 TB that take no room.
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
            file.SetLength(9_000_000_000_000);
        }
        catch (IOException)
        {
            Assert.Skip("The file system has no sparse files of 9 TB.");
        }

        var check = await RunAsync("check", "huge.gguf");

        Assert.Equal(1, check.Code);
        Assert.Contains("内存不够", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_is_no_success()
    {
        GgufBytes.Chat().WriteTo(_folder, "m.gguf");

        var check = await RunAsync(_ => new ScriptedHost("libgomp is missing"), "check", "m.gguf");

        Assert.Equal(1, check.Code);
        Assert.Contains("libgomp is missing", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_setting_is_one_sentence()
    {
        Environment.SetEnvironmentVariable("Model__Parallel", "0");

        var list = await RunAsync("list");

        Assert.Equal(1, list.Code);
        Assert.Contains("Parallel", list.Errors, StringComparison.Ordinal);
    }

    private static async Task TellsAsync(string file, string words)
    {
        var check = await RunAsync("check", file);
        Assert.Equal((1, ""), (check.Code, check.Output));
        Assert.Contains(words, Assert.Single(check.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);

        var json = await RunAsync("check", file, "--json");
        Assert.Equal(1, json.Code);
        Assert.Contains(words, JsonDocument.Parse(json.Output).RootElement.GetProperty("problem").GetString()!, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> SourceAsync(byte[] content)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        app.MapGet("/api/v1/models/Qwen/Qwen3-0.6B-GGUF/repo/files", () => Results.Json(new { Data = new { Files = new[] { new { Path = "Qwen3-0.6B-Q8_0.gguf", Size = content.Length, Sha256 = hash } } } }, new JsonSerializerOptions()));
        app.MapGet("/api/models/Qwen/Qwen3-0.6B-GGUF/tree/{revision}", () => Results.Json(new[] { new { path = "Qwen3-0.6B-Q8_0.gguf", size = content.Length, lfs = new { oid = hash, size = content.Length } } }));
        app.MapGet("/models/Qwen/Qwen3-0.6B-GGUF/resolve/master/Qwen3-0.6B-Q8_0.gguf", () => Results.Bytes(content));
        await app.StartAsync();
        return app;
    }

    private static Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) => RunAsync(_ => new ScriptedHost(null), arguments);

    private static async Task<(int Code, string Output, string Errors)> RunAsync(Func<LocalModelOptions, IModelHost> hosts, params string[] arguments)
    {
        var (output, errors) = (Console.Out, Console.Error);
        using var written = new StringWriter();
        using var complained = new StringWriter();
        Console.SetOut(written);
        Console.SetError(complained);
        try
        {
            var command = new RootCommand { ModelCommand.Create(hosts) };
            var code = await Failures.ReportAsync(() => command.Parse(["model", .. arguments]).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
            return (code, written.ToString(), complained.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
        }
    }

    private sealed class ScriptedHost(string? problem) : IModelHost
    {
        private static readonly GenerationUsage[] Usages = [Usage(2, 1, 1, 1), Usage(300, 1, 2, 2), Usage(20, 41, 1, 5)];
        private int _at;

        public ModelHostStatus Status => new() { IsReady = true };

        public Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken) =>
            problem is null ? Task.FromResult(new ModelHostInfo { Backend = "CPU test" }) : throw new ModelUnavailableException(problem);

        public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            yield return new GenerationUpdate("") { Finish = FinishReason.Length, Usage = Usages[_at++] };
        }

        public Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<float[]>>([.. texts.Select(_ => new float[] { 1 })]);

        public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<float>>([.. passages.Select(_ => 1f)]);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static GenerationUsage Usage(int prompt, int output, int first, int duration) =>
            new(prompt, 0, output, 0, 0, TimeSpan.Zero, TimeSpan.FromSeconds(first), TimeSpan.FromSeconds(duration));
    }
}
