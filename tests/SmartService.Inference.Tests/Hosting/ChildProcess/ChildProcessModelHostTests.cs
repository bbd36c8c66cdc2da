using System.Diagnostics;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;
using OsProcess = System.Diagnostics.Process;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

public sealed class ChildProcessModelHostTests
{
    [Fact]
    public async Task A_text_is_streamed_from_another_process()
    {
        await using var process = await ModelProcess.StartAsync(models: new LocalModelOptions { Threads = 7 });
        var info = await process.Host.StartAsync(CancellationToken.None);
        Assert.Equal("scripted 7", info.Backend);
        Assert.Equal(("模型", "{{ messages }}"), (info.Chat!.Name, info.Chat.Template));
        Assert.NotEqual(Environment.ProcessId, process.Host.ChildProcess);
        // More than the window, so that room is granted on the way.
        var updates = await process.UpdatesAsync(ScriptedModelHost.Request("count=500"));
        Assert.Equal(ScriptedModelHost.Text(500), string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(Enumerable.Range(1, 500), updates.Take(500).Select(update => update.OutputTokens));
        Assert.Equal((FinishReason.Stop, 500, 10), (updates[^1].Finish, updates[^1].Usage!.OutputTokens, updates[^1].Usage!.PromptTokens));
    }

    [Fact]
    public async Task Vectors_and_scores_come_from_it_too()
    {
        await using var process = await ModelProcess.StartAsync();
        var vectors = await process.Host.EmbedAsync(["一", "二二"], EmbeddingPurpose.Passage, CancellationToken.None);
        Assert.Equal([[1, 1, float.NegativeInfinity], [2, 1, float.NegativeInfinity]], vectors);
        Assert.Equal([1.5f, 2.5f], await process.Host.RerankAsync("q", ["a", "bb"], CancellationToken.None));
        Assert.Equal("No reranker is loaded.", (await Assert.ThrowsAsync<ModelUnavailableException>(() => process.Host.RerankAsync("q", [], CancellationToken.None))).Message);
        Assert.Equal(0, process.Host.Status.Restarts);
    }

    [Fact]
    public async Task Many_texts_go_in_several_calls_and_come_back_in_order_with_what_they_cost()
    {
        var sizes = new List<int>();
        await using var process = await ModelProcess.StartAsync(launcher: new LocalLauncher((_, _) => new CountingHost(sizes)));
        var texts = Enumerable.Range(0, 600).Select(number => new string('x', number)).ToList();
        var result = await process.Host.EmbedWithUsageAsync(texts, EmbeddingPurpose.Passage, CancellationToken.None);
        Assert.Equal(texts.Select(text => (float)text.Length), result.Vectors.Select(vector => vector[0]));
        Assert.Equal((6000L, 3), (result.Tokens, result.Cut));
        Assert.Equal(texts.Select(text => (float)text.Length), await process.Host.RerankAsync("q", texts, CancellationToken.None));
        Assert.Equal([256, 256, 88, 256, 256, 88], sizes);
    }

    [Fact]
    public async Task Requests_of_one_conversation_start_in_the_order_they_came_however_long_the_first_takes_to_read()
    {
        var host = new OrderHost();
        await using var process = await ModelProcess.StartAsync(launcher: new LocalLauncher((_, _) => host));
        GenerationRequest Of(string name, string conversation) => ScriptedModelHost.Request(name) with { Conversation = conversation };
        var first = process.UpdatesAsync(Of("slow", "a"));
        var second = process.UpdatesAsync(Of("second", "a"));
        var other = process.UpdatesAsync(Of("other", "b"));
        // Another conversation does not wait for it.
        await other;
        host.Go.Set();
        await Task.WhenAll(first, second);
        Assert.Equal(["other", "slow", "second"], host.Starts);
    }

    [Fact]
    public async Task What_ended_processes_had_counted_is_not_forgotten()
    {
        var launcher = new LocalLauncher((_, _) => new CountingHost([]));
        await using var process = await ModelProcess.StartAsync(launcher: launcher);
        await ModelProcess.EventuallyAsync(() => process.Host.Status.Counters.WrittenTokens == 7);
        launcher.KillLast();
        await ModelProcess.EventuallyAsync(() => process.Host.Status.Counters.WrittenTokens == 14);
        Assert.Equal(2, process.Host.Status.Counters.Saturated);
    }

    [Fact]
    public void A_child_that_interrupts_two_endless_decodes_itself_is_not_taken_for_hung() =>
        Assert.True(new ModelSupervisionOptions().ProgressLimit >= 2.5 * new SmartService.Inference.Engine.SchedulerOptions().DecodeLimit);

    [Fact]
    public async Task The_hosts_exceptions_arrive_as_they_were()
    {
        await using var process = await ModelProcess.StartAsync();
        Assert.Equal(TimeSpan.FromSeconds(7), (await Assert.ThrowsAsync<ModelSaturatedException>(() => process.TextAsync("count=5;at=0;do=saturated"))).RetryAfter);
        await Assert.ThrowsAsync<PromptTooLongException>(() => process.TextAsync("count=5;at=0;do=toolong"));
        await Assert.ThrowsAsync<ModelUnavailableException>(() => process.TextAsync("count=5;at=3;do=unavailable"));
        await Assert.ThrowsAsync<ArgumentException>(() => process.TextAsync("count=5;at=0;do=argument"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => process.TextAsync("count=5;at=0;do=cancelled"));
        Assert.DoesNotContain("customer", (await Assert.ThrowsAsync<InvalidOperationException>(() => process.TextAsync("count=5;at=0;do=throw"))).Message, StringComparison.Ordinal);
        Assert.Equal(0, process.Host.Status.Restarts);
    }

    [Fact]
    public async Task A_missing_file_is_said_and_not_tried_again()
    {
        await using var process = ModelProcess.Create(models: new LocalModelOptions { Path = "missing" });
        const string Expected = "The file /models/missing.gguf does not exist.";
        Assert.Equal(Expected, (await Assert.ThrowsAsync<ModelUnavailableException>(() => process.Host.StartAsync(CancellationToken.None))).Message);
        Assert.Equal(Expected, (await Assert.ThrowsAsync<ModelUnavailableException>(() => process.Host.StartAsync(CancellationToken.None))).Message);
        Assert.Equal(Expected, (await Assert.ThrowsAsync<ModelUnavailableException>(() => process.TextAsync("count=1"))).Message);
        Assert.Equal((false, Expected), (process.Host.Status.IsReady, process.Host.Status.Problem));
    }

    [Fact]
    public async Task A_host_that_was_not_started_says_so()
    {
        await using var process = ModelProcess.Create();
        Assert.False(process.Host.Status.IsReady);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => process.TextAsync("count=1"));
    }

    [Fact]
    public async Task Giving_up_waiting_for_the_start_does_not_stop_it()
    {
        await using var process = ModelProcess.Create();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => process.Host.StartAsync(new CancellationToken(canceled: true)));
        Assert.Equal(ScriptedModelHost.Text(2), await process.TextAsync("count=2"));
    }

