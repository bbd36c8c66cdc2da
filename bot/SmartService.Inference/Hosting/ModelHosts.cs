namespace SmartService.Inference.Hosting;

/// <summary>Makes the host that the settings ask for.</summary>
internal static class ModelHosts
{
    public static IModelHost Create(IServiceProvider services) => new NoModelHost();
}
