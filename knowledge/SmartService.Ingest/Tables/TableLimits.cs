using SmartService.Knowledge.Documents;

namespace SmartService.Ingest.Tables;

/// <summary>What no table that people made exceeds.</summary>
internal static class TableLimits
{
    private const int MostColumns = 500;
    private const int MostRows = 200_000;

    public static void CheckColumns(int columns)
    {
        if (columns > MostColumns)
        {
            throw new UnreadableDocumentException($"The table has {columns} columns; at most {MostColumns} are read.");
        }
    }

    public static void CheckRows(int rows)
    {
        if (rows > MostRows)
        {
            throw new UnreadableDocumentException($"The table has more than {MostRows} rows; split it.");
        }
    }
}
