// SPDX-License-Identifier: ISC
// Rollcall in a page: who of a workspace is here, live. rollcall.d.ts says what it promises, docs/BROWSER.md why it works
// as it does. The poll is the lease: nothing hangs on a timer in a hidden tab.

/** What dots and lists say; change the words for another language. */
const labels = {
  active: 'active', away: 'away', offline: 'offline', unknown: 'unknown', since: (status, time) => `${status} since ${time}`,
};

const WAKE = Symbol('wake'); // there is something else to ask
const hub = new EventTarget(); // tells elements of clients
let current = null; // of elements that have no session around them

const clocks = /** @type {const} */ ([undefined, 'medium'])
  .map(dateStyle => new Intl.DateTimeFormat([], { dateStyle, timeStyle: 'short' }));
const random = () => [...crypto.getRandomValues(new Uint32Array(4))].map(n => n.toString(36)).join('');
const isUser = id => /^[^\p{Cc}\p{Cs}]+$/u.test(id) && new Blob([id]).size <= 128;
const on = (target, types, listener, signal) =>
  types.split(' ').forEach(type => target.addEventListener(type, listener, { signal, capture: true, passive: true }));

const pause = (ms, signal) => new Promise(done => {
  const timer = setTimeout(done, ms);
  on(signal, 'abort', () => done(clearTimeout(timer)));
});

/** How long to rest, ms: soon once, then never more than three requests in 10 s. */
function backOff(failures, retryAfter = 0) {
  const least = retryAfter ? Math.max(retryAfter, 3.4) : [0, 0.3, 9.5][failures] ?? 5;
  const spread = Math.max(Math.min(30, 1.5 * 2 ** failures) - least, retryAfter / 2, 2.5);
  return 1000 * (least + Math.random() * spread);
}

/** Whom TOKEN speaks for, as far as can be seen: tabs that agree on it are one session. */
function identity(token) {
  try {
    return JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))).sub;
  } catch {
    return [...token ?? ''].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) | 0, 7);
  }
}

function use(client) {
  current = client;
  hub.dispatchEvent(new Event('attach'));
}

