using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MudBlazor;
using SmartService.Bot.Desk;
using SmartService.Data;
using SmartService.Desk.Conversations;
using SmartService.Desk.Dialogs;
using SmartService.Desk.SignIn;
using SmartService.Desk.Texts;
using SmartService.Turns;

namespace SmartService.Desk.Pages;

/// <summary>The desk. Everything it shows comes from the store, so it may be rebuilt at any time; what is typed stays in the browser.</summary>
public sealed partial class DeskPage
{
    private const int MostTurnsInPanel = 5;
    private static readonly TimeSpan LookAtLeastEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAtMostEvery = TimeSpan.FromMilliseconds(150);

    private readonly CancellationTokenSource _leaving = new();
    private ConversationChanges? _changes;
    private Task _following = Task.CompletedTask;
    private string _agent = "";
    private string _displayName = "";
    private QueuePage? _queue;
    private QueueCounts _counts = new();
    private ConversationFacts? _facts;
    private LogPage? _log;
    private string _search = "";
    private int _queueTake;
    private int _logTake;
    private string? _shown;
    private bool _missing;
    private bool _panel;

    [Parameter]
    public string? ConversationId { get; set; }

    [CascadingParameter]
    public Task<AuthenticationState> SignedIn { get; set; } = null!;

    [CascadingParameter]
    public TimeZoneInfo Zone { get; set; } = TimeZoneInfo.Utc;

    [Inject]
    private ConversationDesk Desk { get; set; } = null!;

    [Inject]
    private ConversationQueue Queue { get; set; } = null!;

    [Inject]
    private ConversationLog Conversations { get; set; } = null!;

    [Inject]
    private Troubles Troubles { get; set; } = null!;

    [Inject]
    private Agents Agents { get; set; } = null!;