    [Fact]
    public async Task A_cancelled_request_is_cancelled_in_the_child()
    {
        await using var process = await ModelProcess.StartAsync();
        using var cancel = new CancellationTokenSource();
        var reading = process.TextAsync("count=100000;every=1", cancel.Token);
        await ModelProcess.EventuallyAsync(() => process.Host.Status.Steps > 3);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        // Steps are counted by the child: when nobody reads, it must come to rest.
        await RestsAsync(process);
    }

    [Fact]
    public async Task A_reader_that_leaves_early_ends_its_request_in_the_child()
    {
        await using var process = await ModelProcess.StartAsync();
        await foreach (var update in process.Host.GenerateAsync(ScriptedModelHost.Request("count=100000;every=1"), CancellationToken.None))
        {
            if (update.OutputTokens == 3)
            {
                break;
            }
        }

        await RestsAsync(process);
    }

    [Fact]
    public async Task A_slow_reader_stops_only_its_own_request_and_is_no_reason_to_restart()
    {
        await using var process = await ModelProcess.StartAsync(ModelProcess.Options with { ProgressLimit = TimeSpan.FromSeconds(1) });
        await using var slow = process.Host.GenerateAsync(ScriptedModelHost.Request("count=1000"), CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        Assert.Equal(ScriptedModelHost.Text(1000), await process.TextAsync("count=1000"));
        // Stopped by the window, long before its end, while it is not read for longer than a hung engine may take.
        var steps = process.Host.Status.Steps;
        await Task.Delay(1500);
        await ModelProcess.EventuallyAsync(() => process.Host.Status.Steps >= 1000);
        Assert.InRange(process.Host.Status.Steps, 1000, 1000 + ModelProcess.Options.Window + 1);
        Assert.True(steps <= 1000 + ModelProcess.Options.Window + 1);
        var text = slow.Current.Text;
        while (await slow.MoveNextAsync())
        {
            text += slow.Current.Text;
        }

        Assert.Equal(ScriptedModelHost.Text(1000), text);
        Assert.Equal(0, process.Host.Status.Restarts);
    }

    [Fact]
    public async Task What_the_child_writes_never_blocks_it()
    {
        await using var process = await ModelProcess.StartAsync();
        Assert.Equal(ScriptedModelHost.Text(5), await process.TextAsync("count=5;at=2;do=chatter"));
    }

    [Fact]
    public async Task Neither_settings_nor_secrets_can_be_seen_from_outside_and_the_kernel_takes_the_child_first()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        Environment.SetEnvironmentVariable("WeChat__Kf__Secret", "geheim");
        await using var process = await ModelProcess.StartAsync(
            ModelProcess.Options with { Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["OMP_WAIT_POLICY"] = "passive" } },
            new LocalModelOptions { Path = "secret-path" });
        var proc = $"/proc/{process.Host.ChildProcess}";
        var environment = (await File.ReadAllTextAsync($"{proc}/environ")).Split('\0');
        Assert.DoesNotContain(environment, entry => entry.Contains("geheim", StringComparison.Ordinal));
        Assert.Contains("GGML_NO_BACKTRACE=1", environment);
        Assert.Contains("OMP_WAIT_POLICY=passive", environment);
        var command = (await File.ReadAllTextAsync($"{proc}/cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(ModelHostChild.Argument, command[^2]);
        Assert.DoesNotContain("secret-path", string.Join(' ', command), StringComparison.Ordinal);
        // The socket's name is gone with its folder as soon as the child is connected.
        Assert.False(Directory.Exists(Path.GetDirectoryName(command[^1])));
        Assert.Equal("700", (await File.ReadAllTextAsync($"{proc}/oom_score_adj")).Trim());
    }

    [Fact]
    public async Task Disposing_lets_running_requests_end_and_leaves_no_process()
    {
        var process = await ModelProcess.StartAsync();
        var child = OsProcess.GetProcessById(process.Host.ChildProcess);
        var running = process.TextAsync("count=50;every=10");
        await ModelProcess.EventuallyAsync(() => process.Host.Status.Steps > 0);
        await process.DisposeAsync();
        Assert.Equal(ScriptedModelHost.Text(50), await running);
        await child.WaitForExitAsync();
        Assert.Equal(0, process.Host.Status.Restarts);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => process.TextAsync("count=1"));
    }

