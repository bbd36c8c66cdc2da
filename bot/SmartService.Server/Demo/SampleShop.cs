using SmartService.Knowledge;
using SmartService.Knowledge.Documents;

namespace SmartService.Server.Demo;

/// <summary>The sample shop that travels with the program.</summary>
public static class SampleShop
{
    /// <summary>Folder of <c>knowledge/samples</c> beside the program.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "samples");

    /// <summary>Imports it; unchanged files cost nothing.</summary>
    public static async Task ImportAsync(KnowledgeBase knowledge, CancellationToken cancellationToken)
    {
        var report = await knowledge.ImportAsync([Folder], progress: null, cancellationToken);
        if (report.Files.FirstOrDefault(file => file.Status == ImportStatus.Failed) is { } broken)
        {
            throw new InvalidOperationException($"The sample shop is damaged: {broken.Path}: {broken.Error}");
        }
    }
}
