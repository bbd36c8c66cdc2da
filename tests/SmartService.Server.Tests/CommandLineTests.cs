using System.CommandLine;
using System.Text.Json;
using SmartService.Server.Hosting;
using SmartService.Testing.Stores;

namespace SmartService.Server.Tests;

/// <summary>The commands as a person or a script uses them. They share the console and the environment, so one at a time.</summary>
[Collection(nameof(CommandLineTests))]
[CollectionDefinition(nameof(CommandLineTests), DisableParallelization = true)]
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = TempFolder.Create();

    public CommandLineTests() => Environment.SetEnvironmentVariable("Data__Directory", _folder);

    public void Dispose() => Environment.SetEnvironmentVariable("Data__Directory", null);

    [Fact]
    public async Task Knowledge_is_imported_listed_searched_asked_and_deleted()
    {
        var import = await RunAsync("knowledge", "import", Demo.SampleShop.Folder);
        Assert.Equal(0, import.Code);
        Assert.Contains("products.xlsx", import.Output, StringComparison.Ordinal);

        var list = await RunAsync("knowledge", "list");
        Assert.Contains("质保与维修政策", list.Output, StringComparison.Ordinal);

        var search = await RunAsync("knowledge", "search", "沙发布面破了能免费修吗", "--top", "3", "--json");
        var hits = search.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.InRange(hits.Count, 1, 3);
        Assert.All(hits, hit => Assert.True(hit.GetProperty("score").GetDouble() is >= 0 and <= 1 && hit.GetProperty("id").GetString()!.Length > 0));
        Assert.Contains(hits, hit => hit.GetProperty("text").GetString()!.Contains("不在免费质保范围", StringComparison.Ordinal));

        var ask = await RunAsync("ask", "沙发布面破了能免费修吗", "--json");
        var answer = JsonDocument.Parse(ask.Output).RootElement;
        Assert.Equal("answered", answer.GetProperty("outcome").GetString());
        Assert.Equal("text", answer.GetProperty("messages")[0].GetProperty("type").GetString());
        Assert.NotEqual("", answer.GetProperty("citations")[0].GetProperty("source").GetString());
        Assert.True(answer.GetProperty("timings").GetProperty("total_ms").GetDouble() > 0);

        Assert.Equal("declined", JsonDocument.Parse((await RunAsync("ask", "你们店几点开门", "--json")).Output).RootElement.GetProperty("outcome").GetString());
        Assert.Equal("handed_off", JsonDocument.Parse((await RunAsync("ask", "转人工", "--json")).Output).RootElement.GetProperty("outcome").GetString());

        var id = list.Output.Split('\n')[0].Split(' ')[0];
        Assert.Equal(0, (await RunAsync("knowledge", "delete", id)).Code);
        var gone = await RunAsync("knowledge", "delete", id);
        Assert.Equal(1, gone.Code);
        Assert.Contains("no document", gone.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_questions_is_answered_in_input_order_and_conversations_remember()
    {
        await RunAsync("knowledge", "import", Demo.SampleShop.Folder);
        var (input, output) = (Path.Combine(_folder, "in.jsonl"), Path.Combine(_folder, "out.jsonl"));
        await File.WriteAllLinesAsync(input,
        [
            """{"id":"1","conversation":"a","text":"云朵沙发多少钱"}""",
            """{"id":"2","conversation":"b","text":"山茶床多少钱"}""",
            """{"id":"3","conversation":"a","text":"它的质保多久"}""",
        ]);

        var run = await RunAsync("ask", "--input", input, "--out", output);

        Assert.Equal(0, run.Code);
        var lines = (await File.ReadAllLinesAsync(output)).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["1", "2", "3"], lines.Select(line => line.GetProperty("id").GetString()));
        Assert.Contains("2999", Text(lines[0]), StringComparison.Ordinal);
        Assert.Contains("3680", Text(lines[1]), StringComparison.Ordinal);
        Assert.Contains("60", Text(lines[2]), StringComparison.Ordinal);

        static string Text(JsonElement line) => line.GetProperty("messages")[0].GetProperty("text").GetString()!;
    }

    [Theory]
    [InlineData("{\"id\":\"1\"}", "line 1")]
    [InlineData("not json", "line 1")]
    public async Task A_broken_line_is_named(string line, string named)
    {
        var input = Path.Combine(_folder, "broken.jsonl");
        await File.WriteAllTextAsync(input, line);

        var run = await RunAsync("ask", "--input", input, "--out", Path.Combine(_folder, "out.jsonl"));

        Assert.Equal(1, run.Code);
        Assert.Contains(named, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asking_nothing_says_how_to_ask()
    {
        var run = await RunAsync("ask");

        Assert.Equal(1, run.Code);
        Assert.Contains("--input", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_is_content_with_an_empty_machine_and_names_what_is_missing()
    {
        var run = await RunAsync("doctor");

        Assert.Equal(0, run.Code);
        Assert.Contains("sqlite", run.Output, StringComparison.Ordinal);
        Assert.Contains("empty", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_finds_a_store_that_is_away()
    {
        Environment.SetEnvironmentVariable("Data__Postgres", "Host=127.0.0.1;Port=1;Username=nobody;Timeout=2");
        try
        {
            var run = await RunAsync("doctor");

            Assert.Equal(1, run.Code);
            Assert.Contains("PostgreSQL", run.Output, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("Data__Postgres", null);
        }
    }

    [Theory]
    [InlineData("WeChat__Kf__EncodingAesKey", "tooshort", "WeChat:CorpId")]
    [InlineData("Desk__SessionHours", "0", "Desk:SessionHours")]
    [InlineData("Knowledge__Candidates", "1", "Knowledge:Candidates")]
    [InlineData("Data__Postgres", "nonsense", "Data:Postgres")]
    [InlineData("Turns__Debounce", "-00:00:01", "Turns:Debounce")]
    [InlineData("Orders__BaseUrl", "http://orders.example", "Orders:BaseUrl")]
    [InlineData("Model__Endpoint", "ftp://model", "Model:Endpoint")]
    public async Task A_wrong_setting_stops_the_start_with_a_sentence_that_names_it(string variable, string value, string named)
    {
        Environment.SetEnvironmentVariable(variable, value);
        try
        {
            var run = await RunAsync("serve", "--port", "0");

            Assert.Equal(1, run.Code);
            Assert.Contains(named, run.Errors, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
    }

    [Fact]
    public async Task A_person_is_added_to_the_desk_with_a_password_from_standard_input()
    {
        Console.SetIn(new StringReader("a long password\n"));

        var run = await RunAsync("desk", "add", "xiaomu", "--display", "小木");

        Assert.Equal(0, run.Code);
        Assert.Contains("xiaomu", run.Output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var (output, errors) = (Console.Out, Console.Error);
        using var written = new StringWriter();
        using var complained = new StringWriter();
        Console.SetOut(written);
        Console.SetError(complained);
        try
        {
            var code = await Failures.ReportAsync(() => CommandLine.Create().Parse(arguments).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
            return (code, written.ToString(), complained.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
        }
    }
}
