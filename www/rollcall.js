// SPDX-License-Identifier: ISC
// Rollcall in a page. rollcall.d.ts says what it promises, docs/BROWSER.md why it works as it does.

/** What dots and lists say. */
const labels = {
  active: 'active', away: 'away', offline: 'offline', unknown: 'unknown', since: (status, time) => `${status} since ${time}`,
};

const WAKE = Symbol('wake'); // there is something else to ask
const hub = new EventTarget(); // tells elements of clients
let clients = []; // the first is that of elements with no session around them

const random = () => [...crypto.getRandomValues(new Uint32Array(4))].map(n => n.toString(36)).join('');
const isUser = id => /^[^\p{Cc}\p{Cs}]+$/u.test(id) && new Blob([id]).size <= 128;
const on = (target, types, listener, signal) =>
  types.split(' ').forEach(type => target.addEventListener(type, listener, { signal, capture: true, passive: true }));

const end = signal => new Promise(done => on(signal, 'abort', done));
const pause = (ms, signal) => new Promise(done => {
  const timer = setTimeout(done, signal.aborted ? 0 : ms);
  on(signal, 'abort', () => done(clearTimeout(timer)));
});

const fault = (message, code, status = 0, more = {}) => Object.assign(new Error(message),
  { code, status, kind: { 0: 'network', 401: 'sign-in', 403: 'refused' }[status] ?? 'server', ...more });
const noToken = why => fault(`No token: ${why}`, 'no_token', 0, { kind: 'sign-in' });

/** What the function TOKEN gives. */
const called = token => Promise.race([
  (async () => token())(),
  new Promise((_, fail) => setTimeout(fail, 30000, Error('no answer within 30 s'))),
]).catch(error => { throw noToken(error?.message ?? error); });

/** TOKEN as a header bears it, null for none. A login page is not a token. */
function bearer(token) {
  if (token == null) return null;
  const text = typeof token === 'string' ? token.trim() : '';
  if (!/^[\w.~+/-]+=*$/.test(text)) throw noToken('what was given is not one. Is the user signed in?');
  return text;
}

/** How long to rest, ms: never more than three requests in 10 s. */
function backOff(failures, retryAfter = 0) {
  const least = retryAfter ? Math.max(retryAfter, 3.4) : [0, 0.3, 9.5][failures] ?? 5;
  const spread = Math.max(Math.min(30, 1.5 * 2 ** failures) - least, retryAfter / 2, 2.5);
  return 1000 * (least + Math.random() * spread);
}

/** Whom TOKEN speaks for: tabs that agree on it are one session. */
function identity(token) {
  try {
    return JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))).sub;
  } catch {
    return [...token ?? ''].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) | 0, 7);
  }
}

const attach = () => hub.dispatchEvent(new Event('attach'));

