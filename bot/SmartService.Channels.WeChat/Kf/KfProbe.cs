using Microsoft.Extensions.Options;
using SmartService.Channels.WeChat.Api;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>What a check of the credentials found. No problems means that the channel can work.</summary>
public sealed record KfDiagnosis(IReadOnlyList<KfAccount> Accounts, IReadOnlyList<string> Problems);

/// <summary>Checks credentials and accounts in plain words, for <c>doctor</c> and readiness.</summary>
public sealed class KfProbe(KfApi api, AccessTokens tokens, IOptions<WeChatOptions> options)
{
    private const int PageSize = 100;

    /// <summary>Asks for a token and for the accounts. Never throws for what the platform says.</summary>
    public async Task<KfDiagnosis> CheckAsync(CancellationToken cancellationToken)
    {
        var accounts = new List<KfAccount>();
        try
        {
            await tokens.GetAsync(options.Value.CorpId, options.Value.Kf.Secret, cancellationToken);
            IReadOnlyList<KfAccount> found;
            do
            {
                var page = await api.ListAccountsAsync(new AccountsRequest(accounts.Count, PageSize), cancellationToken);
                if (page.Errcode != 0)
                {
                    return new KfDiagnosis(accounts, [WeComErrors.ToException(page).Message]);
                }

                found = page.AccountList ?? [];
                accounts.AddRange(found);
            }
            while (found.Count == PageSize);
        }
        catch (ChannelException failure)
        {
            return new KfDiagnosis(accounts, [failure.Message]);
        }

        return new KfDiagnosis(accounts, [.. Problems(accounts)]);
    }

    private static IEnumerable<string> Problems(List<KfAccount> accounts)
    {
        if (accounts.Count == 0)
        {
            yield return "The app sees no kf account: create one in the console under 微信客服 and assign it to this app (通过API管理).";
        }

        foreach (var account in accounts.Where(account => account.ManagePrivilege == false))
        {
            yield return $"The kf account {account.OpenKfid} is not managed by this app; sending will fail with 95018 or 48007: assign it in the console (通过API管理).";
        }
    }
}