export class Rollcall extends EventTarget {
  static labels = labels;
  #options;
  #token; // as given: a text, a function, or nothing where the web server knows who is there
  #bearer; // the text in use; undefined: to be asked for
  #asking; // the token function's promise
  #life = null; // AbortController until the page is left
  #id = random(); // of this tab
  #key; // of the tabs that are one session
  #channel; // between them; without one each tab is for itself
  #tabs = new Map(); // id -> { status, users }, this one included; users null: everyone
  #watched = new Map(); // user -> how often; null: everyone
  #known = new Map(); // user -> latest change
  #shown = new Map(); // user -> the status that listeners were told
  #stale = true;
  #told;
  #telling;
  #leading = false;
  #round; // AbortController of a request or rest
  #began = 0;
  #polling = false;
  #restarted;
  #sent;
  #everyone;
  #hidden = 1; // since when; 0: it is not
  #touched = Date.now();
  #ticked = Date.now();
  /**
   * What all tabs know. heard: when the stream last answered; tracked: whom #known covers, null for everyone;
   * complete: who of those is not in it is offline.
   * @type {any}
   */
  #shared = {
    state: 'starting', user: null, session: null, joined: false, ttl: 60, wait: 25, n: 0, manual: null,
    cursor: undefined, heard: 0, tracked: new Set(), complete: false,
  };

  constructor(options) {
    super();
    const url = new URL(options.url ?? '/rollcall', document.baseURI).href.replace(/\/+$/, '');
    this.#options = { hideAfter: 5, idleAfter: 300, ...options, url };
    this.#token = options.token;
    this.#everyone = options.everyone ?? true;
    addEventListener('pageshow', this.#open);
    this.#open();
  }

  static connect(options) {
    use(new Rollcall(options));
    return current;
  }

  get workspace() { return this.#options.workspace; }
  get user() { return this.#shared.user; }
  get session() { return this.#shared.session; }
  get state() { return this.#shared.state; }
  get leader() { return this.#leading; }
  get status() {
    const active = [...this.#tabs.values()].some(tab => tab.status === 'active');
    return this.#shared.manual ?? (active ? 'active' : 'away');
  }

  getStatus(user) {
    const { tracked, complete } = this.#shared;
    if (this.#isStale()) return 'unknown';
    return this.#known.get(user)?.status ?? (complete && (!tracked || tracked.has(user)) ? 'offline' : 'unknown');
  }

  getSince(user) {
    return this.#known.get(user)?.since ?? null;
  }

  setStatus(status) {
    if (![null, 'active', 'away'].includes(status)) throw new TypeError('a status is "active", "away" or null');
    this.#say({ manual: status });
    this.#hear({ manual: status });
  }

  watch(users, by = 1) {
    for (const user of [users].flat()) {
      const count = (this.#watched.get(user) ?? 0) + by;
      if (count > 0) this.#watched.set(user, count);
      else this.#watched.delete(user);
    }
    this.#everyone = this.#options.everyone ?? false;
    this.#tell();
  }

  unwatch(users) {
    this.watch(users, -1);
  }

  setToken(token) {
    this.#suspend();
    this.#token = token;
    this.#bearer = undefined;
    this.#change({ state: 'starting', joined: false });
    this.#open();
  }

  retry() {
    if (this.state === 'stopped') this.setToken(this.#token);
    this.#wake();
  }

  close({ now = false } = {}) {
    removeEventListener('pageshow', this.#open);
    this.#suspend({ now });
    this.#change({ state: 'closed' });
    if (current === this) use(null);
  }

  members() { return this.#list('members'); }
  dms() { return this.#list('dms'); }
  // With a key, so that a request that is sent again on its way opens no second group.
  openDm(participants, name) {
    return this.#ask('dms', { participants, name }, { key: random() });
  }

  // ---- this tab: when it is open, how it is, whom it watches ----

  #open = async () => {
    if (this.#life || this.#isOver()) return;
    const { signal } = this.#life = new AbortController(), { url, workspace, user } = this.#options;
    this.#listen(signal);
    await null; // for what else is set up
    for (let failures = 1; this.#bearer === undefined && !signal.aborted; failures++)
      await this.#authorize().catch(error => this.#rest(error, backOff(failures), signal));
    if (signal.aborted) return;
    this.#key = `rollcall ${url} ${workspace} ${user ?? identity(this.#bearer)}`;
    this.#tabs.set(this.#id, this.#own());
    if (!navigator.locks || !globalThis.BroadcastChannel) return this.#lead(signal);
    this.#channel = new BroadcastChannel(this.#key);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    const over = new Promise(done => on(signal, 'abort', done));
    this.#lock(this.#id, () => { // or it looks dead
      this.#say({ who: true });
      this.#tell();
      return over;
    });
    this.#lock('lead', () => {
      this.#lead(signal);
      return over;
    });
  };

  /** Goodbye has a grace, in which another tab or page takes the session up. */
  #suspend = ({ now = false } = {}) => {
    const { session } = this;
    if (!this.#life) return;
    if (this.#leading && session) {
      this.#ask('leave', { session, now }, { keepalive: true }).catch(() => {});
      if (!this.#channel) this.#sessionName(session); // localStorage ends the script in Firefox
    }
    this.#leading = this.#polling = false;
    this.#life.abort();
    this.#life = null;
    this.#round?.abort(WAKE);
    this.#say({ bye: true });
    this.#channel?.close();
    this.#channel = null;
    this.#tabs.clear();
  };

  /** Kept by the browser, or by a tab from page to page: its duplicate would have it too. */
  #sessionName(name) {
    try {
      const store = this.#channel ? localStorage : sessionStorage, found = name ?? store.getItem(this.#key) ?? random();
      if (this.#channel || name) store.setItem(this.#key, found);
      else store.removeItem(this.#key);
      return found;
    } catch {
      return random(); // storage is blocked
    }
  }

  #listen(signal) {
    const touch = () => {
      const { status } = this.#own();
      this.#touched = Date.now();
      if (status === 'away') this.#tick();
    };
    const look = () => {
      this.#hidden = document.visibilityState === 'hidden' ? this.#hidden || Date.now() : 0;
      if (!this.#hidden) touch();
      this.#tick();
      this.#wake();
    };
    look();
    on(document, 'visibilitychange resume', look, signal);
    on(document, 'pointerdown pointermove keydown wheel touchstart', touch, signal);
    on(window, 'online', this.#wake, signal);
    on(window, 'pagehide', this.#suspend, signal);
    const timer = setInterval(this.#tick, 1000);
    on(signal, 'abort', () => clearInterval(timer));
  }

  #tick = () => {
    const slept = Date.now() - this.#ticked > (this.#hidden ? 90000 : 10000); // hidden pages are called once a minute
    this.#ticked = Date.now();
    const before = this.#tabs.get(this.#id), now = this.#own();
    if (before?.status !== now.status) this.#tell();
    if (before && slept) this.#tabs.set(this.#id, now); // for the poll that comes now
    if (slept) this.#wake();
    this.#show([]);
  };

  #own() {
    const { hideAfter, idleAfter } = this.#options, now = Date.now();
    const away = (this.#hidden && now - this.#hidden >= hideAfter * 1000) || now - this.#touched >= idleAfter * 1000;
    const users = this.#everyone || this.#watched.has(null) ? null : [...this.#watched.keys()].filter(isUser);
    return { status: away ? 'away' : 'active', users };
  }

  /** Soon: once for elements that come together. */
  #tell() {
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      if (!this.#tabs.has(this.#id)) return;
      const news = { from: this.#id, tab: this.#own() };
      this.#say(news);
      this.#hear(news);
    }, 20);
  }

  // ---- what the tabs tell each other ----

  #lock(name, work) {
    navigator.locks.request(`${this.#key} ${name}`, { signal: this.#life.signal }, work).catch(() => {});
  }

  #say(message) {
    this.#channel?.postMessage({ from: this.#id, ...message });
  }

  /** @param {any} message */
  #hear({ from, tab, who, bye, manual, shared, ...news }) {
    const isNew = tab && !this.#tabs.has(from);
    if (tab) this.#tabs.set(from, tab);
    if (isNew) this.#outlive(from);
    if (bye) this.#tabs.delete(from);
    if (who) this.#tell();
    if (who && this.#leading) this.#publish({}, { full: true, changes: [...this.#known.values()] });
    if (manual !== undefined) this.#change({ manual });
    if (shared && !this.#leading) this.#change(shared, news);
    this.#adjust();
  }

  /** The leader forgets a tab once its lock is free. */
  #outlive(id) {
    if (this.#leading && id !== this.#id) this.#lock(id, () => this.#hear({ from: id, bye: true }));
  }

  #publish(shared, news = {}) {
    this.#change(shared, news);
    this.#say({ shared: this.#shared, ...news });
  }

  /** Takes in CHANGES: all there are, if FULL. */
  #change(shared, { full, changes = [], answer, refetch } = /** @type {any} */ ({})) {
    const { complete } = this.#shared, { tracked } = this.#shared = { ...this.#shared, ...shared };
    if (full) this.#known.clear();
    for (const change of changes) this.#known.set(change.user, change);
    for (const map of tracked ? [this.#known, this.#shown] : [])
      for (const user of map.keys()) if (!tracked.has(user)) map.delete(user);
    const all = full || tracked || complete !== this.#shared.complete;
    this.#show(all ? null : changes.map(change => change.user));
    this.#announce();
    if (answer) this.#dispatch('stream', answer);
    if (answer?.resync) this.#dispatch('resync', answer);
    if (refetch) this.#dispatch('refetch', refetch);
  }

  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #isOver() {
    return /stopped|closed/.test(this.state);
  }

  #isStale() {
    return this.#isOver() || Date.now() - this.#shared.heard > this.#shared.ttl * 1000;
  }

  /** Tells of USERS, or all, who has changed. */
  #show(users) {
    const stale = this.#isStale();
    if (!users || stale !== this.#stale)
      users = new Set([this.#watched, this.#known, this.#shown].flatMap(map => [...map.keys()]));
    this.#stale = stale;
    for (const user of users) {
      if (user === null) continue;
      const status = this.getStatus(user), previous = this.#shown.get(user) ?? 'unknown';
      if (status === previous || (status === 'unknown' && !stale)) continue; // to be looked up is no change
      this.#shown.set(user, status);
      this.#dispatch('change', { ...this.#known.get(user), user, status, previous });
      this.#dispatch(`change ${user}`); // for dots
    }
  }

  #announce() {
    const { state, status, user, session, leader } = this, detail = { state, status, user, session, leader };
    const told = this.#told;
    this.#told = JSON.stringify(detail);
    if (told !== this.#told) this.#dispatch('status', detail);
  }

  // ---- the leader: one request after the other ----

  async #lead(life) {
    this.#leading = true;
    this.#say({ who: true });
    for (const id of this.#tabs.keys()) this.#outlive(id);
    pause(4000, life).then(this.#beat); // the goodbye of the page before may have come late
    for (let failures = 0; !life.aborted;) {
      const { signal } = this.#round = new AbortController();
      this.#began = Date.now();
      try {
        const good = await this.#turn(signal);
        if (good) failures = 0;
        if (good === false) await pause(backOff(++failures), signal);
        if (good) await pause(this.#began + 100 - Date.now(), signal); // a storm of changes is no storm of requests
      } catch (error) {
        if (life.aborted) return;
        if (signal.reason === WAKE) continue;
        const { status, retryAfter } = error;
        if (status === 401 || status === 403) return this.#stop(error);
        if (status === 410) this.#change({ joined: false });
        if (++failures > 1 || status !== 410) await this.#rest(error, backOff(failures, retryAfter), signal);
      }
    }
  }

  /** Asks what is to be asked next. True: a poll went well; false: it ended too soon. */
  #turn(signal) {
    const { joined, cursor, tracked } = this.#shared, wanted = this.#wanted();
    if (!joined) return this.#join(signal);
    if (!wanted && tracked) this.#publish({ tracked: null, complete: false, cursor: undefined });
    if (wanted && cursor) {
      const added = tracked ? [...wanted].filter(user => !tracked.has(user)) : [];
      if (added.length) return this.#look(added, wanted, signal);
      if (wanted.size !== tracked?.size) this.#publish({ tracked: wanted });
    }
    return this.#poll(signal);
  }

  /** Whom all tabs together watch; null: everyone. */
  #wanted() {
    const lists = [...this.#tabs.values()].map(tab => tab.users);
    const users = new Set([this.user, ...lists.flat()]);
    return lists.includes(null) || users.size > 500 ? null : users;
  }

  async #join(signal) {
    this.#change({ session: this.session ?? this.#sessionName() }); // now there may be something to leave
    const { session, status } = this, answer = await this.#ask('join', { session, status }, { signal });
    const { changes, more, cursor, user, ttl, wait } = answer;
    this.#publish({ joined: true, state: 'live', heard: Date.now(), n: 0, user, ttl, wait });
    // Who knows where it was goes on from there, and so misses nothing.
    if (!this.#shared.cursor)
      this.#publish({ cursor, complete: !more, tracked: this.#wanted() }, { full: true, changes });
  }

  /** What changes from here on, the next poll tells. */
  async #look(users, tracked, signal) {
    const answer = await this.#ask('status', { users }, { signal });
    this.#publish({ tracked }, { changes: answer.users });
  }

  async #poll(signal) {
    const { cursor: since, tracked, complete } = this.#shared, { session, status } = this;
    const user = tracked && [...tracked];
    const wait = this.#isStale() ? 0 : this.#shared.wait; // who knows nothing cannot wait for news
    this.#sent = status;
    this.#polling = true;
    const body = { since, wait, session, status, ...user && { user } };
    const answer = await this.#ask('stream', body, { signal, seconds: wait + 15 })
      .finally(() => { this.#polling = false; });
    const { cursor, changes, more, resync, refetch } = answer, heard = Date.now(), full = resync || !since;
    const isNews = changes.length || more || refetch || (full && !this.#restarted);
    this.#restarted = full;
    this.#publish({ cursor, heard, state: 'live', complete: !more || (complete && !full) },
      { full, changes, answer, refetch: full ? ['members', 'dms'] : refetch });
    return (isNews && cursor !== since) || !wait || heard - this.#began > Math.max(wait * 800, 500);
  }

  #adjust() {
    this.#announce();
    const { tracked } = this.#shared, wanted = this.#wanted();
    if (!this.#polling) return;
    if (tracked && (!wanted || [...wanted].some(user => !tracked.has(user)))) this.#round.abort(WAKE);
    else if (this.status !== this.#sent) this.#beat();
  }

  #beat = () => {
    if (!this.#polling) return; // the next poll says it
    const round = this.#round, { session, status } = this, n = Math.max(this.#shared.n + 1, Date.now());
    this.#sent = status;
    this.#publish({ n });
    this.#ask('heartbeat', { session, status, n }).catch(() => round.abort(WAKE));
  };

  /** A poll may be dead now, or a rest be over. */
  #wake = () => {
    const round = this.#round, age = Date.now() - this.#began;
    if (!this.#leading) return;
    if (!this.#polling) setTimeout(() => round.abort(WAKE), 3400 - age);
    else if (age > this.#shared.wait * 1000 + 5000) round.abort(WAKE);
  };

  async #rest(error, ms, signal) {
    if (this.#leading) this.#publish({ state: 'retrying' });
    this.#failed(error, ms);
    await pause(ms, signal);
  }

  /** Asking again would not help. */
  #stop(error) {
    this.#leading = false; // there is nothing to leave
    this.#suspend();
    this.#change({ state: 'stopped' });
    this.#failed(error, null);
  }

  #failed({ message, code = 'unreachable', status = 0 }, retryIn) {
    this.#dispatch('error', { code, status, message, retryIn });
  }

  // ---- requests ----

  #authorize() {
    const ask = async () => {
      this.#bearer = (typeof this.#token === 'function' ? await this.#token() : this.#token) || null;
    };
    return this.#asking ??= ask().finally(() => { this.#asking = null; });
  }

  /** A token that is refused is asked for anew, once. */
  async #ask(what, body = null, options = {}, once = typeof this.#token !== 'function' || options.keepalive) {
    if (this.#bearer === undefined) await this.#authorize();
    const used = this.#bearer;
    try {
      return await this.#send(what, body, options);
    } catch (error) {
      if (once || error.status !== 401) throw error;
      if (this.#bearer === used) await this.#authorize();
      return this.#ask(what, body, options, true);
    }
  }

  async #send(what, body, { signal = null, seconds = 20, keepalive = false, key }) {
    const { url, workspace, credentials } = this.#options, limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), seconds * 1000);
    signal?.throwIfAborted();
    if (signal) on(signal, 'abort', () => limit.abort());
    try {
      const response = await fetch(`${url}/v1/workspaces/${encodeURIComponent(workspace)}/${what}`, {
        method: body ? 'POST' : 'GET', body: body && JSON.stringify(body), signal: limit.signal, keepalive, credentials,
        headers: {
          ...body && { 'Content-Type': 'application/json' },
          ...this.#bearer && { Authorization: `Bearer ${this.#bearer}` },
          ...key && { 'Idempotency-Key': `"${key}"` },
        },
        cache: 'no-store', redirect: 'error',
      });
      const answer = await response.json().catch(() => null), { status } = response;
      if (response.ok && (answer?.cursor || answer?.id)) return answer;
      const { detail = `not an answer of Rollcall (${status})`, code = 'bad_answer' } = answer ?? {};
      const retryAfter = Math.min(Number(response.headers.get('Retry-After')) || 0, 300);
      throw Object.assign(new Error(detail), { code, status, retryAfter });
    } finally {
      clearTimeout(timer);
    }
  }

  async #list(what) {
    const all = [];
    for (let next = ''; next != null;) {
      const page = await this.#ask(`${what}?limit=1000${next && `&after=${encodeURIComponent(next)}`}`);
      all.push(...page[what]);
      ({ next } = page);
    }
    return all;
  }
}

// ---- elements ----

const Base = globalThis.HTMLElement ?? /** @type {any} */ (Object); // so that a server may import this

/** Has the client of the session or list around it, or else the page's. */
class Attached extends Base {
  rollcall = null;
  attach(client) { this.rollcall = client; }

  connectedCallback() {
    on(hub, 'attach', this.find);
    this.find();
  }

  disconnectedCallback() {
    hub.removeEventListener('attach', this.find, true);
    this.find();
  }

  find = () => {
    const around = this.closest('rollcall-session') ?? this.getRootNode()['host'];
    const client = this.isConnected ? around?.rollcall ?? current : null;
    if (client !== this.rollcall) this.attach(client);
  };
}

class Session extends Base {
  static observedAttributes = ['url', 'workspace', 'user', 'token', 'hide-after', 'idle-after'];
  rollcall = null;
  #token;

  set token(token) {
    this.#token = token;
    this.rollcall?.setToken(token);
  }

  attributeChangedCallback(name, _, value) {
    if (name === 'token') this.token = value;
    else if (this.rollcall) this.disconnectedCallback(), this.connectedCallback();
  }

  async connectedCallback() {
    await null; // for attributes that are still to be set
    const get = (name, otherwise) => this.getAttribute(name) ?? otherwise, workspace = get('workspace');
    if (!this.isConnected || this.rollcall || !workspace) return;
    this.rollcall = new Rollcall({ url: get('url'), workspace, user: get('user'), token: this.#token, everyone: false,
      hideAfter: Number(get('hide-after', 5)), idleAfter: Number(get('idle-after', 300)) });
    use(current ?? this.rollcall);
  }

  disconnectedCallback() {
    this.rollcall?.close();
    this.rollcall = null;
    use(current);
  }
}

const DOT = `
:host { display: inline-block; flex: none; width: var(--rollcall-size, .65em); aspect-ratio: 1 }
@supports (width: round(1.5px, 1px)) { :host { width: round(var(--rollcall-size, .65em), 1px) } }
:host { forced-color-adjust: none; color: var(--rollcall-offline, #7b8390) }
div { height: 100%; box-sizing: border-box; border-radius: 50%; background: currentColor; scale: .75 }
:host([status=active]) { color: var(--rollcall-active, #18914c) }
:host([status=away]) { color: var(--rollcall-away, #b37700) }
:host(:not([status=offline])) div { scale: none }
:host([status=away]) div { background: radial-gradient(circle at 22% 22%, #0000 34%, currentColor 39%) }
:host([status=unknown]) div { background: none; border: .14em solid }
:host(:state(retrying)) { opacity: .5 }
@media (forced-colors: active) {
  :host, :host([status=active]), :host([status=away]) { color: CanvasText }
  :host([status=offline]) div { scale: .5 }
}`;

class Dot extends Attached {
  static observedAttributes = ['user', 'status'];
  #user;
  #internals = this.attachInternals();

  constructor() {
    super();
    const sheet = new CSSStyleSheet(), dot = document.createElement('div'), root = this.attachShadow({ mode: 'open' });
    sheet.replaceSync(DOT);
    root.adoptedStyleSheets = [sheet]; // which no policy forbids
    root.append(dot);
    dot.part = 'dot';
    on(this, 'pointerenter', () => this.#describe()); // what was today may be yesterday by now
  }

  connectedCallback() {
    this.role = 'img';
    super.connectedCallback();
    this.#show();
  }

  attributeChangedCallback(name) {
    if (name === 'user' && this.rollcall) this.attach(this.rollcall);
    if (name === 'status') this.#describe();
  }

  /** Its title is "Away since 14:05", with the day if that was not today. */
  #describe() {
    const status = this.getAttribute('status'), label = this.ariaLabel = labels[status] ?? '';
    const ms = this.rollcall?.getStatus(this.#user) === status && this.rollcall.getSince(this.#user), at = new Date(ms);
    const clock = clocks[Number(at.toDateString() !== new Date().toDateString())];
    const text = ms ? labels.since(label, clock.format(at)) : label;
    this.title = text.charAt(0).toLocaleUpperCase() + text.slice(1);
  }

  attach(client) {
    const before = this.#user, type = user => `change ${user}`;
    this.rollcall?.removeEventListener(type(before), this.#show);
    this.rollcall?.removeEventListener('status', this.#dim);
    if (before) this.rollcall?.unwatch(before);
    this.rollcall = client;
    const user = this.#user = this.getAttribute('user');
    client?.addEventListener(type(user), this.#show);
    client?.addEventListener('status', this.#dim);
    if (user) client?.watch(user);
    this.#show();
    this.#dim();
  }

  #dim = () => {
    this.#internals.states?.[this.rollcall?.state === 'retrying' ? 'add' : 'delete']('retrying');
  };

  #show = () => {
    const status = this.rollcall?.getStatus(this.#user) ?? 'unknown';
    if (this.hasAttribute('user') && status !== this.getAttribute('status')) this.setAttribute('status', status);
  };
}

/** How it looks is a file of its own, fetched with the first list of a page. */
class List extends Attached {
  static observedAttributes = ['filter', 'href'];
  #view;

  async attach(client) {
    this.rollcall = client;
    const { ListView } = await import('./rollcall-lists.js');
    this.#view ??= new ListView(this);
    this.#view.attach(client);
  }

  attributeChangedCallback() {
    this.#view?.fill();
  }
}

const elements = /** @type {any} */ ({ session: Session, dot: Dot, members: List, dms: class extends List {} });
for (const [name, element] of globalThis.customElements ? Object.entries(elements) : [])
  customElements.get(`rollcall-${name}`) ?? customElements.define(`rollcall-${name}`, element);
