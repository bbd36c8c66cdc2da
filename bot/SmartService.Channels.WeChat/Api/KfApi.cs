using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;

namespace SmartService.Channels.WeChat.Api;

/// <summary>
/// The kf calls of WeCom. Thread-safe. Answers carry their <see cref="WeComAnswer.Errcode"/>; a <see cref="ChannelException"/>
/// means that there was no answer, or no token to ask with.
/// </summary>
public sealed class KfApi(WeComHttp http, AccessTokens tokens, IOptions<WeChatOptions> options)
{
    private string CorpId => options.Value.CorpId;

    private string Secret => options.Value.Kf.Secret;

    public Task<SyncAnswer> SyncAsync(SyncRequest request, CancellationToken cancellationToken) =>
        PostAsync("kf/sync_msg", request, WeComJson.Wire.SyncRequest, WeComJson.Wire.SyncAnswer, cancellationToken);

    public Task<SendAnswer> SendAsync(SendRequest request, CancellationToken cancellationToken) =>
        PostAsync("kf/send_msg", request, WeComJson.Wire.SendRequest, WeComJson.Wire.SendAnswer, cancellationToken);

    public Task<SendAnswer> SendOnEventAsync(EventSendRequest request, CancellationToken cancellationToken) =>
        PostAsync("kf/send_msg_on_event", request, WeComJson.Wire.EventSendRequest, WeComJson.Wire.SendAnswer, cancellationToken);

    public Task<StateAnswer> GetStateAsync(StateRequest request, CancellationToken cancellationToken) =>
        PostAsync("kf/service_state/get", request, WeComJson.Wire.StateRequest, WeComJson.Wire.StateAnswer, cancellationToken);

    public Task<TransferAnswer> TransferAsync(TransferRequest request, CancellationToken cancellationToken) =>
        PostAsync("kf/service_state/trans", request, WeComJson.Wire.TransferRequest, WeComJson.Wire.TransferAnswer, cancellationToken);

    public Task<AccountsAnswer> ListAccountsAsync(AccountsRequest request, CancellationToken cancellationToken) =>
        PostAsync("kf/account/list", request, WeComJson.Wire.AccountsRequest, WeComJson.Wire.AccountsAnswer, cancellationToken);

    /// <summary>Downloads what a customer sent; media ids live three days.</summary>
    /// <exception cref="ChannelException">Refused, unreachable, or larger than <paramref name="maxBytes"/>.</exception>
    public async Task<MediaFile> GetMediaAsync(string mediaId, int maxBytes = 20 * 1024 * 1024, CancellationToken cancellationToken = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            var token = await tokens.GetAsync(CorpId, Secret, cancellationToken);
            var path = $"cgi-bin/media/get?access_token={Uri.EscapeDataString(token)}&media_id={Uri.EscapeDataString(mediaId)}";
            var (file, error) = await http.DownloadAsync("media/get", path, maxBytes, cancellationToken);
            if (file is not null)
            {
                return file;
            }

            if (attempt > 0 || !TokenDied(error!))
            {
                throw WeComErrors.ToException(error!);
            }

            tokens.Forget(CorpId, Secret, token);
        }
    }

    private async Task<TAnswer> PostAsync<TRequest, TAnswer>(
        string api, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
        where TAnswer : WeComAnswer
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, requestType);
        for (var attempt = 0; ; attempt++)
        {
            var token = await tokens.GetAsync(CorpId, Secret, cancellationToken);
            var answer = await http.CallAsync(api, $"cgi-bin/{api}?access_token={Uri.EscapeDataString(token)}", body, answerType, cancellationToken);
            // A token may die before its time: renew once, repeat once, never loop.
            if (attempt > 0 || !TokenDied(answer))
            {
                return answer;
            }

            tokens.Forget(CorpId, Secret, token);
        }
    }

    private static bool TokenDied(WeComAnswer answer) => answer.Errcode != 0 && WeComErrors.Of(answer).Kind == ErrorKind.Token;
}
