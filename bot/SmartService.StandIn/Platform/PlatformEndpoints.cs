using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace SmartService.StandIn.Platform;

/// <summary>The platform's API under <c>cgi-bin/</c>.</summary>
internal static class PlatformEndpoints
{
    public static void MapPlatform(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var run = services.GetRequiredService<PlatformPipeline>();
        var (tokens, sync, send) = (services.GetRequiredService<AccessTokens>(), services.GetRequiredService<SyncApi>(), services.GetRequiredService<SendApi>());
        var (state, directory, media) = (services.GetRequiredService<StateApi>(), services.GetRequiredService<DirectoryApi>(), services.GetRequiredService<MediaStore>());

        var api = endpoints.MapGroup("/cgi-bin").ExcludeFromDescription();
        void Get(string name, Func<PlatformCall, Answer> handler, bool needsToken = true) => api.Map("/" + name, run.Get(name, handler, needsToken));
        void Post(string name, Func<PlatformCall, Answer> handler) => api.Map("/" + name, run.Post(name, handler));

        Get("gettoken", call => tokens.Issue(call.Query("corpid"), call.Query("corpsecret")), needsToken: false);
        Post("kf/sync_msg", call => sync.Pull(call.Body));
        Post("kf/send_msg", call => send.Send(call.Body));
        Post("kf/send_msg_on_event", call => send.SendOnEvent(call.Body));
        Post("kf/service_state/get", call => state.Get(call.Body));
        Post("kf/service_state/trans", call => state.Transfer(call.Body));
        Post("kf/account/list", call => directory.Accounts(call.Body));
        Get("kf/servicer/list", call => directory.Servicers(call.Query("open_kfid")));
        Post("kf/customer/batchget", call => directory.Customers(call.Body));
        Get("media/get", call => media.Pull(call.Query("media_id")));
        api.Map("/media/upload", run.Upload("media/upload", call => UploadAsync(call, media)));
        Get("getcallbackip", call => CallbackAddresses(call.Http));
    }

    private static Answer CallbackAddresses(HttpContext http) => Answer.Ok(json =>
    {
        // Bells come from the same machine that answers here.
        json.WriteStartArray("ip_list");
        json.WriteStringValue((http.Connection.LocalIpAddress ?? IPAddress.Loopback).ToString());
        json.WriteEndArray();
    });

    private static async Task<Answer> UploadAsync(PlatformCall call, MediaStore media)
    {
        if (!call.Http.Request.HasFormContentType)
        {
            return Answer.Refused(41005, "media data missing");
        }

        IFormFile? file;
        try
        {
            var form = await call.Http.Request.ReadFormAsync(call.Http.RequestAborted);
            file = form.Files.GetFile("media");
        }
        catch (InvalidDataException)
        {
            return Answer.Refused(41005, "media data missing");
        }

        if (file is null || string.IsNullOrEmpty(file.FileName))
        {
            return Answer.Refused(41005, "media data missing");
        }

        using var buffer = new MemoryStream();
        await file.CopyToAsync(buffer, call.Http.RequestAborted);
        var (type, content) = (call.Query("type"), buffer.ToArray());
        if (media.Check(type, content) is { } refusal)
        {
            return Answer.Refused(refusal);
        }

        var added = media.Add(type!, Path.GetFileName(file.FileName), content);
        return Answer.Ok(json =>
        {
            json.WriteString("type", added.Type);
            json.WriteString("media_id", added.Id);
            json.WriteString("created_at", added.CreatedAt.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
        });
    }
}
