using System.Reflection;
using System.Text.RegularExpressions;
using Dapper;

namespace SmartService.Data;

/// <summary>Applies numbered scripts, each component in its own count, all in one transaction.</summary>
internal static partial class Migrator
{
    // One lock for all components: two servers that start together apply the scripts one after the other.
    private const long AdvisoryLock = 0x536D617274;

    public static Task RunAsync(IDatabase database, IEnumerable<MigrationSet> sets, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                if (database.Dialect.IsPostgres)
                {
                    await scope.Connection.ExecuteAsync("select pg_advisory_xact_lock(@key)", new { key = AdvisoryLock }, scope.Transaction);
                }

                await scope.Connection.ExecuteAsync(
                    "create table if not exists schema_version (component text not null, number integer not null, name text not null, applied_at bigint not null, primary key (component, number))",
                    transaction: scope.Transaction);
                foreach (var set in sets)
                {
                    await ApplyAsync(database.Dialect, scope, set);
                }

                return 0;
            },
            cancellationToken);

    private static async Task ApplyAsync(Dialect dialect, WriteScope scope, MigrationSet set)
    {
        var applied = (await scope.Connection.QueryAsync<int>(
            "select number from schema_version where component = @Component", new { set.Component }, scope.Transaction)).ToHashSet();
        var scripts = ScriptsOf(set.Assembly, dialect).ToList();
        if (applied.Count > 0 && applied.Max() > scripts.Max(script => script.Number))
        {
            throw new InvalidOperationException(
                $"The store was made by a newer version of SmartService: component '{set.Component}' is at {applied.Max()}, this program knows {scripts.Max(script => script.Number)}.");
        }

        foreach (var script in scripts.Where(script => !applied.Contains(script.Number)))
        {
            await scope.Connection.ExecuteAsync(script.Sql, transaction: scope.Transaction);
            await scope.Connection.ExecuteAsync(
                "insert into schema_version (component, number, name, applied_at) values (@Component, @Number, @Name, @NowMs)",
                new { set.Component, script.Number, script.Name, scope.NowMs },
                scope.Transaction);
        }
    }

    private static IEnumerable<Script> ScriptsOf(Assembly assembly, Dialect dialect) =>
        from resource in assembly.GetManifestResourceNames()
        let match = ScriptName().Match(resource)
        where match.Success && (!match.Groups["kind"].Success || match.Groups["kind"].Value == dialect.Name)
        let number = int.Parse(match.Groups["number"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)
        orderby number
        select new Script(number, match.Groups["name"].Value, Read(assembly, resource, dialect));

    private static string Read(Assembly assembly, string resource, Dialect dialect)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return dialect.Tokens.Aggregate(reader.ReadToEnd(), (sql, token) => sql.Replace(token.Key, token.Value, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\.Migrations\.(?<number>\d{4})_(?<name>[a-z0-9_]+)(\.(?<kind>sqlite|postgres))?\.sql$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ScriptName();

    private sealed record Script(int Number, string Name, string Sql);
}
