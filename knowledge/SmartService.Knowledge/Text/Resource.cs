using System.Reflection;

namespace SmartService.Knowledge.Text;

/// <summary>Word lists and tables that are embedded in the assembly.</summary>
internal static class Resource
{
    /// <summary>The lines of a resource without comments (<c>#</c>) and blank lines.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using var reader = new StreamReader(Open(name));
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                yield return line;
            }
        }
    }

    public static Stream Open(string name)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var full = assembly.GetManifestResourceNames().Single(n => n.EndsWith(".Resources." + name, StringComparison.Ordinal));
        return assembly.GetManifestResourceStream(full)!;
    }
}
