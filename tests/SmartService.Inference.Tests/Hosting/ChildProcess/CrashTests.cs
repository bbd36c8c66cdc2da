using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

public sealed class CrashTests
{
    [Theory]
    [InlineData("abort")]
    [InlineData("segv")]
    [InlineData("kill")]
    [InlineData("failfast")]
    public async Task A_request_outlives_the_process_however_that_ends(string end)
    {
        await using var process = await ModelProcess.StartAsync();
        var updates = await process.UpdatesAsync(ScriptedModelHost.Request($"count=20;at=7;do={end};once={process.NewFile()}"));
        Assert.Equal(ScriptedModelHost.Text(20), string.Concat(updates.Select(update => update.Text)));
        Assert.Equal((20, 10), (updates[^1].Usage!.OutputTokens, updates[^1].Usage!.PromptTokens));
        Assert.Equal(1, process.Host.Status.Restarts);
        Assert.True(process.Host.Status.IsReady);
    }

    [Fact]
    public async Task A_request_without_output_is_submitted_again_as_it_was()
    {
        await using var process = await ModelProcess.StartAsync();
        Assert.Equal(ScriptedModelHost.Text(20), await process.TextAsync($"count=20;at=0;do=abort;once={process.NewFile()}"));
        Assert.Equal([[1f, 2f, float.NegativeInfinity]], (await process.Host.EmbedAsync([$"once={process.NewFile()}"], EmbeddingPurpose.None, CancellationToken.None)).Select(vector => new[] { 1f, vector[1], vector[2] }));
        Assert.Equal(2, process.Host.Status.Restarts);
    }

    [Fact]
    public async Task A_shaped_output_is_repeated_and_joined_only_where_it_is_the_same()
    {
        await using var process = await ModelProcess.StartAsync();
        var shaped = ScriptedModelHost.Request($"count=200;at=150;do=abort;seed=1;once={process.NewFile()}") with { Shape = new OutputShape.Json("") };
        var text = string.Concat((await process.UpdatesAsync(shaped)).Select(update => update.Text));
        Assert.StartsWith(ScriptedModelHost.Text(200), text, StringComparison.Ordinal);
        Assert.DoesNotContain("none", text, StringComparison.Ordinal);
        var drifting = ScriptedModelHost.Request($"count=20;at=15;do=abort;drift=1;once={process.NewFile()}") with { Shape = new OutputShape.Json("") };
        await Assert.ThrowsAsync<ModelUnavailableException>(() => process.UpdatesAsync(drifting));
    }

    [Fact]
    public async Task The_signal_and_the_last_words_are_named()
    {
        await using var process = await ModelProcess.StartAsync();
        var exception = await Assert.ThrowsAsync<ModelUnavailableException>(() => process.TextAsync("count=20;at=7;do=abort"));
        Assert.Contains("SIGABRT", exception.Message, StringComparison.Ordinal);
        Assert.Contains("GGML_ASSERT(n_tokens <= n_batch) failed", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_ends_the_process_twice_fails_and_the_others_do_not()
    {
        await using var process = await ModelProcess.StartAsync();
        var good = Enumerable.Range(0, 6).Select(at => process.TextAsync($"count={100 + at};every=5")).ToList();
        await ModelProcess.EventuallyAsync(() => process.Host.Status.Steps > 0);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => process.TextAsync("count=20;at=3;do=abort"));
        var texts = await Task.WhenAll(good);
        Assert.Equal(Enumerable.Range(0, 6).Select(at => ScriptedModelHost.Text(100 + at)), texts);
        Assert.Equal(ScriptedModelHost.Text(3), await process.TextAsync("count=3"));
    }

    [Theory]
    [InlineData("stall")]
    [InlineData("freeze")]
    [InlineData("break")]
    public async Task A_child_that_hangs_or_gives_up_is_replaced(string what)
    {
        await using var process = await ModelProcess.StartAsync(ModelProcess.Options with { BeatLimit = TimeSpan.FromSeconds(2), ProgressLimit = TimeSpan.FromSeconds(2) });
        // Ready must have been said once before it can be taken back.
        await ModelProcess.EventuallyAsync(() => process.Host.Status.Cells > 0);
        Assert.Equal(ScriptedModelHost.Text(20), await process.TextAsync($"count=20;at=7;do={what};once={process.NewFile()}"));
        Assert.InRange(process.Host.Status.Restarts, 1, 20);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("huge")]
    [InlineData("flood")]
    [InlineData("closes")]
    public async Task A_child_that_breaks_the_protocol_is_ended_and_the_request_fails_whole(string kind)
    {
        await using var process = await ModelProcess.StartAsync(ModelProcess.Bad(kind));
        var reading = ReadSlowlyAsync(process.Host);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => reading);

        static async Task ReadSlowlyAsync(ChildProcessModelHost host)
        {
            await foreach (var _ in host.GenerateAsync(ScriptedModelHost.Request("count=1"), CancellationToken.None))
            {
                await Task.Delay(2);
            }
        }
    }

