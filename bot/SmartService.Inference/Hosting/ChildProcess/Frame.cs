namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>One message between the processes. On the wire: payload length (int32), kind (byte), request (int64), payload; little-endian.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">The request that it belongs to, or 0.</param>
/// <param name="Payload">Valid until the next frame is read.</param>
internal readonly record struct Frame(FrameKind Kind, long Id, ReadOnlyMemory<byte> Payload)
{
    public const int HeaderLength = 13;
}

internal enum FrameKind : byte
{
    /// <summary>Child: version and token, the first frame.</summary>
    Hello = 1,

    /// <summary>Child: models are loaded; JSON <see cref="ModelHostInfo"/>.</summary>
    Ready = 2,

    /// <summary>Child: models cannot be loaded; JSON <see cref="WireFailure"/>.</summary>
    StartFailed = 3,

    /// <summary>Child: alive; how far the work is.</summary>
    Beat = 4,

    /// <summary>Child: JSON <see cref="ModelHostStatus"/>.</summary>
    Status = 5,

    /// <summary>Child: an update that is only text: tokens so far (int32), UTF-8.</summary>
    Text = 6,

    /// <summary>Child: any other update; JSON <see cref="GenerationUpdate"/>. With a finish reason it is the request's last frame.</summary>
    Update = 7,

    /// <summary>Child: the answer to <see cref="Embed"/> or <see cref="Rerank"/>; see <see cref="WireVectors"/>.</summary>
    Vectors = 8,

    /// <summary>Child: the request failed; JSON <see cref="WireFailure"/>; its last frame.</summary>
    Failed = 9,

    /// <summary>Parent: load the models; JSON <see cref="WireStart"/>.</summary>
    Start = 32,

    /// <summary>Parent: JSON <see cref="GenerationRequest"/>.</summary>
    Generate = 33,

    /// <summary>Parent: JSON <see cref="WireEmbed"/>.</summary>
    Embed = 34,

    /// <summary>Parent: JSON <see cref="WireRerank"/>.</summary>
    Rerank = 35,

    /// <summary>Parent: nobody wants the request any more. Frames that cross it are ignored.</summary>
    Cancel = 36,

    /// <summary>Parent: so many more updates may be sent for the request (int32).</summary>
    Credit = 37,

    /// <summary>Parent: end now.</summary>
    Shutdown = 38,
}
