using System.Xml;
using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.DataProtection.Repositories;
using SmartService.Data;

namespace SmartService.Desk.SignIn;

/// <summary>
/// Data protection keys in the store, so that people stay signed in over a restart and on another server. ASP.NET Core asks for
/// them without async, a few times a day and never on a page's dispatcher.
/// </summary>
internal sealed class StoredKeys(IDatabase database) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        Task.Run(() => database.ReadAsync<IReadOnlyCollection<XElement>>(
            async scope => [.. (await scope.Connection.QueryAsync<string>("select xml from protection_key order by created_at, name")).Select(Parse)]))
            .GetAwaiter().GetResult();

    public void StoreElement(XElement element, string friendlyName)
    {
        var xml = element.ToString(SaveOptions.DisableFormatting);
        Task.Run(() => database.WriteAsync(scope => scope.Connection.ExecuteAsync(
            "insert into protection_key (name, xml, created_at) values (@friendlyName, @xml, @now) on conflict (name) do update set xml = excluded.xml",
            new { friendlyName, xml, now = scope.NowMs },
            scope.Transaction)))
            .GetAwaiter().GetResult();
    }

    private static XElement Parse(string xml)
    {
        using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        return XElement.Load(reader);
    }
}
