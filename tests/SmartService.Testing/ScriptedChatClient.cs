using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace SmartService.Testing;

/// <summary>
/// A model that says what the test wrote down, call by call, and remembers what it was asked. The last line is repeated.
/// </summary>
public sealed class ScriptedChatClient : IChatClient
{
    private readonly Lock _lock = new();
    private readonly List<Func<CancellationToken, IAsyncEnumerable<ChatResponseUpdate>>> _script = [];
    private readonly List<IReadOnlyList<ChatMessage>> _requests = [];
    private readonly List<ChatOptions?> _options = [];

    /// <summary>The messages of every call, in order.</summary>
    public IReadOnlyList<IReadOnlyList<ChatMessage>> Requests => _requests;

    /// <summary>The options of every call, in order.</summary>
    public IReadOnlyList<ChatOptions?> Options => _options;

    /// <summary>Says a text, streamed in small pieces.</summary>
    public ScriptedChatClient Says(string text, ChatFinishReason? finish = null)
    {
        _script.Add(_ => Stream(text, finish ?? ChatFinishReason.Stop));
        return this;
    }

    /// <summary>Asks for a tool, with words before the call in the same update if any are given.</summary>
    public ScriptedChatClient Calls(string tool, object arguments, string? saying = null)
    {
        var values = JsonSerializer.SerializeToElement(arguments).EnumerateObject().ToDictionary(pair => pair.Name, object? (pair) => pair.Value, StringComparer.Ordinal);
        var id = $"call-{_script.Count}";
        _script.Add(_ => One(new ChatResponseUpdate(ChatRole.Assistant, [.. saying is null ? Array.Empty<AIContent>() : [new TextContent(saying)], new FunctionCallContent(id, tool, values)]) { FinishReason = ChatFinishReason.ToolCalls }));
        return this;
    }

    /// <summary>Says the beginning and then breaks off with an error.</summary>
    public ScriptedChatClient Breaks(Exception exception, string after = "")
    {
        _script.Add(_ => Break(exception, after));
        return this;
    }

    /// <summary>Says the beginning and then nothing more until cancelled.</summary>
    public ScriptedChatClient Hangs(string after = "")
    {
        _script.Add(token => Hang(after, token));
        return this;
    }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            var turn = Math.Min(_requests.Count, _script.Count - 1);
            _requests.Add([.. messages]);
            _options.Add(options);
            return _script[turn](cancellationToken);
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> Stream(string text, ChatFinishReason finish)
    {
        for (var at = 0; at < text.Length; at += 3)
        {
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, text.Substring(at, Math.Min(3, text.Length - at)));
        }

        yield return new ChatResponseUpdate { Role = ChatRole.Assistant, FinishReason = finish };
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> One(ChatResponseUpdate update)
    {
        await Task.Yield();
        yield return update;
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> Break(Exception exception, string after)
    {
        await Task.Yield();
        yield return new ChatResponseUpdate(ChatRole.Assistant, after);
        throw exception;
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> Hang(string after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new ChatResponseUpdate(ChatRole.Assistant, after);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }
}
