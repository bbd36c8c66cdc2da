// Blazor sets classes on #components-reconnect-modal; our bar does not cover the page, so people go on typing.
(() => {
  const bar = document.getElementById('components-reconnect-modal');
  const reconnect = async () => {
    try {
      if (!await Blazor.reconnect()) location.reload();
    } catch {
      bar.className = 'reconnect components-reconnect-failed';
    }
  };
  document.getElementById('reconnect-retry').addEventListener('click', reconnect);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && bar.classList.contains('components-reconnect-failed')) reconnect();
  });
  // The server no longer knows this page (restart, or away too long). Address and draft survive a reload.
  new MutationObserver(() => {
    if (bar.classList.contains('components-reconnect-rejected')) location.reload();
  }).observe(bar, { attributeFilter: ['class'] });
})();
