using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Microsoft.Playwright;

namespace SmartService.Browser.Tests.Hosting;

/// <summary>Types through Chromium's input method interface, as Pinyin does.</summary>
internal sealed class Composition(ICDPSession session) : IAsyncDisposable
{
    public Task ComposeAsync(string text) => session.SendAsync(
        "Input.imeSetComposition", new Dictionary<string, object> { ["text"] = text, ["selectionStart"] = text.Length, ["selectionEnd"] = text.Length });

    public Task CommitAsync(string text) => session.SendAsync("Input.insertText", new Dictionary<string, object> { ["text"] = text });

    public async ValueTask DisposeAsync() => await session.DetachAsync();
}
