// Runs before the first paint, so that nobody sees a flash of the wrong colours.
(() => {
  const media = matchMedia('(prefers-color-scheme: dark)');
  const stored = () => {
    try { return localStorage.getItem('desk-theme') ?? 'auto'; } catch { return 'auto'; }
  };
  const apply = () => {
    const dark = stored() === 'dark' || (stored() !== 'light' && media.matches);
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    dispatchEvent(new CustomEvent('desk-theme', { detail: dark }));
    return dark;
  };
  window.deskTheme = { stored, apply };
  media.addEventListener('change', apply);
  apply();
})();
