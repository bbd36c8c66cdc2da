using System.Diagnostics;
using System.Globalization;
using Dapper;
using Npgsql;
using SmartService.Testing;
using SmartService.Testing.Stores;

namespace SmartService.Bot.Tests.Kill;

/// <summary>
/// Kills servers with SIGKILL at random moments while 200 messages a second arrive. A few kills in the suite; as many as
/// the environment variable <c>SMARTSERVICE_KILLS</c> says otherwise.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Customers = 200;
    private const int Seed = 20261125;

    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("SMARTSERVICE_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : 3;

    [Fact]
    public async Task Nothing_is_lost_repeated_or_reordered_when_the_server_is_killed()
    {
        var folder = TempFolder.Create();
        await RunAsync(servers: 1, start => start.Environment[KilledServer.Directory] = folder);
    }

    [Fact]
    public async Task Nothing_is_lost_repeated_or_reordered_when_one_of_two_servers_is_killed()
    {
        var connectionString = await TestStores.PostgresConnectionStringAsync();
        try
        {
            await RunAsync(servers: 2, start => start.Environment[KilledServer.Postgres] = connectionString);
        }
        finally
        {
            await DescribeAsync(connectionString);
        }
    }

    private async Task DescribeAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        output.WriteLine(await connection.ExecuteScalarAsync<string>(
            """
            select string_agg(line, ', ') from (
              select 'message ' || state || ' ' || count(*) as line from message group by state
              union all select 'reply ' || state || ' ' || count(*) || ' ' || coalesce(max(error), '') from reply group by state) lines
            """) ?? "nothing");
    }

    private async Task RunAsync(int servers, Action<ProcessStartInfo> configure)
    {
        await using var platform = await KillPlatform.StartAsync();
        var written = new int[Customers];
        var children = new List<Child>();
        var random = new Random(Seed);
        try
        {
            for (var i = 0; i < servers; i++)
            {
                children.Add(await Child.StartAsync(platform, configure));
            }

            using var quiet = new CancellationTokenSource();
            var writing = WriteAsync(platform, written, children, quiet.Token);
            for (var kill = 0; kill < Kills; kill++)
            {
                await Task.Delay(random.Next(50, 1200), TestContext.Current.CancellationToken);
                var victim = random.Next(children.Count);
                children[victim].Kill();
                children[victim] = await Child.StartAsync(platform, configure);
            }

            await quiet.CancelAsync();
            await writing;
            await SettleAsync(platform, written);
        }
        finally
        {
            children.ForEach(child => child.Kill());
        }

        output.WriteLine($"{Kills} kills, {written.Sum()} messages, {platform.Sent} replies, {platform.Repeats} repeats refused by id.");
        Assert.NotEqual(0, written.Sum());
        Assert.All(
            Enumerable.Range(0, Customers),
            customer => Assert.Equal(Enumerable.Range(0, written[customer]).Select(n => $"{n}"), platform.AnsweredTo($"c{customer}")));
    }

    private static async Task WriteAsync(KillPlatform platform, int[] written, List<Child> children, CancellationToken quiet)
    {
        using var bells = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var next = 0; !quiet.IsCancellationRequested;)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
            for (var i = 0; i < 10; i++, next++)
            {
                var customer = next % Customers;
                platform.Write($"c{customer}", written[customer]++);
            }

            // A bell that hits a dead server is lost, as in life; the slow poll makes up for it.
            _ = children[next / 10 % children.Count].RingAsync(bells);
        }
    }

    private static async Task SettleAsync(KillPlatform platform, int[] written)
    {
        var patience = Stopwatch.StartNew();
        var last = -1;
        while (patience.Elapsed < TimeSpan.FromSeconds(30))
        {
            var answered = Enumerable.Range(0, Customers).Sum(customer => platform.AnsweredTo($"c{customer}").Count);
            if (answered != last)
            {
                (last, patience) = (answered, Stopwatch.StartNew());
            }

            if (answered >= written.Sum())
            {
                // A little longer: a duplicate would come now.
                await Task.Delay(500);
                return;
            }

            await Task.Delay(50);
        }
    }

    private sealed class Child
    {
        private readonly Process _process;
        private readonly string _url;

        private Child(Process process, string url) => (_process, _url) = (process, url);

        public static async Task<Child> StartAsync(KillPlatform platform, Action<ProcessStartInfo> configure)
        {
            var url = $"http://127.0.0.1:{FreePort.Next()}";
            var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "SmartService.Bot.Tests"))
            {
                ArgumentList = { "-explicit", "only", "-method", $"{typeof(KilledServer).FullName}.{nameof(KilledServer.Serve)}" },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            };
            start.Environment[KilledServer.Platform] = platform.Url;
            start.Environment[KilledServer.Url] = url;
            configure(start);
            var child = new Child(Process.Start(start)!, url);
            child._process.OutputDataReceived += (_, _) => { };
            child._process.BeginOutputReadLine();
            child._process.ErrorDataReceived += (_, _) => { };
            child._process.BeginErrorReadLine();
            using var bells = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
            while (!await child.RingAsync(bells))
            {
                Assert.False(child._process.HasExited, "The server did not start.");
                await Task.Delay(20);
            }

            return child;
        }

        public async Task<bool> RingAsync(HttpClient bells)
        {
            try
            {
                using var answer = await bells.PostAsync(new Uri(_url + "/bell"), content: null);
                return answer.IsSuccessStatusCode;
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                return false;
            }
        }

        public void Kill()
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