    [Fact]
    public async Task Disposing_does_not_wait_for_a_hung_child()
    {
        var process = await ModelProcess.StartAsync(ModelProcess.Options with { DrainLimit = TimeSpan.FromMilliseconds(200), ExitLimit = TimeSpan.FromMilliseconds(200) });
        using var child = OsProcess.GetProcessById(process.Host.ChildProcess);
        await using var updates = process.Host.GenerateAsync(ScriptedModelHost.Request("count=5;at=2;do=freeze"), CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());
        await process.DisposeAsync();
        await Assert.ThrowsAsync<ModelUnavailableException>(async () =>
        {
            while (await updates.MoveNextAsync())
            {
            }
        });
        await child.WaitForExitAsync();
    }

    [Fact]
    public async Task A_child_ends_with_its_parent_even_when_its_engine_hangs()
    {
        using var parent = OsProcess.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. Arguments(), DoomedParent.Argument]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var child = int.Parse(await parent.StandardOutput.ReadLineAsync() ?? "", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("词0，", await parent.StandardOutput.ReadLineAsync());
        Assert.True(IsAlive(child));
        parent.Kill();
        await ModelProcess.EventuallyAsync(() => !IsAlive(child));

        static IEnumerable<string> Arguments() => ChildCommand.OfThisProgram().Skip(1);
    }

    private static bool IsAlive(int process)
    {
        try
        {
            // An orphan stays a zombie where nothing like init collects it; that is ended too.
            return !OperatingSystem.IsLinux() || !File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].TrimStart().StartsWith('Z');
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or IOException)
        {
            return false;
        }
    }

    private static async Task RestsAsync(ModelProcess process)
    {
        long last;
        do
        {
            last = process.Host.Status.Steps;
            await Task.Delay(300);
        }
        while (last != process.Host.Status.Steps);
    }
}
