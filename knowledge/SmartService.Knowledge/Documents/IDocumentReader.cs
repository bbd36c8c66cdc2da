namespace SmartService.Knowledge.Documents;

/// <summary>Turns one kind of file into passages and facts. Thread-safe.</summary>
public interface IDocumentReader
{
    /// <summary>Extensions with the dot, lower case.</summary>
    IReadOnlyCollection<string> Extensions { get; }

    /// <summary>Reads a file that is small enough to be held in memory.</summary>
    /// <param name="name">File name, for the title when the file has none.</param>
    /// <param name="content">The bytes.</param>
    /// <exception cref="UnreadableDocumentException">The file cannot be read; the message says why.</exception>
    SourceDocument Read(string name, ReadOnlyMemory<byte> content);
}

/// <summary>A file that cannot be read. The message is a sentence for the person who imports it.</summary>
public sealed class UnreadableDocumentException : Exception
{
    public UnreadableDocumentException()
    {
    }

    public UnreadableDocumentException(string message) : base(message)
    {
    }

    public UnreadableDocumentException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
