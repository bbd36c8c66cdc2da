namespace SmartService.Data;

/// <summary>Section <c>Data</c>.</summary>
public sealed class DataOptions
{
    /// <summary>Where the embedded store keeps its file.</summary>
    public string Directory { get; set; } =
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "SmartService");

    /// <summary>Connection string of the shared store. When set, the embedded one is not used.</summary>
    public string? Postgres { get; set; }
}
