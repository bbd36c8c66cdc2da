namespace SmartService.Inference.Tests.Gguf;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("smartservice-模型-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
