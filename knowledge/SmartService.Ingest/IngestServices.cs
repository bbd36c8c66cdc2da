using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>Registers the readers of all known kinds of files.</summary>
public static class IngestServices
{
    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        foreach (var reader in Readers)
        {
            services.AddSingleton(reader);
        }

        return services;
    }

    /// <summary>All readers; they keep no state.</summary>
    public static IReadOnlyList<IDocumentReader> Readers { get; } =
        [new MarkdownReader(), new PlainTextReader(), new WordReader(), new CsvTableReader(), new SpreadsheetReader()];

    /// <summary>GBK and GB18030 for text files, code pages for old xls files.</summary>
    internal static void EnsureCodePages() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
}
