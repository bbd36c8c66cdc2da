namespace SmartService.Inference.Gguf;

/// <summary>A model file cannot be used; the message is one sentence for the operator that names the file, not its content.</summary>
public sealed class ModelFileException : Exception
{
    public ModelFileException()
    {
    }

    public ModelFileException(string message)
        : base(message)
    {
    }

    public ModelFileException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    public ModelFileException(ModelFileFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public ModelFileFault Fault { get; } = ModelFileFault.Malformed;

    /// <summary>The file that is wrong or missing; null where the reader was given a stream.</summary>
    public string? File { get; init; }
}

public enum ModelFileFault
{
    /// <summary>It is GGUF, but breaks the format.</summary>
    Malformed,

    /// <summary>There is no such file.</summary>
    NotFound,

    /// <summary>The file system refused to read it.</summary>
    Unreadable,

    /// <summary>It does not begin with <c>GGUF</c>.</summary>
    NotGguf,

    /// <summary>A version, byte order or tensor type that llama.cpp of this release does not read.</summary>
    Unsupported,

    /// <summary>It ends before its header says so: a download that was cut off.</summary>
    Truncated,

    /// <summary>A shard of a split model is not beside the first one.</summary>
    MissingShard,

    /// <summary>A later shard was named, or the shards do not belong together.</summary>
    WrongShard,
}
