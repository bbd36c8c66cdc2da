using Microsoft.JSInterop;

namespace SmartService.Desk;

/// <summary>The browser's side of one open page: <c>wwwroot/desk.js</c>.</summary>
internal sealed class DeskScript(IJSRuntime js) : IAsyncDisposable
{
    private DotNetObjectReference<DeskScript>? _self;
    private IJSObjectReference? _module;

    /// <summary>For the one layout of the page, which repaints MudBlazor's parts.</summary>
    public Action? ThemeChanged { get; set; }

    public bool IsDark { get; private set; }

    /// <summary><c>auto</c>, <c>light</c> or <c>dark</c>.</summary>
    public string Theme { get; private set; } = "auto";

    public bool Sound { get; private set; }

    /// <summary>The window had room for the side panel when the page was opened.</summary>
    public bool IsWide { get; private set; }

    /// <summary>Somebody looks at the page, so what it shows is read.</summary>
    public bool IsVisible { get; private set; } = true;

    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    public async Task StartAsync()
    {
        _self = DotNetObjectReference.Create(this);
        _module = await js.InvokeAsync<IJSObjectReference>("import", "./_content/SmartService.Desk/desk.js");
        var page = await _module.InvokeAsync<PageFacts>("start", _self);
        (IsDark, Theme, Sound, IsWide, IsVisible) = (page.Dark, page.Theme, page.Sound, page.Wide, page.Visible);
        Zone = TimeZoneInfo.TryFindSystemTimeZoneById(page.Zone, out var zone) ? zone : TimeZoneInfo.Utc;
    }

    public async Task SetThemeAsync(string theme)
    {
        Theme = theme;
        await Module.InvokeVoidAsync("setTheme", theme);
    }

    public async Task SetSoundAsync(bool on)
    {
        Sound = on;
        await Module.InvokeVoidAsync("setSound", on);
    }

    public Task SignOutAsync() => Module.InvokeVoidAsync("signOut").AsTask();

    public ValueTask BeepAsync() => Sound ? Module.InvokeVoidAsync("beep") : ValueTask.CompletedTask;

    public ValueTask<IJSObjectReference> MountComposerAsync(params object?[] arguments) => Module.InvokeAsync<IJSObjectReference>("mountComposer", arguments);

    public ValueTask<IJSObjectReference> MountLogAsync(params object?[] arguments) => Module.InvokeAsync<IJSObjectReference>("mountLog", arguments);

    [JSInvokable]
    public void OnDarkChanged(bool dark)
    {
        IsDark = dark;
        ThemeChanged?.Invoke();
    }

    [JSInvokable]
    public void OnVisibleChanged(bool visible) => IsVisible = visible;

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_module is not null)
            {
                await _module.InvokeVoidAsync("stop");
                await _module.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The page is gone, and its script with it.
        }

        _self?.Dispose();
    }

    private IJSObjectReference Module => _module ?? throw new InvalidOperationException("The page's script has not started.");

    private sealed record PageFacts(bool Dark, string Theme, bool Sound, bool Wide, bool Visible, string Zone);
}
