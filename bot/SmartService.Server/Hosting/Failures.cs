using System.Collections.Frozen;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using SmartService.Data;
using SmartService.Inference.Hosting;

namespace SmartService.Server.Hosting;

/// <summary>Turns a broken environment into one sentence and an exit code; anything else is a bug and keeps its stack.</summary>
public static partial class Failures
{
    /// <summary>Runs a command and returns its exit code: 1 with a sentence on standard error for a wrong setting or a missing resource.</summary>
    public static async Task<int> ReportAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
        catch (Exception exception) when (Sentence(exception) is { } sentence)
        {
            await Console.Error.WriteLineAsync(sentence);
            return 1;
        }
    }

    /// <summary>What a person should read about an expected failure, or null when it is a bug.</summary>
    public static string? Sentence(Exception exception) => exception switch
    {
        OptionsValidationException options => string.Join(Environment.NewLine, options.Failures.Select(WithSetting).Distinct()),
        StoreUnavailableException store => store.Message,
        UsageException usage => usage.Message,
        ModelUnavailableException model => model.Message,
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } io => $"{io.Message} Choose another port with --port.",
        SocketException socket => socket.Message,
        InvalidOperationException invalid when invalid.InnerException is FormatException => $"{invalid.Message}",
        _ => null,
    };

    // Generated validators know the class, not the section that it is bound to: "Debounce: The field TurnOptions.Debounce must be …".
    private static string WithSetting(string failure) => GeneratedFailure().Replace(failure, match =>
        Sections.TryGetValue(match.Groups["type"].Value, out var section) ? $"{section}:{match.Groups["member"].Value}" : match.Value);

    private static readonly FrozenDictionary<string, string> Sections = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["TurnOptions"] = "Turns",
        ["ResumeOptions"] = "Handoff",
        ["KnowledgeOptions"] = "Knowledge",
        ["DeskOptions"] = "Desk",
        ["LocalModelOptions"] = "Model",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    [GeneratedRegex(@"^(?:(?<member>\w+): )?The field (?<type>\w+)\.(?<member>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GeneratedFailure();
}
