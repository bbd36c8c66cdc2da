using System.IO;
using System.Threading.Tasks;
using Microsoft.Playwright;

namespace SmartService.Browser.Tests.Hosting;

/// <summary>One headless Chromium for all tests of the process; Debian's, never a downloaded one.</summary>
public sealed class Chromium : IAsyncLifetime
{
    public const string WhyMissing = "Chromium is not installed here (Debian: apt-get install chromium fonts-noto-cjk).";
    private const string Path = "/usr/bin/chromium";

    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (File.Exists(Path))
        {
            _playwright = await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Path, Args = Arguments });
        }
    }

    /// <summary>A fresh profile; skips the test where there is no Chromium.</summary>
    public async Task<IBrowserContext> OpenAsync(BrowserNewContextOptions? options = null)
    {
        Assert.SkipWhen(_browser is null, WhyMissing);
        options ??= new BrowserNewContextOptions();
        options.Locale ??= "zh-CN";
        options.TimezoneId ??= "Asia/Shanghai";
        var context = await _browser.NewContextAsync(options);
        context.SetDefaultTimeout(20_000);
        Assertions.SetDefaultExpectTimeout(20_000);
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class BrowserTests : ICollectionFixture<Chromium>
{
    public const string Name = "browser";
}
