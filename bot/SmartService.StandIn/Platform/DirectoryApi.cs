using System.Text.Json;

namespace SmartService.StandIn.Platform;

/// <summary>Accounts, servicers and customers (wecom.md 3.9).</summary>
internal sealed class DirectoryApi(KfPlatform platform, PlatformClock clock)
{
    public Answer Accounts(JsonElement body)
    {
        var (offset, limit) = (body.Int("offset") ?? 0, body.Int("limit") ?? 100);
        if (offset < 0 || limit is < 1 or > 100)
        {
            return Answer.Refused(40035, "invalid offset or limit");
        }

        return Answer.Ok(json =>
        {
            json.WriteStartArray("account_list");
            foreach (var account in platform.Accounts.Skip(offset).Take(limit))
            {
                json.WriteStartObject();
                json.WriteString("open_kfid", account.OpenKfId);
                json.WriteString("name", account.Settings.Name);
                json.WriteString("avatar", "");
                json.WriteBoolean("manage_privilege", true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public Answer Servicers(string? openKfId)
    {
        if (string.IsNullOrEmpty(openKfId))
        {
            return Answer.Refused(40063, "open_kfid missing");
        }

        if (platform.Account(openKfId) is not { } account)
        {
            return Answer.Refused(95000, "invalid open_kfid");
        }

        return Answer.Ok(json =>
        {
            json.WriteStartArray("servicer_list");
            foreach (var servicer in account.Settings.Servicers)
            {
                json.WriteStartObject();
                json.WriteString("userid", servicer.UserId);
                // 0 receiving, 1 stopped here; 1 and 2 in the event.
                json.WriteNumber("status", servicer.Receiving ? 0 : 1);
                if (!servicer.Receiving)
                {
                    json.WriteNumber("stop_type", 0);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public Answer Customers(JsonElement body)
    {
        var ids = body.Array("external_userid_list") is { } list
            ? list.EnumerateArray().Where(id => id.ValueKind == JsonValueKind.String).Select(id => id.GetString()!).ToList()
            : [];
        if (ids.Count is 0 or > 100)
        {
            return Answer.Refused(40035, "external_userid_list needs 1 to 100 ids");
        }

        lock (platform.Gate)
        {
            var found = ids.Select(platform.Known).OfType<KfCustomer>().ToList();
            if (found.Exists(customer => !customer.Conversations.Values.Any(conversation => conversation.InWindow(clock.Now))))
            {
                return Answer.Refused(95031, "no inquiry in 48 hours");
            }

            return Answer.Ok(json => WriteCustomers(json, found, ids));
        }
    }

    private static void WriteCustomers(Utf8JsonWriter json, List<KfCustomer> found, List<string> ids)
    {
        json.WriteStartArray("customer_list");
        foreach (var customer in found)
        {
            json.WriteStartObject();
            json.WriteString("external_userid", customer.Id);
            json.WriteString("nickname", customer.Nickname);
            json.WriteString("avatar", "");
            json.WriteNumber("gender", 0);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("invalid_external_userid");
        foreach (var id in ids.Except(found.Select(customer => customer.Id), StringComparer.Ordinal))
        {
            json.WriteStringValue(id);
        }

        json.WriteEndArray();
    }
}
