// The sandbox page: a customer's WeChat. Everything from outside reaches the page by textContent only.
const $ = id => document.getElementById(id);
const log = $('log'), text = $('text'), panel = $('panel');
const base = document.body.dataset.base;

const DEFAULT_SUGGESTIONS = ['沙发布面破了能免费修吗', '你们店几点开门', '转人工'];
const EMOJI = [...'😀😄😊😍😘🤔😂😭😡😱👍👎👌🙏👏💪🎉🌹❤️💔☕🎁🛋️🛏️🪑🚚📦💰🔧✅❓🌞'.matchAll(/\p{Emoji}\uFE0F?/gu)].map(m => m[0]);
const CODES = { 微笑: '🙂', 呲牙: '😁', 偷笑: '🤭', 流泪: '😭', 发怒: '😡', 强: '👍', 弱: '👎', 玫瑰: '🌹', 抱拳: '🙏', 握手: '🤝', 爱心: '❤️', OK: '👌', 疑问: '❓', 捂脸: '🤦', 旺柴: '🐶' };
const PLACES = [
  { name: '上海市徐汇区漕溪北路 88 号', address: '上海市徐汇区漕溪北路 88 号', latitude: 31.1926, longitude: 121.4372 },
  { name: '杭州西湖文化广场', address: '浙江省杭州市拱墅区中山北路', latitude: 30.2797, longitude: 120.1634 },
  { name: '成都天府广场', address: '四川省成都市青羊区人民南路一段', latitude: 30.6574, longitude: 104.0658 },
];
const STATES = ['未处理', '智能助手接待', '待接入池排队中', '人工接待', '已结束 / 未开始'];
const FAILURES = { 1: '账号已被删除', 2: '应用已关闭', 4: '会话超过 48 小时', 5: '会话已关闭', 6: '超过 5 条消息', 7: '未绑定视频号', 8: '主体未验证', 9: '未绑定视频号且主体未验证', 10: '顾客拒收', 11: '企业没有成员登录', 12: '消息类型被禁止' };

let config, account, customer, source, lastTime = 0, sending = Promise.resolve();
const lines = new Map();

// ---- small pieces

function el(tag, className, content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (content !== undefined && content !== null) node.textContent = String(content);
  return node;
}

function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', '#i-' + name);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

