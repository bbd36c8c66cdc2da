using System.Text;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>Drains a child's outputs, so that it never blocks on them, and keeps the last lines: what native code says before it aborts is written there.</summary>
internal sealed class OutputTail(int lines = 20, int lineLength = 300)
{
    private readonly Queue<string> _lines = new();
    private readonly Lock _gate = new();

    /// <summary>Called for each line, cut to its first characters.</summary>
    public Action<string>? Line { get; init; }

    /// <summary>The last lines, joined to one.</summary>
    public string Last(int count)
    {
        lock (_gate)
        {
            return string.Join(" / ", _lines.TakeLast(count));
        }
    }

    /// <summary>Reads to the end. A line of any length takes bounded memory.</summary>
    public async Task DrainAsync(Stream stream)
    {
        var bytes = new byte[4096];
        var chars = new char[4096 + 8];
        var decoder = Encoding.UTF8.GetDecoder();
        var line = new StringBuilder();
        int read;
        while ((read = await ReadAsync(stream, bytes)) > 0)
        {
            foreach (var character in chars.AsSpan(0, decoder.GetChars(bytes.AsSpan(0, read), chars, flush: false)))
            {
                if (character == '\n')
                {
                    Keep(line.ToString());
                    line.Clear();
                }
                else if (line.Length < lineLength && (!char.IsControl(character) || character == '\t'))
                {
                    line.Append(character);
                }
            }
        }

        Keep(line.ToString());
    }

    private static async Task<int> ReadAsync(Stream stream, byte[] bytes)
    {
        try
        {
            return await stream.ReadAsync(bytes);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            return 0;
        }
    }

    private void Keep(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (_gate)
        {
            _lines.Enqueue(line.Trim());
            if (_lines.Count > lines)
            {
                _lines.Dequeue();
            }
        }

        Line?.Invoke(line);
    }
}
