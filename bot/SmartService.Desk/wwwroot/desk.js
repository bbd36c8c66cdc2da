// The parts of the desk that cannot cross the circuit: typing (a running Pinyin composition must never be touched),
// keys, scrolling, colours and sound.

let page = null;

export function start(dotnet) {
  const onTheme = event => dotnet.invokeMethodAsync('OnDarkChanged', event.detail).catch(() => { });
  const onVisible = () => dotnet.invokeMethodAsync('OnVisibleChanged', document.visibilityState === 'visible').catch(() => { });
  addEventListener('desk-theme', onTheme);
  document.addEventListener('visibilitychange', onVisible);
  document.addEventListener('keydown', onKey);
  page = { onTheme, onVisible };
  return {
    dark: document.documentElement.dataset.theme === 'dark',
    theme: deskTheme.stored(),
    sound: read(localStorage, 'desk-sound') === 'on',
    wide: matchMedia('(min-width: 1100px)').matches,
    visible: document.visibilityState === 'visible',
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

export function stop() {
  if (page) {
    removeEventListener('desk-theme', page.onTheme);
    document.removeEventListener('visibilitychange', page.onVisible);
  }
  document.removeEventListener('keydown', onKey);
  page = null;
}

export function setTheme(theme) {
  write(localStorage, 'desk-theme', theme);
  deskTheme.apply();
}

export function setSound(on) {
  write(localStorage, 'desk-sound', on ? 'on' : 'off');
  if (on) beep();
}

export function signOut() {
  document.getElementById('desk-sign-out').requestSubmit();
}

export function beep() {
  const audio = new AudioContext();
  const gain = audio.createGain();
  gain.gain.setValueAtTime(0.08, audio.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.35);
  const tone = audio.createOscillator();
  tone.frequency.value = 880;
  tone.connect(gain).connect(audio.destination);
  tone.onended = () => audio.close();
  tone.start();
  tone.stop(audio.currentTime + 0.35);
}

// One letter each, only while nobody types and no dialog or menu is open.
function onKey(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (target.closest('input, textarea, select, [contenteditable="true"], [role="dialog"], .mud-popover-open')) return;
  if (document.querySelector('.mud-dialog, .mud-popover-open')) return;
  const inList = target.closest('[data-list]') !== null;
  switch (event.key) {
    case 'j': move(1); break;
    case 'k': move(-1); break;
    case 'ArrowDown': if (!inList) return; move(1); break;
    case 'ArrowUp': if (!inList) return; move(-1); break;
    case 'r': document.getElementById('composer-text')?.focus(); break;
    case '/': document.getElementById('desk-search')?.focus(); break;
    default:
      const button = [...document.querySelectorAll('[data-key]')].find(one => one.dataset.key === event.key && !one.disabled);
      if (!button) return;
      button.click();
  }
  event.preventDefault();
}

// Roving: one conversation is in the tab order, keys go to its neighbours and open them.
function move(step) {
  const all = [...document.querySelectorAll('[data-list] a[data-conversation]')];
  if (all.length === 0) return;
  const at = all.findIndex(one => one === document.activeElement);
  const from = at >= 0 ? at : all.findIndex(one => one.getAttribute('aria-current') === 'true');
  const next = all[Math.min(all.length - 1, Math.max(0, from + step))];
  next.focus();
  next.click();
}

export function mountComposer(form, dotnet, conversation, serverDraft) {
  const box = form.querySelector('textarea');
  const send = form.querySelector('[data-send]');
  const problem = form.querySelector('[data-problem]');
  const key = `desk-draft ${conversation}`;
  const life = new AbortController();
  let clientId = null;
  let timer = 0;
  let saving = Promise.resolve();
  let sending = false;

  const grow = () => {
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight + 2, 220)}px`;
  };
  const save = () => {
    clearTimeout(timer);
    timer = 0;
    const text = box.value;
    saving = saving.then(() => dotnet.invokeMethodAsync('SaveDraftAsync', text)).catch(() => { });
  };
  const submit = async () => {
    const text = box.value;
    if (sending || text.trim() === '') return;
    sending = true;
    send.disabled = true;
    clearTimeout(timer);
    // The id belongs to this text: repeating after a lost answer sends nothing twice.
    clientId ??= [...crypto.getRandomValues(new Uint8Array(12))].map(byte => byte.toString(16).padStart(2, '0')).join('');
    try {
      await saving;
      if (await dotnet.invokeMethodAsync('SendAsync', clientId, text)) {
        clientId = null;
        // What was typed while it was on its way stays.
        box.value = box.value.startsWith(text) ? box.value.slice(text.length) : box.value;
        write(sessionStorage, key, box.value);
        grow();
      }
    } catch {
      problem.textContent = '连接已断开，内容已保留，恢复后请再发送。';
    } finally {
      sending = false;
      send.disabled = false;
    }
  };

  // A quick hand types before the page is ready: that stays too, behind an older draft.
  const early = box.value;
  const draft = read(sessionStorage, key) || serverDraft || '';
  box.value = early.startsWith(draft) ? early : draft.includes(early) ? draft : draft + early;
  if (box.value !== draft) {
    write(sessionStorage, key, box.value);
    save();
  }
  grow();
  box.addEventListener('input', () => {
    clientId = null;
    problem.textContent = '';
    write(sessionStorage, key, box.value);
    grow();
    clearTimeout(timer);
    timer = setTimeout(save, 800);
  }, { signal: life.signal });
  box.addEventListener('keydown', event => {
    // Safari ends a composition before the key event, with key code 229.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      submit();
    } else if (event.key === 'Escape' && !event.isComposing) {
      (document.querySelector('[data-list] a[aria-current="true"]') ?? box).focus();
      if (document.activeElement === box) box.blur();
    }
  }, { signal: life.signal });
  send.addEventListener('click', submit, { signal: life.signal });
  form.addEventListener('submit', event => event.preventDefault(), { signal: life.signal });
  return {
    unmount() {
      if (timer) save();
      life.abort();
    },
  };
}

export function mountLog(scroller, dotnet) {
  const older = scroller.querySelector('[data-older]');
  const pill = scroller.parentElement.querySelector('[data-newer]');
  let loading = false;
  // The scroller is column-reverse: 0 is the bottom, so the newest stays in view and older entries above move nothing.
  const seen = new IntersectionObserver(async entries => {
    if (loading || !entries.some(entry => entry.isIntersecting)) return;
    loading = true;
    try { await dotnet.invokeMethodAsync('LoadOlderAsync'); } catch { } finally { loading = false; }
    seen.unobserve(older);
    seen.observe(older);
  }, { root: scroller, rootMargin: '200px 0px 0px 0px' });
  seen.observe(older);
  const away = () => scroller.scrollTop < -120;
  const list = scroller.querySelector('ol');
  let last = list.lastElementChild?.dataset.entry;
  const added = new MutationObserver(() => {
    const now = list.lastElementChild?.dataset.entry;
    if (now !== last && last !== undefined && away()) pill.hidden = false;
    last = now;
  });
  added.observe(list, { childList: true });
  scroller.onscroll = () => { if (!away()) pill.hidden = true; };
  pill.onclick = () => { scroller.scrollTop = 0; pill.hidden = true; };
  return {
    unmount() {
      seen.disconnect();
      added.disconnect();
    },
  };
}

function read(storage, key) {
  try { return storage.getItem(key); } catch { return null; }
}

function write(storage, key, value) {
  try { value === '' ? storage.removeItem(key) : storage.setItem(key, value); } catch { }
}