    [Inject]
    private IDatabase Database { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private DeskScript Script { get; set; } = null!;

    [Inject]
    private IOptions<DeskOptions> Options { get; set; } = null!;

    [Inject]
    private ILogger<DeskPage> Logger { get; set; } = null!;

    private bool Mine => _facts?.Owner == ConversationOwner.Agent && _facts.Agent == _agent;

    private bool CanReply => Mine || _facts?.Owner is ConversationOwner.Queue or ConversationOwner.Bot;

    private string TakeLabel => _facts?.Owner switch
    {
        ConversationOwner.Queue => "接入会话",
        ConversationOwner.Bot => "接管会话",
        _ => "接手会话",
    };

    protected override async Task OnInitializedAsync()
    {
        var user = (await SignedIn).User;
        _agent = AgentClaims.NameOf(user) ?? "";
        _displayName = user.Identity?.Name ?? _agent;
        _queueTake = Options.Value.QueuePageSize;
        _logTake = Options.Value.LogPageSize;
        _panel = Script.IsWide;
        _changes = new ConversationChanges(Database.Signals);
        await RefreshAsync();
        _following = FollowAsync(_changes, _leaving.Token);
    }

    protected override async Task OnParametersSetAsync()
    {
        if (_shown == ConversationId)
        {
            return;
        }

        (_shown, _facts, _log, _missing, _logTake) = (ConversationId, null, null, false, Options.Value.LogPageSize);
        if (!Script.IsWide)
        {
            _panel = false;
        }

        if (_agent.Length > 0)
        {
            await RefreshAsync();
        }
    }

    private async Task FollowAsync(ConversationChanges changes, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await changes.WaitAsync(LookAtLeastEvery, cancellationToken);
                await RefreshAsync();
                StateHasChanged();
                await Task.Delay(LookAtMostEvery, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed.
        }
    }

    private async Task RefreshAsync()
    {
        try
        {
            var waitedBefore = _counts.Waiting;
            var first = _queue is null;
            _counts = await Queue.CountAsync(_agent, _leaving.Token);
            _queue = _search.Length > 0
                ? await Queue.SearchAsync(_agent, _search, 0, _queueTake, _leaving.Token)
                : await Queue.ListAsync(_agent, 0, _queueTake, _leaving.Token);
            await RefreshConversationAsync();
            if (!first && _counts.Waiting > waitedBefore)
            {
                await Script.BeepAsync();
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever the store says, the page stays and looks again: an agent's open page must outlive it.
            Log.RefreshFailed(Logger, exception);
        }
    }

    private async Task RefreshConversationAsync()
    {
        if (ConversationId is not { } id)
        {
            return;
        }

        var facts = await Conversations.FactsAsync(id, _leaving.Token);
        var log = facts is null ? null : await Conversations.PageAsync(id, LogCursor.Newest, _logTake, _leaving.Token);
        if (id != ConversationId)
        {
            return;
        }

        (_facts, _log, _missing) = (facts, log, facts is null);
        if (Mine && facts!.Unread > 0 && Script.IsVisible)
        {
            await Desk.MarkReadAsync(id, _leaving.Token);
        }
    }

    private async Task OlderAsync()
    {
        _logTake = Math.Min(_logTake + Options.Value.LogPageSize, ConversationLog.MostPerPage);
        await RefreshAsync();
    }

    private async Task MoreAsync()
    {
        _queueTake = Math.Min(_queueTake + Options.Value.QueuePageSize, ConversationQueue.MostPerPage);
        await RefreshAsync();
    }

    private async Task SearchAsync(ChangeEventArgs change)
    {
        _search = change.Value?.ToString()?.Trim() ?? "";
        await RefreshAsync();
    }

    private async Task TakeAsync()
    {
        if (_facts is not { } facts)
        {
            return;
        }

        if (facts.Owner == ConversationOwner.Agent && !await AskAsync($"{facts.AgentDisplayName} 正在接待这位客户。要从他那里接手吗？", "接手"))
        {
            return;
        }

        await DoAsync(() => Desk.TakeAsync(facts.Id, _agent, facts.Agent, _leaving.Token));
    }

    private async Task GiveBackAsync()
    {
        if (_facts is { } facts && await ResultOfAsync<GiveBackDialog>("交还机器人") is { } note
            && await DoAsync(() => Desk.GiveBackAsync(facts.Id, _agent, note as string, _leaving.Token)) is { Succeeded: true } result)
        {
            Snackbar.Add(result.CustomerTold ? "已交还机器人，并通知了客户。" : "已交还机器人。发送额度已用完，没有通知客户。", Severity.Success);
        }
    }

    private async Task TransferAsync()
    {
        if (_facts is not { } facts)
        {
            return;
        }

        List<Agent> colleagues = [];
        if (!(await DoAsync(async () =>
            {
                colleagues = [.. (await Agents.ListAsync(_leaving.Token)).Where(agent => agent.Name != _agent)];
                return DeskResult.Done;
            })).Succeeded)
        {
            return;
        }

        var parameters = new DialogParameters<TransferDialog> { { dialog => dialog.Colleagues, colleagues } };
        if (await ResultOfAsync<TransferDialog>("转给同事", parameters) is string colleague)
        {
            await DoAsync(() => Desk.TransferAsync(facts.Id, _agent, colleague, _leaving.Token));
        }
    }

    private async Task<bool> SendAsync(string clientId, string text)
    {
        if (_facts is not { } facts)
        {
            return false;
        }

        var result = await DoAsync(() => Desk.ReplyAsync(facts.Id, _agent, clientId, text, _leaving.Token));
        if (result.Held)
        {
            Snackbar.Add("平台暂不允许发送：消息已保留，客户再次发言后送出。", Severity.Warning);
        }

        return result.Succeeded;
    }

    private async Task ActAsync(LogAct act)
    {
        if (act.MayRepeat && !await AskAsync("无法确定客户是否已收到这条消息，重新发送可能让客户收到两次。仍要发送吗？", "重新发送"))
        {
            return;
        }

        await DoAsync(() => act.Kind switch
        {
            LogActKind.RepeatMessage => Troubles.RepeatAsync(act.MessageSeq, _agent, _leaving.Token),
            LogActKind.CloseMessage => Troubles.CloseAsync(act.MessageSeq, _agent, _leaving.Token),
            LogActKind.RetryReply => Troubles.RetryAsync(act.ReplyId, _agent, _leaving.Token),
            _ => Troubles.DropAsync(act.ReplyId, _agent, _leaving.Token),
        });
    }

    private async Task ShowTroublesAsync() => await Dialogs.ShowAsync<TroubleDialog>(
        "待处理问题",
        new DialogParameters<TroubleDialog> { { dialog => dialog.Act, ActAsync }, { dialog => dialog.Zone, Zone } },
        new DialogOptions { FullWidth = true, MaxWidth = MaxWidth.Small, CloseButton = true });

    /// <summary>Does it, says why not, and shows what is true now.</summary>
    private async Task<DeskResult> DoAsync(Func<Task<DeskResult>> act)
    {
        DeskResult result;
        try
        {
            result = await act();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.ActFailed(Logger, exception);
            Snackbar.Add("数据暂时无法保存，请稍后再试。", Severity.Error);
            return new DeskResult(DeskOutcome.Gone);
        }

        if (!result.Succeeded)
        {
            Snackbar.Add(Words.Of(result), Severity.Warning);
        }

        await RefreshAsync();
        StateHasChanged();
        return result;
    }

    private async Task<bool> AskAsync(string text, string yes) => await ResultOfAsync<ConfirmDialog>(
        "请确认", new DialogParameters<ConfirmDialog> { { dialog => dialog.Text, text }, { dialog => dialog.Yes, yes } }) is not null;

    /// <summary>What the dialog returned; null when it was cancelled.</summary>
    private async Task<object?> ResultOfAsync<TDialog>(string title, DialogParameters? parameters = null)
        where TDialog : IComponent
    {
        var dialog = await Dialogs.ShowAsync<TDialog>(title, parameters ?? [], new DialogOptions { FullWidth = true, MaxWidth = MaxWidth.Small });
        return await dialog.Result is { Canceled: false } result ? result.Data ?? true : null;
    }

    private List<TurnEvidence> RecentTurns() => [.. _log!.Turns.Values.OrderByDescending(turn => turn.Seq).Take(MostTurnsInPanel)];

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await _following;
        _changes?.Dispose();
        _leaving.Dispose();
    }
}