export class Rollcall extends EventTarget {
  static labels = labels;
  #options;
  #token; // as given
  #bearer; // the text in use; undefined: to be asked for
  #asking;
  #life = null; // AbortController until the page is left
  #id = random(); // of this tab
  #key;
  #channel; // between them; without one each tab is for itself
  #tabs = new Map(); // id -> { status, users }, this one included; users null: everyone
  #reign; // AbortController of leading or waiting to
  #term = 0; // grows with each leader
  #head; // the tab that leads
  #heard = 0; // when it last said something
  #unheard = 0; // questions since
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
  #left; // the cursor that was given up to follow everyone
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
    cursor: undefined, heard: 0, tracked: new Set(), complete: false, error: null,
  };

  constructor(options) {
    super();
    const url = new URL(options.url ?? '/presence', document.baseURI).href.replace(/\/+$/, '');
    this.#options = { hideAfter: 5, idleAfter: 300, ...options, url };
    this.#token = options.token;
    this.#everyone = options.everyone ?? true;
    addEventListener('pageshow', this.#open);
    this.#open();
  }

  static connect(options) {
    clients.unshift(new Rollcall(options));
    attach();
    return clients[0];
  }

  get workspace() { return this.#options.workspace; }
  get user() { return this.#shared.user; }
  get session() { return this.#shared.session; }
  get state() { return this.#shared.state; }
  get error() { return this.#shared.error; }
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
    this.#asking = null;
    this.#change({ state: 'starting', joined: false, error: null });
    this.#open();
  }

  retry() {
    if (this.state === 'stopped') this.setToken(this.#token);
    this.#say({ retry: true });
    this.#wake();
  }

  close({ now = false } = {}) {
    removeEventListener('pageshow', this.#open);
    this.#suspend({ now });
    this.#change({ state: 'closed' });
    clients = clients.filter(one => one !== this);
    attach();
  }

  members() { return this.#list('members'); }
  dms() { return this.#list('dms'); }
  openDm(participants, name) { return this.#ask('dms', { participants, name }, { key: random() }); }

  // ---- this tab ----

  #open = async () => {
    if (this.#life || this.#isOver()) return;
    const { signal } = this.#life = new AbortController(), { url, workspace, user } = this.#options;
    await null; // for what else is to be set
    if (document['prerendering']) await new Promise(done => on(document, 'prerenderingchange', done, signal));
    if (signal.aborted) return;
    this.#listen(signal);
    for (let failures = 1; this.#bearer === undefined && !signal.aborted; failures++) {
      const round = this.#round = new AbortController(), isAsked = typeof this.#token === 'function';
      this.#began = Date.now();
      await this.#authorize().catch(error =>
        isAsked ? this.#rest(error, backOff(failures), round.signal) : this.#stop(error));
    }
    if (signal.aborted) return;
    this.#key = `rollcall ${url} ${workspace} ${user ?? identity(this.#bearer)}`;
    this.#tabs.set(this.#id, this.#own());
    this.#meet(signal);
  };

  #suspend = ({ now = false } = {}) => {
    const { session } = this;
    if (!this.#life) return;
    if (this.#leading && session) {
      this.#ask('leave', { session, now }, { keepalive: true }).catch(() => {});
      if (!this.#channel) this.#sessionName(session); // localStorage ends the script in Firefox
    }
    this.#say({ bye: true });
    this.#leading = this.#polling = false;
    this.#life.abort();
    this.#life = null;
    this.#round?.abort(WAKE);
    this.#channel?.close();
    this.#channel = null;
    this.#tabs.clear();
  };

  /** Kept by the browser, or else by a tab between pages alone. */
  #sessionName(name) {
    try {
      const store = this.#channel ? localStorage : sessionStorage, found = name ?? store.getItem(this.#key) ?? random();
      if (this.#channel || name) store.setItem(this.#key, found);
      else store.removeItem(this.#key);
      return found;
    } catch {
      return random();
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
    if (before && slept) this.#tabs.set(this.#id, now);
    if (slept) this.#wake();
    this.#show([]);
    this.#mind();
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

  // ---- the other tabs ----

  #lock(name, options, work) {
    return navigator.locks.request(`${this.#key} ${name}`, options, work);
  }

  /** One session with the other tabs, or of its own if the browser keeps tabs apart. */
  async #meet(signal) {
    let channel;
    try {
      channel = new BroadcastChannel(this.#key);
      await new Promise((done, fail) => {
        this.#lock(this.#id, { signal }, () => (done(), end(signal))).catch(fail);
      });
    } catch {
      channel?.close();
      if (!signal.aborted) this.#lead(signal);
      return;
    }
    if (signal.aborted) return channel.close();
    this.#channel = channel;
    this.#heard = Date.now();
    channel.onmessage = ({ data }) => this.#hear(data);
    this.#say({ who: true });
    this.#tell();
    this.#stand(signal);
  }

  /** Leads once no other tab does, or with STEAL at once. */
  async #stand(life, steal = false) {
    this.#reign?.abort();
    const reign = this.#reign = new AbortController(), { signal } = reign;
    on(life, 'abort', () => reign.abort(), signal);
    const work = () => (this.#lead(signal), end(signal));
    await this.#lock('lead', steal ? { steal } : { signal }, work).catch(() => {});
    if (signal.aborted || !this.#leading) return;
    this.#leading = this.#polling = false;
    this.#stand(life);
    this.#round.abort(WAKE);
    this.#heard = Date.now();
    this.#say({ who: true });
    this.#tell();
  }

  /** Whether the lead was not stolen while this tab was blocked. */
  async #isHead() {
    const { held } = this.#channel ? await navigator.locks.query() : { held: [] };
    const holder = name => held.find(lock => lock.name === `${this.#key} ${name}`)?.clientId;
    return holder('lead') === holder(this.#id);
  }

  /** Steals the lead from a tab that is blocked. Ticks count, not time: an answer comes before the next, however late that is. */
  #mind() {
    if (!this.#channel || this.#leading) return;
    if (Date.now() - this.#heard < 1000 * (this.#hidden ? this.#shared.wait + 15 : 3)) this.#unheard = 0;
    else if (this.#unheard++ < 5) this.#say({ ping: true });
    else {
      this.#heard = Date.now();
      this.#tabs.delete(this.#head);
      this.#stand(this.#life.signal, true);
    }
  }

  #say(message) {
    this.#channel?.postMessage({ from: this.#id, term: this.#leading && this.#term, ...message });
  }

  /** @param {any} message */
  #hear({ from, term, tab, who, bye, ping, retry, manual, shared, ...news }) {
    if (term && term >= this.#term && !this.#leading) [this.#term, this.#head, this.#heard] = [term, from, Date.now()];
    const isNew = tab && !this.#tabs.has(from);
    if (tab) this.#tabs.set(from, tab);
    if (isNew) this.#outlive(from);
    if (bye) this.#tabs.delete(from);
    if (who) this.#tell();
    if (ping && this.#leading) this.#say({});
    if (retry) this.#wake();
    if (who && this.#leading) this.#publish({}, { full: true, changes: [...this.#known.values()] });
    if (manual !== undefined) this.#change({ manual });
    if (shared && !this.#leading && term === this.#term) this.#change(shared, news);
    this.#adjust();
  }

  #outlive(id) {
    const { signal } = this.#life;
    if (this.#leading && id !== this.#id) this.#lock(id, { signal }, () => this.#hear({ from: id, bye: true })).catch(() => {});
  }

  #publish(shared, news = {}) {
    this.#change(shared, news);
    if (this.#leading) this.#say({ shared: this.#shared, ...news });
  }

  /** Takes in CHANGES: all there are, if FULL. */
  #change(shared, { full, changes = [], answer, refetch, failed } = /** @type {any} */ ({})) {
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
    if (failed) this.#dispatch('error', this.error);
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
      this.#dispatch(`change ${user}`);
    }
  }

  #announce() {
    const { state, status, user, session, leader } = this, detail = { state, status, user, session, leader };
    const told = this.#told;
    this.#told = JSON.stringify(detail);
    if (told !== this.#told) this.#dispatch('status', detail);
  }

  // ---- the leader ----

  async #lead(life) {
    this.#leading = true;
    this.#term = Math.max(this.#term + 1, Date.now());
    this.#say({ who: true });
    for (const id of this.#tabs.keys()) this.#outlive(id);
    pause(4000, life).then(this.#beat);
    for (let failures = 0; !life.aborted;) {
      const { signal } = this.#round = new AbortController();
      this.#began = Date.now();
      try {
        if (!await this.#isHead()) return;
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
    if (!wanted && tracked) this.#left = cursor;
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
    this.#change({ session: this.session ?? this.#sessionName() });
    const { session, status } = this, answer = await this.#ask('join', { session, status }, { signal });
    const { changes, more, cursor, user, ttl, wait } = answer;
    this.#publish({ joined: true, state: 'live', error: null, heard: Date.now(), n: 0, user, ttl, wait });
    if (!this.#shared.cursor)
      this.#publish({ cursor, complete: !more, tracked: this.#wanted() }, { full: true, changes });
  }

  async #look(users, tracked, signal) {
    const answer = await this.#ask('status', { users }, { signal });
    this.#publish({ tracked }, { changes: answer.users });
  }

  async #poll(signal) {
    const { cursor: since, tracked, complete } = this.#shared, { session, status } = this;
    const users = tracked && [...tracked];
    const wait = this.#isStale() ? 0 : this.#shared.wait; // who knows nothing cannot wait for news
    this.#sent = status;
    this.#polling = true;
    const body = { since, wait, session, status, n: this.#count(), ...users && { users } };
    const answer = await this.#ask('stream', body, { signal, seconds: wait + 10 })
      .finally(() => { this.#polling = false; });
    const { cursor, changes, more, resync, refetch } = answer, heard = Date.now(), full = resync || !since;
    const isNews = changes.length || more || refetch || (full && !this.#restarted);
    this.#restarted = full;
    this.#publish({ cursor, heard, state: 'live', error: null, complete: !more || (complete && !full) },
      { full, changes, answer, refetch: full && (since || cursor !== this.#left) ? ['members', 'dms'] : refetch });
    return (isNews && cursor !== since) || !wait || heard - this.#began > Math.max(wait * 800, 500);
  }

  /** Whichever tab says something next, its number is larger. */
  #count() {
    this.#publish({ n: Math.max(this.#shared.n + 1, Date.now()) });
    return this.#shared.n;
  }

  #adjust() {
    this.#announce();
    const { tracked } = this.#shared, wanted = this.#wanted();
    if (!this.#polling) return;
    if (tracked && (!wanted || [...wanted].some(user => !tracked.has(user)))) this.#round.abort(WAKE);
    else if (this.status !== this.#sent) this.#beat();
  }

  #beat = () => {
    if (!this.#polling) return;
    const round = this.#round, { session, status } = this;
    this.#sent = status;
    this.#ask('heartbeat', { session, status, n: this.#count() }).catch(() => round.abort(WAKE));
  };

  /** A poll may be dead now, or a rest be over. */
  #wake = () => {
    const round = this.#round, age = Date.now() - this.#began;
    if (!this.#polling) setTimeout(() => round?.abort(WAKE), 3400 - age);
    else if (age > this.#shared.wait * 1000 + 5000) round.abort(WAKE);
  };

  async #rest(error, ms, signal) {
    this.#failed('retrying', error, ms);
    await pause(ms, signal);
  }

  /** Asking again would not help. */
  #stop(error) {
    this.#leading = false;
    this.#suspend();
    this.#failed('stopped', error, null);
  }

  #failed(state, { message, code = 'unreachable', status = 0, kind = 'network' }, retryIn) {
    this.#publish({ state, error: { kind, code, status, message, retryIn } }, { failed: true });
  }

  // ---- requests ----

  #authorize() {
    const token = this.#token;
    const ask = async () => {
      const given = bearer(typeof token === 'function' ? await called(token) : token || null);
      if (token === this.#token) this.#bearer = given;
    };
    return this.#asking ??= ask().finally(() => { if (token === this.#token) this.#asking = null; });
  }

  /** A token that is refused is asked for anew, once. */
  async #ask(what, body = null, options = {}, once = typeof this.#token !== 'function' || options.keepalive) {
    if (this.#bearer === undefined) await this.#authorize();
    const used = this.#bearer;
    try {
      return await this.#send(what, body, options);
    } catch (error) {
      if (once || error.status !== 401) throw error;
      if (this.#bearer === used) this.#bearer = undefined;
      return this.#ask(what, body, options, true);
    }
  }

  async #send(what, body, { signal = null, seconds = 20, keepalive = false, key = '' }) {
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
      }).catch(() => null), answer = await response?.json().catch(() => null), { ok, status = 0 } = response ?? {};
      signal?.throwIfAborted();
      if (ok && (answer?.cursor || answer?.id)) return answer;
      const [say, name] = status ? [`Not an answer of Rollcall (${status})`, 'bad_answer'] : ['The server does not answer', 'unreachable'];
      const { detail = say, code = name } = answer ?? {};
      throw fault(detail, code, status, { retryAfter: Math.min(Number(response?.headers.get('Retry-After')) || 0, 300) });
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

const Base = globalThis.HTMLElement ?? /** @type {any} */ (Object); // servers may import this

/** Attributes of ELEMENT are properties, too. */
function reflect(element) {
  for (const name of element.observedAttributes) {
    const property = name.replace(/-(.)/g, (_, c) => c.toUpperCase());
    if (property in element.prototype) continue;
    Object.defineProperty(element.prototype, property, {
      get() { return this.getAttribute(name); },
      set(value) { value == null ? this.removeAttribute(name) : this.setAttribute(name, value); },
    });
  }
  return element;
}

/** What was set before ELEMENT was defined hides its properties. */
function takeProperties(element) {
  for (const [name, value] of Object.entries(element)) {
    if (!(name in Object.getPrototypeOf(element))) continue;
    delete element[name];
    element[name] = value;
  }
}

/** Has the client of the session around it, or else the page's. */
class Attached extends Base {
  rollcall = null;
  #css;
  attach(client) { this.rollcall = client; }

  connectedCallback() {
    takeProperties(this);
    on(hub, 'attach', this.find);
    this.find();
  }

  disconnectedCallback() {
    hub.removeEventListener('attach', this.find, true);
    queueMicrotask(this.find); // what is only moved keeps what it has
  }

  /** By a sheet, which no policy forbids; it belongs to one document. */
  dress(css) {
    const view = this.ownerDocument.defaultView, sheet = view && new view.CSSStyleSheet();
    this.#css = css;
    sheet?.replaceSync(css);
    if (sheet) this.shadowRoot.adoptedStyleSheets = [sheet];
  }

  adoptedCallback() {
    if (this.#css) this.dress(this.#css);
  }

  find = () => {
    const detail = { client: this.isConnected ? clients[0] ?? null : null };
    if (this.isConnected) this.dispatchEvent(new CustomEvent('rollcall-find', { detail, bubbles: true, composed: true }));
    if (detail.client !== this.rollcall) this.attach(detail.client);
  };
}

class Session extends Base {
  static observedAttributes = ['url', 'workspace', 'user', 'token', 'hide-after', 'idle-after'];
  rollcall = null;
  #token;

  constructor() {
    super();
    this.addEventListener('rollcall-find', event => {
      /** @type {CustomEvent} */ (event).detail.client = this.rollcall;
      event.stopPropagation();
    });
  }

  set token(token) {
    this.#token = token;
    this.rollcall?.setToken(token);
  }

  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name !== 'token') this.rollcall && (this.#end(), this.#begin());
    else if (value !== null) this.token = value; // a morph that takes it away does not sign out
  }

  connectedCallback() {
    takeProperties(this);
    this.#begin();
  }

  async disconnectedCallback() {
    await null;
    if (!this.isConnected) this.#end();
  }

  async #begin() {
    await null; // for what else is to be set
    const { url, workspace, user, hideAfter, idleAfter } = /** @type {any} */ (this);
    if (!this.isConnected || this.rollcall || !workspace) return;
    this.rollcall = new Rollcall({ url, workspace, user, token: this.#token, everyone: false,
      hideAfter: Number(hideAfter ?? 5), idleAfter: Number(idleAfter ?? 300) });
    clients.push(this.rollcall);
    attach();
  }

  #end() {
    const client = this.rollcall;
    this.rollcall = null;
    client?.close();
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
:host(:state(retrying):not([status=unknown])) { opacity: .5 }
@media (forced-colors: active) {
  :host, :host([status=active]), :host([status=away]) { color: CanvasText }
  :host([status=offline]) div { scale: .5 }
}`;

class Dot extends Attached {
  static observedAttributes = ['user', 'status', 'role', 'aria-label', 'title'];
  #user;
  #says = {}; // in its attributes
  #kept = 0;
  #internals = this.attachInternals();

  constructor() {
    super();
    const dot = document.createElement('div'), root = this.attachShadow({ mode: 'open' });
    this.dress(DOT);
    root.append(dot);
    dot.part = 'dot';
    on(this, 'pointerenter', () => this.#describe());
  }

  connectedCallback() {
    super.connectedCallback();
    this.#say('role', 'img');
    this.#show();
  }

  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name === 'user') this.attach(this.rollcall);
    if (name === 'user' && value === null) this.#tell('unknown');
    else if (name === 'status' && !this.hasAttribute('user')) this.#tell(value);
    else if (value !== this.#says[name]) this.#keep(name);
  }

  #tell(status) {
    const { states } = this.#internals;
    states?.delete(this.#says.status);
    if (status) states?.add(status);
    this.#say('status', status);
    this.#describe();
  }

  #say(name, value) {
    this.#says[name] = value;
    if (value != null && this.getAttribute(name) !== value) this.setAttribute(name, value);
  }

  /** What a morph takes away is back at once; if it insists, soon. */
  #keep(name) {
    if (this.#kept++ < 9) this.#say(name, this.#says[name]);
    setTimeout(() => {
      this.#kept = 0;
      for (const one in this.#says) this.#say(one, this.#says[one]);
    });
  }

  #describe() {
    const status = this.#says.status, label = labels[status] ?? status ?? '';
    const ms = this.rollcall?.getStatus(this.#user) === status && this.rollcall.getSince(this.#user), at = new Date(ms);
    const dateStyle = at.toDateString() === new Date().toDateString() ? undefined : 'medium';
    const text = ms ? labels.since(label, at.toLocaleString([], { dateStyle, timeStyle: 'short' })) : label;
    this.#say('aria-label', label);
    this.#say('title', text.charAt(0).toLocaleUpperCase() + text.slice(1));
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
    const status = this.#user && this.rollcall?.getStatus(this.#user) || 'unknown';
    if (this.hasAttribute('user') && status !== this.#says.status) this.#tell(status);
  };
}

class List extends Attached {
  static observedAttributes = ['filter', 'href', 'current'];
  #view;

  async attach(client) {
    this.rollcall = client;
    const { ListView } = await import('./rollcall-lists.js');
    this.#view ??= new ListView(this);
    this.#view.attach(client);
  }

  attributeChangedCallback(name) {
    this.#view?.changed(name);
  }

  focus(options) {
    if (!this.#view?.focus(options)) super.focus(options);
  }
}

const elements = /** @type {any} */ ({ session: Session, dot: Dot, members: List, dms: class extends List {} });
for (const [name, element] of globalThis.customElements ? Object.entries(elements) : [])
  customElements.get(`rollcall-${name}`) ?? customElements.define(`rollcall-${name}`, reflect(element));
