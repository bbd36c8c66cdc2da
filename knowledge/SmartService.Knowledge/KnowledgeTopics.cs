namespace SmartService.Knowledge;

/// <summary>Topics of <see cref="Data.Signals"/>.</summary>
public static class KnowledgeTopics
{
    /// <summary>A document was added, replaced or deleted: everything that is cached about the knowledge base is old.</summary>
    public const string Changed = "knowledge";
}
