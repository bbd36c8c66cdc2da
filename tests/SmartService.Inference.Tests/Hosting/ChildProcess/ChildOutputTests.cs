using System.Text;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

public sealed class ChildOutputTests
{
    [Fact]
    public async Task The_last_lines_are_kept_and_long_ones_cut()
    {
        var tail = new OutputTail(lines: 3, lineLength: 10);
        await tail.DrainAsync(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 1000).Select(line => $"第{line}行 {new string('长', 9000)}")))));
        Assert.Equal("第998行 长长长长 / 第999行 长长长长", tail.Last(2));
        Assert.Equal(3, tail.Last(10).Split(" / ").Length);
    }

    [Fact]
    public async Task Control_characters_and_broken_bytes_do_not_reach_the_log()
    {
        var tail = new OutputTail();
        await tail.DrainAsync(new MemoryStream([(byte)'a', 27, (byte)'[', 0, 0xff, (byte)'b', 13, 10, 10]));
        Assert.Equal("a[\ufffdb", tail.Last(5));
    }

    [Theory]
    [InlineData(134, "SIGABRT")]
    [InlineData(137, "SIGKILL")]
    [InlineData(139, "SIGSEGV")]
    [InlineData(132, "SIGILL")]
    [InlineData(160, "signal 32")]
    [InlineData(1, "exit code 1")]
    [InlineData(255, "exit code 255")]
    public void An_exit_code_on_unix_names_its_signal(int code, string expected) =>
        Assert.StartsWith(expected, ExitReason.Of(code, windows: false), StringComparison.Ordinal);

    [Theory]
    [InlineData(unchecked((int)0xC0000005), "an access violation")]
    [InlineData(unchecked((int)0xC0000135), "exit code 0xC0000135")]
    [InlineData(137, "exit code 137")]
    public void An_exit_code_on_windows_is_read_as_such(int code, string expected) =>
        Assert.Equal(expected, ExitReason.Of(code, windows: true));

    [Fact]
    public void The_program_is_started_as_it_was_started_itself()
    {
        Assert.Equal(["/usr/bin/dotnet", "/app/Server.dll"], ChildCommand.Of("/usr/bin/dotnet", "/app/Server.dll"));
        Assert.Equal(["/app/Server"], ChildCommand.Of("/app/Server", "/app/Server.dll"));
        Assert.Equal(["/app/Server"], ChildCommand.Of("/app/Server", ""));
        Assert.Throws<ModelUnavailableException>(() => ChildCommand.Of(null, "/app/Server.dll"));
    }

    [Fact]
    public void Only_the_exact_arguments_ask_for_a_child()
    {
        Assert.True(ModelHostChild.IsRequested([ModelHostChild.Argument, "/tmp/s"]));
        Assert.False(ModelHostChild.IsRequested([ModelHostChild.Argument]));
        Assert.False(ModelHostChild.IsRequested(["ask", ModelHostChild.Argument]));
        Assert.False(ModelHostChild.IsRequested([]));
    }
}
