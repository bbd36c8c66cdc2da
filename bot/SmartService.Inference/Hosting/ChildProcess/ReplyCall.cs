using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>A call with one answer: vectors. It can be repeated without anybody noticing.</summary>
internal sealed class ReplyCall<TRequest>(FrameKind kind, TRequest request, JsonTypeInfo<TRequest> type, int vectors) : Call
{
    private readonly TaskCompletionSource<EmbeddingResult> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<EmbeddingResult> Reply => _reply.Task;

    public override FrameKind Kind => kind;

    public override byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(request, type);

    public override Answer Take(in Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Vectors:
                var reply = WireVectors.Read(frame.Payload.Span);
                if (reply.Vectors.Count != vectors)
                {
                    throw new ProtocolException($"{reply.Vectors.Count} vectors instead of {vectors}.");
                }

                _reply.TrySetResult(reply);
                return Answer.Last;
            case FrameKind.Failed:
                Fail(WireJson.Read(frame.Payload.Span, WireJson.Compact.WireFailure).ToException());
                return Answer.Last;
            default:
                throw new ProtocolException($"{frame.Kind} in answer to {kind}.");
        }
    }

    public override void Fail(Exception exception) => _reply.TrySetException(exception);
}
