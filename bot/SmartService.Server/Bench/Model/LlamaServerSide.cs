using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartService.Server.Hosting;

namespace SmartService.Server.Bench.Model;

/// <summary>llama.cpp's own server, started from a binary that the user names, asked over HTTP with streaming.</summary>
internal sealed class LlamaServerSide : IModelSide
{
    private readonly Process _process;
    private readonly HttpClient _http;
    private int _running;

    private LlamaServerSide(Process process, HttpClient http) => (_process, _http) = (process, http);

    public string Name => "llama-server";

    public bool KnowsSchemas => true;

    public int Running => _running;

    public static async Task<LlamaServerSide> StartAsync(string binary, string model, int cells, int parallel, int threads, CancellationToken cancellationToken)
    {
        var port = FreePort.Next();
        var start = new ProcessStartInfo(binary) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "--model", model, "--ctx-size", Number(cells), "--parallel", Number(parallel), "--kv-unified", "--threads", Number(threads), "--threads-batch", Number(threads),
            "--host", "127.0.0.1", "--port", Number(port),
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{binary} did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Timeout.InfiniteTimeSpan };
        var side = new LlamaServerSide(process, http);
        while (!await side.IsReadyAsync(cancellationToken))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{binary} ended with {process.ExitCode} before it was ready.");
            }

            await Task.Delay(200, cancellationToken);
        }

        return side;
    }

    public async IAsyncEnumerable<BenchOutput> StreamAsync(BenchRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        try
        {
            var body = new JsonObject { ["prompt"] = request.Text, ["n_predict"] = request.MaxTokens, ["temperature"] = 0, ["stream"] = true, ["cache_prompt"] = true };
            if (request.Schema is { } schema)
            {
                body["json_schema"] = JsonNode.Parse(schema);
            }

            using var message = new HttpRequestMessage(HttpMethod.Post, "/completion") { Content = JsonContent.Create(body) };
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            response.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            var told = 0;
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (!line.StartsWith("data: {", StringComparison.Ordinal))
                {
                    continue;
                }

                var data = JsonNode.Parse(line[6..])!;
                var last = data["stop"]?.GetValue<bool>() == true;
                var tokens = last ? (data["tokens_predicted"]?.GetValue<int>() ?? told) - told : 1;
                told += tokens;
                yield return new BenchOutput(data["content"]?.GetValue<string>() ?? "", tokens);
                if (last)
                {
                    yield break;
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync("/health", cancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
