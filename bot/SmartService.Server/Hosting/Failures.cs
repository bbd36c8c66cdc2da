using System.Net.Sockets;
using Microsoft.Extensions.Options;
using SmartService.Data;

namespace SmartService.Server.Hosting;

/// <summary>Turns a broken environment into one sentence and an exit code; anything else is a bug and keeps its stack.</summary>
public static class Failures
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
        OptionsValidationException options => string.Join(Environment.NewLine, options.Failures.Select(WithoutMember).Distinct()),
        StoreUnavailableException store => store.Message,
        UsageException usage => usage.Message,
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } io => $"{io.Message} Choose another port with --port.",
        SocketException socket => socket.Message,
        InvalidOperationException invalid when invalid.InnerException is FormatException => $"{invalid.Message}",
        _ => null,
    };

    // A generated validator says "Debounce: Turns:Debounce must be …"; the sentence itself names the setting already.
    private static string WithoutMember(string failure) =>
        failure.Split(": ", 2) is [var member, var sentence] && member.All(char.IsLetterOrDigit) && sentence.Contains(':' + member, StringComparison.Ordinal) ? sentence : failure;
}
