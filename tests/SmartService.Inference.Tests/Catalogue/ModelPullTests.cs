using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using SmartService.Inference.Catalogue;
using SmartService.Inference.Tests.Gguf;

namespace SmartService.Inference.Tests.Catalogue;

public sealed class ModelPullTests : IDisposable
{
    private const string Name = "m.gguf";

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _content = Bytes(300_000, 1);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ModelSource.ModelScope)]
    [InlineData(ModelSource.HuggingFace)]
    public async Task A_model_comes_whole_from_either_source_and_a_second_pull_finds_it(ModelSource source)
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        var options = Options(server) with { Source = source };

        var first = await PullAsync(server.Model(), options);
        var second = await PullAsync(server.Model(), options);

        Assert.Equal((Target(), 300_000L, true, false), (first.Path, first.Bytes, first.Downloaded, second.Downloaded));
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
        Assert.False(File.Exists(Part()));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Shards_come_one_after_the_other_and_the_first_is_named()
    {
        await using var server = await FileServer.StartAsync(("q/m-00001-of-00002.gguf", _content), ("q/m-00002-of-00002.gguf", Bytes(1000, 2)));

        var result = await PullAsync(server.Model(), Options(server));

        Assert.Equal(("m-00001-of-00002.gguf", 301_000L), (Path.GetFileName(result.Path), result.Bytes));
        Assert.Equal(1000, new FileInfo(Path.Combine(_folder.Path, "m-00002-of-00002.gguf")).Length);
    }

    [Fact]
    public async Task A_cut_download_goes_on_where_it_ended()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        var received = new Received(100_000);
        server.NextCut(100_000, received.Task);

        await PullAsync(server.Model(), Options(server), received);

        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
        Assert.Equal([(Name, "", ""), (Name, "bytes=100000-", FileServer.Tag)], server.Requests);
    }

    [Fact]
    public async Task A_server_that_ignores_the_range_is_read_from_the_beginning()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        var received = new Received(100_000);
        server.NextCut(100_000, received.Task).Next(async (http, content) =>
        {
            http.Response.ContentLength = content.Length;
            await http.Response.Body.WriteAsync(content);
        });

        await PullAsync(server.Model(), Options(server), received);

        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_ignores_the_range_and_cuts_is_given_up()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        foreach (var _ in Enumerable.Range(0, 20))
        {
            server.Next(async (http, content) =>
            {
                http.Response.ContentLength = content.Length;
                await http.Response.Body.WriteAsync(content.AsMemory(0, 100_000), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
                http.Abort();
            });
        }

        var exception = await FailsAsync(server.Model(), Options(server) with { Retries = 3 });

        Assert.Contains("the same command goes on", exception.Message);
        // The first, which may have brought something, and those that brought nothing beyond it.
        Assert.InRange(server.Requests.Count, 4, 5);
    }

    [Fact]
    public async Task A_part_that_was_not_asked_for_is_thrown_away()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        var received = new Received(100_000);
        server.NextCut(100_000, received.Task).Next(async (http, content) =>
        {
            http.Response.StatusCode = 206;
            http.Response.Headers.ContentRange = $"bytes 5-{content.Length - 1}/{content.Length}";
            await http.Response.Body.WriteAsync(content.AsMemory(5));
        });

        await PullAsync(server.Model(), Options(server), received);

        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
        Assert.Equal(["", "bytes=100000-", ""], server.Requests.Select(request => request.Range));
    }

    [Fact]
    public async Task A_range_that_cannot_be_satisfied_starts_again()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        var received = new Received(100_000);
        server.NextCut(100_000, received.Task).NextStatus(416);

        await PullAsync(server.Model(), Options(server), received);

        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
        Assert.Equal("", server.Requests.Last().Range);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_when_it_wants_to()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        server.NextStatus(429, "30").NextStatus(503);
        var time = new FakeTimeProvider();
        var pull = new ModelPull(Options(server), time).RunAsync(server.Model(), null, CancellationToken.None);

        var waited = TimeSpan.Zero;
        while (server.Requests.Count < 2)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            waited += TimeSpan.FromSeconds(1);
            await Task.Delay(1);
        }

        await pull;
        Assert.True(waited >= TimeSpan.FromSeconds(30), $"asked again after {waited}");
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
    }

    [Fact]
    public async Task A_silent_server_is_left_and_asked_again()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        var time = new FakeTimeProvider();
        var never = new TaskCompletionSource();
        server.NextCut(100_000, never.Task);
        var received = new Received(100_000);
        var pull = new ModelPull(Options(server), time).RunAsync(server.Model(), received, CancellationToken.None);

        await received.Task;
        time.Advance(TimeSpan.FromSeconds(61));
        await pull;

        never.SetResult();
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
        Assert.Equal("bytes=100000-", server.Requests.Last().Range);
    }

    [Fact]
    public async Task A_dead_server_is_given_up_with_a_sentence_that_says_how_to_go_on()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        foreach (var _ in Enumerable.Range(0, 4))
        {
            server.NextStatus(502);
        }

        var exception = await FailsAsync(server.Model(), Options(server) with { Retries = 3 });

        Assert.Contains("the server answered 502", exception.Message);
        Assert.Contains("the same command goes on", exception.Message);
        Assert.Equal(4, server.Requests.Count);
    }

    [Theory]
    [InlineData(404, "does not have")]
    [InlineData(403, "without an account")]
    public async Task A_refusal_is_final(int status, string words)
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        server.NextStatus(status);

        Assert.Contains(words, (await FailsAsync(server.Model(), Options(server))).Message);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Wrong_bytes_are_removed()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        server.Next((http, content) => FileServer.GoodAsync(http, Bytes(content.Length, 9)));

        var exception = await FailsAsync(server.Model(), Options(server));

        Assert.Contains("damaged", exception.Message);
        Assert.False(File.Exists(Target()) || File.Exists(Part()));
        Assert.True((await PullAsync(server.Model(), Options(server))).Downloaded);
    }

    [Fact]
    public async Task A_file_of_another_size_than_the_listed_one_is_refused()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        server.Next((http, _) => FileServer.GoodAsync(http, Bytes(10, 9)));
        Assert.Contains("not the same file", (await FailsAsync(server.Model(), Options(server))).Message);

        // Without a length beforehand it is seen at the byte that is too much.
        server.Next(async (http, content) => await http.Response.Body.WriteAsync(Bytes(content.Length + 200_000, 9)));
        Assert.Contains("sends more", (await FailsAsync(server.Model(), Options(server))).Message);
        Assert.False(File.Exists(Target()));
    }

    [Fact]
    public async Task A_cancelled_pull_keeps_its_part_and_the_next_one_goes_on()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        var never = new TaskCompletionSource();
        server.NextCut(100_000, never.Task);
        using var cancellation = new CancellationTokenSource();
        var received = new Received(100_000);
        var pull = new ModelPull(Options(server)).RunAsync(server.Model(), received, cancellation.Token);
        await received.Task;
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull);
        never.SetResult();
        Assert.Equal(100_000, new FileInfo(Part()).Length);

        await PullAsync(server.Model(), Options(server));

        Assert.Equal((Name, "bytes=100000-", FileServer.Tag), server.Requests.Last());
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
    }

    [Fact]
    public async Task A_part_of_another_file_is_not_continued()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        await File.WriteAllBytesAsync(Part(), Bytes(100_000, 7));
        await File.WriteAllTextAsync(Target() + ".pull.json", """{"source":"ModelScope","repository":"o/r","licence":"MIT","bytes":300000,"sha256":"another"}""");

        await PullAsync(server.Model(), Options(server));

        Assert.Equal("", server.Requests.Single().Range);
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
    }

    [Fact]
    public async Task A_changed_file_comes_whole_when_the_server_says_so()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        await File.WriteAllBytesAsync(Part(), Bytes(100_000, 7));
        await File.WriteAllTextAsync(
            Target() + ".pull.json",
            $$"""{"source":"ModelScope","repository":"o/r","licence":"MIT","bytes":300000,"sha256":"{{FileServer.Hash(_content)}}","etag":"\"older\""}""");

        await PullAsync(server.Model(), Options(server));

        Assert.Equal("\"older\"", server.Requests.Single().IfRange);
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
    }

    [Fact]
    public async Task Two_pulls_of_one_file_do_not_disturb_each_other()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        var go = new TaskCompletionSource();
        server.NextCut(100_000, go.Task);
        var received = new Received(100_000);
        var first = new ModelPull(Options(server)).RunAsync(server.Model(), received, CancellationToken.None);
        await received.Task;

        var exception = await FailsAsync(server.Model(), Options(server));

        Assert.Contains("another pull", exception.Message);
        go.SetResult();
        await first;
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target()));
    }

    [Fact]
    public async Task A_file_of_the_same_name_is_never_overwritten()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        await File.WriteAllTextAsync(Target(), "mine");

        Assert.Contains("another file", (await FailsAsync(server.Model(), Options(server))).Message);
        Assert.Equal("mine", await File.ReadAllTextAsync(Target()));
    }

    [Fact]
    public async Task Without_room_on_the_disk_nothing_is_downloaded()
    {
        await using var server = await FileServer.StartAsync((Name, _content));

        var exception = await FailsAsync(server.Model(), Options(server) with { FreeSpace = _ => 1_000_000 });

        Assert.Contains("1 MB free", exception.Message);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_hash_is_demanded_and_a_published_one_wins()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        server.Listed[Name] = (_content.Length, null);
        Assert.Contains("does not say the SHA-256", (await FailsAsync(server.Model(), Options(server))).Message);
        Assert.Empty(server.Requests);

        // Where the source says none, the catalogue's is enough.
        Assert.True((await PullAsync(server.Model(FileServer.Hash(_content)), Options(server))).Downloaded);
    }

    [Fact]
    public async Task A_file_that_the_publisher_replaced_needs_consent()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        var model = server.Model(new string('a', 64));

        Assert.Contains("--accept-changed", (await FailsAsync(model, Options(server))).Message);
        Assert.True((await PullAsync(model, Options(server) with { AcceptChanged = true })).Downloaded);
    }

    [Fact]
    public async Task A_file_of_another_size_than_the_published_one_needs_consent()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        var model = server.Model();
        var repository = model.Sources[ModelSource.ModelScope];
        model = model with { Sources = new Dictionary<ModelSource, CatalogueRepository> { [ModelSource.ModelScope] = repository with { Files = [repository.Files[0] with { Bytes = 299_999 }] } } };

        Assert.Contains("299999", (await FailsAsync(model, Options(server))).Message);
        Assert.True((await PullAsync(model, Options(server) with { AcceptChanged = true })).Downloaded);
    }

    [Fact]
    public async Task A_mirror_is_not_believed_about_a_file_whose_hash_nobody_published()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        // The listing comes from a server that is not asked here.
        var options = Options(server) with { Mirror = new Uri("https://mirror.example") };
        var repository = server.Model().Sources[ModelSource.ModelScope];
        IReadOnlyList<ListedFile> listed = [new(Name, _content.Length, FileServer.Hash(_content))];

        Assert.Contains("--accept-changed", Assert.Throws<ModelPullException>(() => Match(options, repository)).Message);
        Assert.False(Assert.Single(Match(options with { AcceptChanged = true }, repository)).IsPinned);
        Assert.False(Assert.Single(Match(options with { Mirror = null }, repository)).IsPinned);
        Assert.True(Assert.Single(Match(options, server.Model(FileServer.Hash(_content)).Sources[ModelSource.ModelScope])).IsPinned);

        IReadOnlyList<RemoteFile> Match(ModelPullOptions with, CatalogueRepository wanted) => SourceListing.Match(with, wanted, listed);
    }

    [Theory]
    [InlineData(ModelSource.ModelScope, "{\"Data\":{\"Files\":[null,{\"Size\":1}]}}")]
    [InlineData(ModelSource.ModelScope, "{\"Data\":null}")]
    [InlineData(ModelSource.HuggingFace, "[null,{\"size\":1,\"lfs\":null}]")]
    [InlineData(ModelSource.HuggingFace, "null")]
    public async Task A_list_with_nothing_in_it_is_a_sentence(ModelSource source, string list)
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        server.ListAnswers.Enqueue(http => http.Response.WriteAsync(list));

        Assert.Contains("does not list m.gguf", (await FailsAsync(server.Model(), Options(server) with { Source = source })).Message);
    }

    [Fact]
    public async Task A_redirect_to_nowhere_is_a_sentence()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        foreach (var _ in Enumerable.Range(0, 2))
        {
            server.Next((http, _) =>
            {
                http.Response.StatusCode = 302;
                http.Response.Headers.Location = "//[bad/m.gguf";
                return Task.CompletedTask;
            });
        }

        Assert.Contains("redirects without saying where to", (await FailsAsync(server.Model(), Options(server) with { Retries = 1 })).Message);
    }

    [Fact]
    public async Task A_file_that_the_source_does_not_list_is_named()
    {
        await using var server = await FileServer.StartAsync((Name, _content));

        Assert.Contains("does not list other.gguf", (await FailsAsync(server.Model(null, "other.gguf"), Options(server))).Message);
    }

    [Fact]
    public async Task A_list_that_is_none_is_asked_for_again()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        server.ListAnswers.Enqueue(http => http.Response.WriteAsync("<html>login</html>"));

        Assert.True((await PullAsync(server.Model(), Options(server) with { Source = ModelSource.HuggingFace })).Downloaded);
    }

    [Fact]
    public async Task A_source_that_cannot_be_reached_names_the_other_one()
    {
        var server = await FileServer.StartAsync((Name, _content));
        var (model, options) = (server.Model(), Options(server) with { Retries = 1 });
        await server.DisposeAsync();

        Assert.Contains("--from huggingface", (await FailsAsync(model, options)).Message);
    }

    [Theory]
    [InlineData("/models/o/r/resolve/elsewhere/m.gguf", null)]
    [InlineData("https://10.1.2.3/m.gguf", "private network")]
    [InlineData("https://[::ffff:192.168.0.1]/m.gguf", "private network")]
    [InlineData("http://example.com/m.gguf", "without https")]
    [InlineData("ftp://127.0.0.1/m.gguf", "only https")]
    [InlineData("https://user:pass@example.com/m.gguf", "user name")]
    public async Task Redirects_are_followed_only_where_an_address_may_be_asked(string location, string? words)
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        server.Next((http, _) =>
        {
            http.Response.StatusCode = 302;
            http.Response.Headers.Location = location;
            return Task.CompletedTask;
        });

        if (words is null)
        {
            Assert.True((await PullAsync(server.Model(), Options(server))).Downloaded);
        }
        else
        {
            Assert.Contains(words, (await FailsAsync(server.Model(), Options(server))).Message);
        }
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        await using var server = await FileServer.StartAsync((Name, _content));
        foreach (var _ in Enumerable.Range(0, 20))
        {
            server.Next((http, _) =>
            {
                http.Response.StatusCode = 307;
                http.Response.Headers.Location = http.Request.Path.ToString();
                return Task.CompletedTask;
            });
        }

        Assert.Contains("redirects", (await FailsAsync(server.Model(), Options(server))).Message);
        Assert.Equal(11, server.Requests.Count);
    }

    private static byte[] Bytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private string Target() => Path.Combine(_folder.Path, Name);

    private string Part() => Target() + ".part";

    private ModelPullOptions Options(FileServer server) => new() { Mirror = server.Address, Folder = _folder.Path, RetryDelay = TimeSpan.Zero };

    private static Task<ModelPullResult> PullAsync(CatalogueModel model, ModelPullOptions options, IProgress<ModelPullProgress>? progress = null) =>
        new ModelPull(options).RunAsync(model, progress, TestContext.Current.CancellationToken);

    private static Task<ModelPullException> FailsAsync(CatalogueModel model, ModelPullOptions options) => Assert.ThrowsAsync<ModelPullException>(() => PullAsync(model, options));

    // Done when that many bytes are on the disk.
    private sealed class Received(long bytes) : IProgress<ModelPullProgress>
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => _done.Task;

        public void Report(ModelPullProgress value)
        {
            if (value.Done >= bytes)
            {
                _done.TrySetResult();
            }
        }
    }
}