    [Theory]
    [InlineData("exits", "exit code 3", "libgomp.so.1: cannot open shared object file")]
    [InlineData("version", "version 99", "restart it")]
    [InlineData("silent", "did not connect within", "")]
    public async Task A_child_that_never_gets_ready_makes_the_host_unavailable_with_the_reason(string kind, string reason, string detail)
    {
        await using var process = ModelProcess.Create(ModelProcess.Bad(kind, ModelProcess.Options with { MaxCrashes = 2, ConnectLimit = TimeSpan.FromSeconds(kind == "silent" ? 1 : 30) }));
        var exception = await Assert.ThrowsAsync<ModelUnavailableException>(() => process.Host.StartAsync(CancellationToken.None));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Contains(detail, exception.Message, StringComparison.Ordinal);
        Assert.Equal(exception.Message, process.Host.Status.Problem);
    }

    [Fact]
    public async Task Strangers_on_the_socket_are_refused_and_the_child_is_still_met()
    {
        await using var process = await ModelProcess.StartAsync(ModelProcess.Bad("stranger"));
        Assert.Equal(ScriptedModelHost.Text(3), await process.TextAsync("count=3"));
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_said()
    {
        await using var process = ModelProcess.Create(ModelProcess.Options with { MaxCrashes = 1, Command = ["/nowhere/at-all"] });
        Assert.Contains("could not be started", (await Assert.ThrowsAsync<ModelUnavailableException>(() => process.Host.StartAsync(CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_too_many_crashes_requests_are_refused_until_a_later_start_succeeds()
    {
        await using var files = ModelProcess.Create();
        var flag = files.NewFile();
        await File.WriteAllTextAsync(flag, "");
        await using var process = ModelProcess.Create(
            ModelProcess.Options with { MaxCrashes = 3, OpenFor = TimeSpan.FromMilliseconds(300), MaxOpenFor = TimeSpan.FromMilliseconds(300) },
            new LocalModelOptions { Path = $"abort-while={flag}" });
        var exception = await Assert.ThrowsAsync<ModelUnavailableException>(() => process.Host.StartAsync(CancellationToken.None));
        Assert.Contains("SIGABRT", exception.Message, StringComparison.Ordinal);
        Assert.Contains("3 times", exception.Message, StringComparison.Ordinal);
        Assert.False(process.Host.Status.IsReady);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => process.TextAsync("count=3"));
        File.Delete(flag);
        await ModelProcess.EventuallyAsync(() => process.Host.Status.IsReady);
        Assert.Equal(ScriptedModelHost.Text(3), await process.TextAsync("count=3"));
        Assert.Null(process.Host.Status.Problem);
        Assert.Equal("scripted 0", (await process.Host.StartAsync(CancellationToken.None)).Backend);
    }
}