function safeUrl(value) {
  try {
    const url = new URL(value);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

function anchor(value, className, content) {
  const url = safeUrl(value);
  const node = el(url ? 'a' : 'span', className, content);
  if (url) {
    node.href = url;
    node.target = '_blank';
    node.rel = 'noopener noreferrer';
  }
  return node;
}

function words(value) {
  const fragment = document.createDocumentFragment();
  const readable = String(value ?? '').replace(/\[([^[\]\s]{1,4})\]/g, (all, code) => CODES[code] ?? all);
  let from = 0;
  for (const match of readable.matchAll(/https?:\/\/[^\s<>"'，。；！？、（）【】《》]+/g)) {
    fragment.append(readable.slice(from, match.index), anchor(match[0], '', match[0]));
    from = match.index + match[0].length;
  }
  fragment.append(readable.slice(from));
  return fragment;
}

function toast(message) {
  const box = $('toast');
  box.textContent = message;
  box.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { box.hidden = true; }, 3500);
}

const stored = {
  get(key, fallback) {
    try { return JSON.parse(localStorage.getItem('standin.' + key)) ?? fallback; } catch { return fallback; }
  },
  set(key, value) {
    try { localStorage.setItem('standin.' + key, JSON.stringify(value)); } catch { /* private windows may refuse */ }
  },
};

// ---- talking to the stand-in

const control = path => `${config.standin}/control/${path}`;
const mine = path => control(`customers/${encodeURIComponent(customer)}/${path}`);

async function call(url, body, headers) {
  const response = await fetch(url, body === undefined ? { cache: 'no-store' } : { method: 'POST', body, headers });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `HTTP ${response.status}`);
  return answer;
}

const post = (url, body) => call(url, JSON.stringify(body), { 'Content-Type': 'application/json' });

// One after the other: fragments typed quickly must arrive in the order they were typed.
function queue(action) {
  const done = sending.then(action);
  sending = done.catch(() => {});
  return done.then(() => true, error => {
    toast('发送失败：' + error.message);
    return false;
  });
}

const send = (msgtype, payload) => queue(() => post(mine('messages'), { open_kfid: account.open_kfid, msgtype, [msgtype]: payload }));

const sendPicture = blob => queue(() =>
  call(mine('media') + `?type=image&open_kfid=${encodeURIComponent(account.open_kfid)}`, blob, { 'Content-Type': 'application/octet-stream' }));

// ---- messages

function card({ kind, title, desc, price, thumb, glyph, url, map }) {
  const node = url ? anchor(url, 'card') : el('div', 'card');
  if (map) {
    const picture = el('div', 'map');
    picture.append(icon('pin'));
    node.append(picture);
  }
  const main = el('div', 'main'), body = el('div', 'words');
  body.append(el('div', 'title', title || kind));
  if (desc) body.append(el('div', 'desc', desc));
  if (price) body.append(el('div', 'price', price));
  main.append(body);
  if (thumb || glyph) {
    const box = el('div', 'thumb');
    if (thumb) {
      const img = el('img');
      img.src = control('media/' + encodeURIComponent(thumb));
      img.alt = '';
      box.append(img);
    } else {
      box.append(icon(glyph));
    }
    main.append(box);
  }
  node.append(main, el('div', 'kind', kind));
  return node;
}

function menu(payload) {
  const bubble = el('div', 'bubble menu');
  if (payload.head_content) {
    const head = el('div');
    head.append(words(payload.head_content));
    bubble.append(head);
  }
  for (const item of payload.list ?? []) {
    const body = item[item.type] ?? {};
    if (item.type === 'click') {
      const button = el('button', 'item', body.content);
      button.type = 'button';
      button.addEventListener('click', () => send('text', { content: body.content, menu_id: body.id }));
      bubble.append(button);
    } else if (item.type === 'view') {
      bubble.append(anchor(body.url, 'item', body.content));
    } else if (item.type === 'text') {
      bubble.append(el('div', 'words', body.content));
    } else {
      bubble.append(el('div', 'words', (body.content ?? '') + '（小程序）'));
    }
  }
  if (payload.tail_content) bubble.append(el('div', 'tail', payload.tail_content));
  return bubble;
}

function content({ type, payload }) {
  switch (type) {
    case 'text': {
      const bubble = el('div', 'bubble'), span = el('span');
      span.append(words(payload.content));
      bubble.append(span);
      return bubble;
    }
    case 'image': {
      const img = el('img', 'picture');
      img.src = control('media/' + encodeURIComponent(payload.media_id));
      img.alt = '图片';
      img.addEventListener('load', stick);
      return img;
    }
    case 'msgmenu': return menu(payload);
    case 'link': return card({ kind: '链接', title: payload.title, desc: payload.desc, url: payload.url, thumb: payload.thumb_media_id });
    case 'location': return card({ kind: '位置', title: payload.name || '位置', desc: payload.address, map: true });
    case 'channels_shop_product': return card({ kind: payload.shop_nickname || '商品', title: payload.title, price: payload.sales_price, glyph: 'bag' });
    case 'channels_shop_order': return card({ kind: '订单 · ' + (payload.state || ''), title: payload.product_titles, desc: '订单号 ' + payload.order_id, price: payload.price_wording, glyph: 'order' });
    case 'miniprogram': return card({ kind: '小程序', title: payload.title });
    case 'business_card': return card({ kind: '名片', title: payload.userid, glyph: 'agent' });
    case 'ca_link': return card({ kind: '获客链接', title: payload.link_url, url: payload.link_url });
    default: return el('div', 'bubble', { voice: '[语音]', video: '[视频]', file: '[文件]' }[type] ?? `[${type}]`);
  }
}

function clockText(time) {
  const now = new Date(), hm = `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
  const days = Math.round((new Date(now.toDateString()) - new Date(time.toDateString())) / 86400000);
  if (days === 0) return hm;
  if (days === 1) return '昨天 ' + hm;
  const date = `${time.getMonth() + 1}月${time.getDate()}日 ${hm}`;
  return time.getFullYear() === now.getFullYear() ? date : `${time.getFullYear()}年${date}`;
}

function note(message, bad) {
  log.append(el('div', bad ? 'note bad' : 'note', message));
}

function separate(time) {
  // WeChat shows the time when five minutes passed since the last message.
  if (Math.abs(time - lastTime) > 300000) note(clockText(time));
  lastTime = time;
}

function avatar(from) {
  const node = el('div', 'avatar ' + ({ customer: 'customer', servicer: 'servicer' }[from] ?? 'shop'));
  node.setAttribute('aria-hidden', 'true');
  if (from === 'bot') node.textContent = [...account.name][0] ?? '店';
  else node.append(icon('agent'));
  return node;
}

function show(entry) {
  separate(new Date(entry.time));
  const own = entry.direction === 'in';
  const line = el('div', own ? 'line own' : 'line'), body = el('div', 'body');
  line.dataset.msgid = entry.msgid;
  line.setAttribute('aria-label', own ? '我' : entry.from === 'servicer' ? '人工客服' : account.name);
  line.setAttribute('role', 'group');
  if (entry.from === 'servicer') body.append(el('div', 'who', '人工客服'));
  body.append(content(entry));
  if (own) {
    const recall = el('button', 'recall', '撤回');
    recall.type = 'button';
    recall.addEventListener('click', () => queue(() => post(mine('recall'), { open_kfid: account.open_kfid, msgid: entry.msgid })));
    body.append(recall);
    // WeChat lets customers take a message back for two minutes.
    const left = 120000 - (Date.now() - new Date(entry.time));
    setTimeout(() => recall.remove(), Math.max(0, left));
  }
  line.append(avatar(entry.from), body);
  log.append(line);
  lines.set(entry.msgid, line);
}

function happen({ type, payload }) {
  if (type === 'user_recall_msg') {
    lines.get(payload.recall_msgid)?.remove();
    note('你撤回了一条消息');
  } else if (type === 'msg_send_fail') {
    const reason = FAILURES[payload.fail_type] ?? '原因不明';
    const body = lines.get(payload.fail_msgid)?.querySelector('.body');
    if (body) body.append(el('div', 'failed', '未送达：' + reason));
    else note('一条回复未送达：' + reason, true);
  } else if (type === 'session_status_change') {
    note({ 1: '人工客服已接入', 2: '会话已转给另一位客服', 3: '会话已结束', 4: '客服重新打开了会话' }[payload.change_type] ?? '会话状态已变更');
  } else if (type === 'enter_session') {
    note('你正在与 ' + account.name + ' 的客服对话');
  }
}

const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 120;
let sticky = true;

function stick() {
  if (sticky) log.scrollTop = log.scrollHeight;
}

function receive(entry) {
  if (entry.open_kfid !== account.open_kfid) return;
  sticky = atEnd() || entry.direction === 'in';
  if (entry.direction === 'event') happen(entry);
  else show(entry);
  stick();
  $('newer').hidden = sticky;
}

// ---- rules

function showStatus(status) {
  const { service_state: state, remaining, quota, window_ends: ends } = status;
  const hours = ends ? Math.max(0, (new Date(ends) - Date.now()) / 3600000) : 0;
  const left = ends ? `${Math.floor(hours)} 小时 ${Math.floor(hours % 1 * 60)} 分` : '未开启';
  $('rule-state').textContent = `${state} · ${STATES[state]}`;
  $('rule-quota').textContent = `${remaining} / ${quota} 条`;
  $('rule-window').textContent = ends ? '剩 ' + left : left;
  $('status').textContent = `状态 ${state} ${STATES[state]} · 可回复 ${remaining}/${quota}` + (ends ? ` · ${Math.floor(hours)} 小时内` : '');
  $('status').dataset.low = String(Boolean(ends) && remaining === 0);
}

// ---- customers

function customers() {
  return stored.get('customers', []);
}

function newCustomerId() {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const bytes = crypto.getRandomValues(new Uint8Array(22));
  return 'wm' + Array.from(bytes, b => alphabet[b % alphabet.length]).join('');
}

function listCustomers() {
  $('customers').replaceChildren(...customers().map((id, index) => {
    const item = el('li'), button = el('button');
    button.type = 'button';
    button.append(el('span', '', '顾客 ' + (index + 1)), el('span', 'who-id', '…' + id.slice(-6)));
    if (id === customer) button.setAttribute('aria-current', 'true');
    button.addEventListener('click', () => { open(id); closeSide(); });
    item.append(button);
    return item;
  }));
}

async function open(id) {
  customer = id;
  if (!customers().includes(id)) stored.set('customers', [...customers(), id].slice(-30));
  stored.set('customer', id);
  const url = new URL(location);
  url.searchParams.set('customer', id);
  history.replaceState(null, '', url);
  listCustomers();
  source?.close();
  clear();
  try {
    const { messages } = await call(mine('messages') + '?after=0');
    if (customer !== id) return;
    if (!messages.some(m => m.open_kfid === account.open_kfid)) await post(mine('enter'), { open_kfid: account.open_kfid, scene: 'sandbox' });
    listen(id);
  } catch (error) {
    toast('连不上微信替身：' + error.message);
    setTimeout(() => { if (customer === id) open(id); }, 3000);
  }
}

function clear() {
  log.replaceChildren();
  log.setAttribute('aria-busy', 'true');
  lines.clear();
  lastTime = 0;
  sticky = true;
}

function listen(id) {
  source = new EventSource(mine('stream') + `?open_kfid=${encodeURIComponent(account.open_kfid)}`);
  source.addEventListener('open', () => { $('rule-line').textContent = '已连接'; });
  source.addEventListener('error', () => {
    $('rule-line').textContent = '重连中';
    $('status').textContent = '连接断开，正在重连…';
    if (source.readyState === EventSource.CLOSED) setTimeout(() => { if (customer === id) open(id); }, 2000);
  });
  source.addEventListener('message', event => receive(JSON.parse(event.data)));
  source.addEventListener('status', event => {
    // The first status follows the history: from now on, new lines are news.
    log.setAttribute('aria-busy', 'false');
    showStatus(JSON.parse(event.data));
  });
  source.addEventListener('reset', clear);
}

// ---- composer and panels

function grow() {
  text.style.height = 'auto';
  text.style.height = Math.min(text.scrollHeight, 122) + 'px';
  const empty = text.value.trim() === '';
  $('send').hidden = empty;
  $('open-plus').hidden = !empty;
}

async function submit() {
  const written = text.value;
  if (written.trim() === '') return;
  text.value = '';
  grow();
  if (!await send('text', { content: written }) && text.value === '') {
    text.value = written;
    grow();
  }
}

function openPanel(name, ...nodes) {
  panel.replaceChildren(...nodes);
  panel.hidden = false;
  panel.dataset.name = name;
  $('open-emoji').setAttribute('aria-expanded', String(name === 'emoji'));
  $('open-plus').setAttribute('aria-expanded', String(name !== 'emoji'));
  stick();
}

function closePanel() {
  panel.hidden = true;
  $('open-emoji').setAttribute('aria-expanded', 'false');
  $('open-plus').setAttribute('aria-expanded', 'false');
}

function emojiPanel() {
  const grid = el('div', 'emoji');
  for (const symbol of EMOJI) {
    const button = el('button', '', symbol);
    button.type = 'button';
    button.addEventListener('click', () => { text.setRangeText(symbol, text.selectionStart, text.selectionEnd, 'end'); grow(); });
    grid.append(button);
  }
  openPanel('emoji', grid);
}

function plusPanel() {
  const tiles = el('div', 'tiles');
  const tile = (glyph, label, action) => {
    const button = el('button', 'tile'), box = el('span');
    button.type = 'button';
    box.append(icon(glyph));
    button.append(box, label);
    button.addEventListener('click', action);
    tiles.append(button);
  };
  tile('album', '照片', () => $('file').click());
  tile('camera', '示例照片', async () => { closePanel(); sendPicture(await samplePicture()); });
  tile('bag', '商品', () => choose('商品', config.products, p => [p.title, p.sales_price], p =>
    send('channels_shop_product', { product_id: p.product_id, head_img: '', title: p.title, sales_price: p.sales_price, shop_nickname: account.name, shop_head_img: '' })));
  tile('order', '订单', () => choose('订单', config.orders, o => [o.product_titles + '（' + o.order_id + '）', o.state], o =>
    send('channels_shop_order', { order_id: o.order_id, product_titles: o.product_titles, price_wording: o.price_wording, state: o.state, image_url: '', shop_nickname: account.name })));
  tile('pin', '位置', () => choose('位置', PLACES, p => [p.name, ''], p => send('location', p)));
  openPanel('plus', tiles);
}

function choose(what, options, label, action) {
  const list = el('div', 'choices');
  const back = el('button', 'back', '‹ 返回');
  back.type = 'button';
  back.addEventListener('click', plusPanel);
  list.append(back);
  if (options.length === 0) list.append(el('div', 'note', `这家店没有可分享的${what}`));
  for (const option of options) {
    const button = el('button', 'choice'), [name, extra] = label(option);
    button.type = 'button';
    button.append(el('span', '', name), el('span', '', extra));
    button.addEventListener('click', () => { closePanel(); action(option); });
    list.append(button);
  }
  openPanel('plus', list);
  back.focus();
}

// A sofa with a torn cover, drawn here so that no picture has to be shipped.
function samplePicture() {
  const canvas = document.createElement('canvas');
  canvas.width = 480;
  canvas.height = 360;
  const c = canvas.getContext('2d');
  const box = (x, y, w, h, r, fill) => { c.fillStyle = fill; c.beginPath(); c.roundRect(x, y, w, h, r); c.fill(); };
  box(0, 0, 480, 360, 0, '#e9e2d6');
  box(0, 262, 480, 98, 0, '#c9ad8b');
  box(84, 96, 312, 120, 22, '#6f8f8a');
  box(60, 150, 60, 124, 22, '#5f7f7a');
  box(360, 150, 60, 124, 22, '#5f7f7a');
  box(112, 186, 128, 66, 14, '#84a39d');
  box(240, 186, 128, 66, 14, '#84a39d');
  box(100, 246, 280, 30, 8, '#557570');
  box(96, 274, 14, 26, 3, '#4a3524');
  box(370, 274, 14, 26, 3, '#4a3524');
  c.fillStyle = '#efe6cf';
  c.strokeStyle = '#3d5652';
  c.lineWidth = 3;
  c.beginPath();
  c.moveTo(276, 208);
  for (const [x, y] of [[290, 200], [303, 210], [322, 203], [334, 215], [318, 223], [305, 218], [289, 225]]) c.lineTo(x, y);
  c.closePath();
  c.fill();
  c.stroke();
  return new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
}

function openSide() {
  $('side').classList.add('open');
  $('open-side').setAttribute('aria-expanded', 'true');
  $('close-side').focus();
}

function closeSide() {
  if (!$('side').classList.contains('open')) return;
  $('side').classList.remove('open');
  $('open-side').setAttribute('aria-expanded', 'false');
  $('open-side').focus();
}

function applyTheme(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  $('theme-name').textContent = { auto: '外观：跟随系统', light: '外观：浅色', dark: '外观：深色' }[theme];
}

function wire() {
  $('form').addEventListener('submit', event => { event.preventDefault(); submit(); text.focus(); });
  text.addEventListener('input', grow);
  text.addEventListener('focus', () => { if (panel.dataset.name !== 'emoji') closePanel(); });
  text.addEventListener('keydown', event => {
    // While an input method composes, Enter picks a word; 229 is what older engines say for the same.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  $('open-emoji').addEventListener('click', () => { if (!panel.hidden && panel.dataset.name === 'emoji') closePanel(); else emojiPanel(); });
  $('open-plus').addEventListener('click', () => { if (!panel.hidden && panel.dataset.name === 'plus') closePanel(); else plusPanel(); });
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    if (!panel.hidden) { closePanel(); text.focus(); }
    closeSide();
  });
  $('file').addEventListener('change', () => {
    const [file] = $('file').files;
    $('file').value = '';
    closePanel();
    if (file) sendPicture(file);
  });
  log.addEventListener('scroll', () => { sticky = atEnd(); if (sticky) $('newer').hidden = true; }, { passive: true });
  $('newer').addEventListener('click', () => { sticky = true; stick(); $('newer').hidden = true; });
  new ResizeObserver(stick).observe(log);
  $('open-side').addEventListener('click', openSide);
  $('open-customers').addEventListener('click', openSide);
  $('close-side').addEventListener('click', closeSide);
  $('new-customer').addEventListener('click', () => { open(newCustomerId()); closeSide(); });
  $('theme').addEventListener('click', () => {
    const next = { auto: 'light', light: 'dark', dark: 'auto' }[stored.get('theme', 'auto')] ?? 'auto';
    stored.set('theme', next);
    applyTheme(next);
  });
}

async function start() {
  wire();
  const wanted = new URL(location).searchParams;
  applyTheme(['light', 'dark'].includes(wanted.get('theme')) ? wanted.get('theme') : stored.get('theme', 'auto'));
  config = await call(base + '/config.json');
  account = config.accounts.find(a => a.open_kfid === stored.get('account', '')) ?? config.accounts[0];
  const pick = $('account');
  for (const each of config.accounts) {
    const option = el('option', '', each.name);
    option.value = each.open_kfid;
    pick.append(option);
  }
  pick.value = account.open_kfid;
  $('accounts-section').hidden = config.accounts.length < 2;
  const title = () => { $('shop').textContent = account.name; };
  pick.addEventListener('change', () => {
    account = config.accounts.find(a => a.open_kfid === pick.value);
    stored.set('account', account.open_kfid);
    title();
    open(customer);
  });
  title();
  for (const question of config.suggestions.length ? config.suggestions : DEFAULT_SUGGESTIONS) {
    const button = el('button', '', question);
    button.type = 'button';
    button.addEventListener('click', () => send('text', { content: question }));
    $('suggestions').append(button);
  }
  grow();
  const fromUrl = wanted.get('customer');
  await open(/^[\w.@-]{1,64}$/.test(fromUrl ?? '') ? fromUrl : stored.get('customer', null) ?? newCustomerId());
}

start().catch(error => toast('打不开沙箱：' + error.message));
