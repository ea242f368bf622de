// SPDX-License-Identifier: ISC
// The class that pages use. rollcall.d.ts says what it promises, docs/BROWSER.md why.
import { defineElements, offerClient, withdrawClient } from './rollcall-elements.js';
import { Poll, backOff } from './rollcall-poll.js';
import { Requests } from './rollcall-requests.js';
import { Tabs } from './rollcall-tabs.js';
import { labels, on, random } from './rollcall-util.js';

const NOTHING = { status: 'unknown', facts: '' }; // to listeners, at first

const isUser = id => /^[^\p{Cc}\p{Cs}]+$/u.test(id) && new Blob([id]).size <= 128;

/** What CHANGE says besides the status. At NOW the message may have ended. */
function presence({ dnd = false, text = null, emoji = null, until = null }, now = 0) {
  const isOver = until && until <= now;
  return isOver ? presence({ dnd }) : { dnd, text, emoji, until };
}

export class Rollcall extends EventTarget {
  static labels = labels;
  #options;
  #requests;
  #tabs;
  #poll;
  #life = null; // AbortController until the page is left
  #watched = new Map(); // user -> how often; null: everyone
  #known = new Map(); // user -> latest change
  #ending = new Set(); // users whose message has an end
  #shown = new Map(); // user -> what listeners were told: status, facts
  #wasStale = true;
  #ownShown; // of this browser, to listeners
  #wanted = new Map(); // 'me', 'counts' -> what listeners were told of it
  #held = new Set(); // [name] of what is wanted until it is let go
  #parts = {}; // class of a late module -> its object, or a promise of that
  #everyone;
  #hiddenAt = 1; // 0: it is in view
  #touchedAt = Date.now();
  #tickedAt = Date.now();
  /**
   * What all tabs know. heard: when the stream last answered; tracked: whom #known covers, null for everyone;
   * complete: those users who are not in it are offline; offset: the server's clock is so many ms ahead.
   * @type {any}
   */
  #shared = {
    state: 'starting', user: null, session: null, joined: false, ttl: 60, wait: 25, n: 0, manual: null,
    cursor: undefined, heard: 0, tracked: new Set(), complete: false, error: null, transport: 'poll', offset: 0,
    me: null, counts: null, places: {},
  };

  constructor(options) {
    super();
    const url = new URL(options.url ?? '/presence', document.baseURI).href.replace(/\/+$/, '');
    this.#options = { hideAfter: 5, idleAfter: 300, ...options, url };
    this.#everyone = options.everyone ?? true;
    this.#requests = new Requests(this.#options);
    this.#tabs = new Tabs({
      report: () => this.#report(),
      lead: signal => this.#poll.run(signal),
      lose: () => this.#poll.end(),
      receive: (message, isLeaders) => this.#receive(message, isLeaders),
      silence: () => 1000 * (this.#hiddenAt ? this.#shared.wait + 15 : 3),
    });
    this.#poll = new Poll(this.#pollClient());
    addEventListener('pageshow', this.#open);
    this.#open();
  }

  static connect(options) {
    const client = new Rollcall(options);
    offerClient(client, true);
    return client;
  }

  get workspace() { return this.#options.workspace; }
  get user() { return this.#shared.user; }
  get session() { return this.#shared.session; }
  get state() { return this.#shared.state; }
  get error() { return this.#shared.error; }
  get transport() { return this.#shared.transport; }
  get leader() { return this.#tabs.isLeader; }
  get now() { return Date.now() + this.#shared.offset; }
  get status() { return this.#shared.manual ?? this.#tabs.status; }

  /** The user's own status by hand, corrected by what the stream has told since. */
  get me() {
    this.#want('me');
    const { me } = this.#shared, { status, since } = this.getPresence(this.user), isNewer = me && since > me.now;
    return isNewer && !me.invisible && status !== 'unknown' ? { ...me, status, shown: status } : me;
  }

  get counts() {
    this.#want('counts');
    return this.#shared.counts;
  }

  addEventListener(type, ...how) {
    super.addEventListener(type, .../** @type {[any]} */ (how));
    if (/^(me|counts)$/.test(type)) this.#want(type);
  }

  getStatus(user) {
    const { tracked, complete } = this.#shared;
    if (this.#isStale()) return 'unknown';
    return this.#known.get(user)?.status ?? (complete && (!tracked || tracked.has(user)) ? 'offline' : 'unknown');
  }

  getSince(user) {
    return this.#known.get(user)?.since ?? null;
  }

  getPresence(user) {
    const said = presence(this.#known.get(user) ?? {}, this.now);
    return { status: this.getStatus(user), ...said, since: this.getSince(user) };
  }

  async setManual(what) {
    this.#tabs.postToAll({ me: await this.#requests.ask('me/status', what, { method: 'PUT' }) });
    return this.me;
  }

  async clearManual({ all = false } = {}) {
    await this.#requests.ask(`me/status${all ? '?all=true' : ''}`, null, { method: 'DELETE' });
    this.#tabs.postToAll({ me: await this.#requests.ask('me/status') });
    return this.me;
  }

  setStatus(status) {
    if (![null, 'active', 'away'].includes(status)) throw new TypeError('a status is "active", "away" or null');
    this.#tabs.postToAll({ manual: status });
  }

  watch(users, by = 1) {
    for (const user of [users].flat()) {
      const count = (this.#watched.get(user) ?? 0) + by;
      if (count > 0) this.#watched.set(user, count);
      else this.#watched.delete(user);
    }
    this.#everyone = this.#options.everyone ?? false;
    this.#tabs.report();
  }

  unwatch(users) {
    this.watch(users, -1);
  }

  setToken(token) {
    this.#leave();
    this.#requests.token = token;
    this.#apply({ state: 'starting', joined: false, error: null });
    this.#open();
  }

  retry() {
    if (this.state === 'stopped') this.setToken(this.#requests.token);
    this.#tabs.post({ retry: true });
    this.#poll.wake();
  }

  close({ now = false } = {}) {
    removeEventListener('pageshow', this.#open);
    this.#leave({ now });
    this.#apply({ state: 'closed' });
    withdrawClient(this);
  }

  at(place, { doing = 'viewing' } = {}) {
    if (!/^[a-z-]{1,32}$/.test(doing)) throw new TypeError('doing is not [a-z-]{1,32}');
    return this.#hold(`at:${doing}:${place}`);
  }

  see(place) { return this.#hold(`see:${place}`); }

  who(place) {
    const name = `see:${place.replace(/^dm:.*/s, 'dm:*')}`; // one's conversations are told together
    if (![...this.#held].flat().includes(name)) this.#want(name);
    return (this.state === 'live' && this.#shared.places[place]?.people) || [];
  }

  attachTyping(dm, input) {
    const typing = import('./rollcall-typing.js').then(all => new all.Typing(this.#pollClient(), dm, input));
    const call = what => () => typing.then(one => one[what](), () => {});
    return Object.assign(call('end'), { stop: call('stop') });
  }

  members(users) { return this.#requests.list('members', users); }
  dms() { return this.#requests.list('dms'); }
  openDm(participants, name) { return this.#requests.ask('dms', { participants, name }, { key: random() }); }

  // ---- this page ----

  #open = async () => {
    if (this.#life || this.#isOver()) return;
    const { signal } = this.#life = new AbortController(), requests = this.#requests;
    const { url, workspace, user } = this.#options;
    await null; // for what else is to be set
    if (document['prerendering']) await new Promise(done => on(document, 'prerenderingchange', done, signal));
    if (signal.aborted) return;
    this.#listen(signal);
    for (let failures = 1; !requests.isAuthorized && !signal.aborted; failures++) {
      const round = this.#poll.begin(), isAsked = typeof requests.token === 'function';
      await requests.authorize().catch(error =>
        isAsked ? this.#poll.rest(error, backOff(failures), round) : this.#stop(error));
    }
    if (!signal.aborted) this.#tabs.open(`rollcall ${url} ${workspace} ${user ?? requests.identity}`, signal);
  };

  /** The page is left, or the client closed. SILENTLY: the server is not told. */
  #leave = ({ now = false, silently = false } = {}) => {
    const { session, n } = this.#shared;
    if (!this.#life) return;
    if (this.leader && session && !silently) {
      this.#requests.ask('leave', { session, now, n: n + 1 }, { keepalive: true }).catch(() => {});
      this.#tabs.keepSession(session);
    }
    this.#tabs.close();
    this.#life.abort();
    this.#life = null;
    this.#poll.end();
  };

  #listen(signal) {
    const touch = () => {
      const { status } = this.#report();
      this.#touchedAt = Date.now();
      if (status === 'away') this.#tick();
    };
    const look = () => {
      this.#hiddenAt = document.visibilityState === 'hidden' ? this.#hiddenAt || Date.now() : 0;
      if (!this.#hiddenAt) touch();
      this.#tick();
      this.#poll.wake();
    };
    look();
    on(document, 'visibilitychange resume', look, signal);
    on(document, 'pointerdown pointermove keydown wheel touchstart', touch, signal);
    on(window, 'online', this.#poll.wake, signal);
    on(window, 'pagehide', () => this.#leave(), signal);
    const timer = setInterval(this.#tick, 1000);
    on(signal, 'abort', () => clearInterval(timer));
  }

  #tick = () => {
    const longest = this.#hiddenAt ? 90000 : 10000; // hidden pages are called once a minute
    const slept = Date.now() - this.#tickedAt > longest;
    this.#tickedAt = Date.now();
    this.#tabs.tick(slept);
    if (slept) this.#poll.wake();
    this.#showPeople([...this.#ending].filter(user => this.#known.get(user)?.until <= this.now));
    this.#look();
    this.#tabs.watch();
  };

  /** What this page reports to the tabs. */
  #report() {
    const { hideAfter, idleAfter } = this.#options, now = Date.now();
    const hidden = this.#hiddenAt && now - this.#hiddenAt >= hideAfter * 1000;
    const away = hidden || now - this.#touchedAt >= idleAfter * 1000;
    const users = this.#everyone || this.#watched.has(null) ? null : [...this.#watched.keys()].filter(isUser);
    const held = [...this.#held].flat().filter(name => !away || /^see/.test(name)); // it is at no place
    return { status: away ? 'away' : 'active', users, wants: [...this.#wanted.keys(), ...held] };
  }

  /** NAME is asked for from now on. */
  #want(name) {
    if (this.#wanted.has(name)) return;
    this.#wanted.set(name, undefined);
    this.#tabs.report();
  }

  /** NAME is asked for until what it returns is called. */
  #hold(name) {
    const one = [name];
    this.#held.add(one);
    this.#tabs.report();
    return () => {
      this.#held.delete(one);
      this.#tabs.report();
    };
  }

  /** Keeps up to date what a tab wants besides people. */
  #look() {
    const { wanted } = this.#tabs, wants = what => wanted.some(name => what.test(name));
    if (wants(/^(me|counts)$/)) this.#use('Self', () => import('./rollcall-self.js'));
    if (this.#parts.Places || wants(/^(at|see):/)) this.#use('Places', () => import('./rollcall-places.js'));
  }

  async #use(part, load) {
    this.#parts[part] ??= load().then(all => (this.#parts[part] = new all[part](this.#pollClient())))
      .catch(() => { delete this.#parts[part]; });
    (await this.#parts[part])?.look();
    this.#poll.adjust();
  }

  // ---- what the tabs know ----

  #receive({ who, retry, manual, me, shared, ...news }, isLeaders) {
    if (retry) this.#poll.wake();
    if (who && this.leader) this.#share({}, { full: true, changes: [...this.#known.values()] });
    if (manual !== undefined) this.#apply({ manual });
    if (me) this.#apply({ me, offset: me.now - Date.now() });
    if (shared && isLeaders) this.#apply(shared, news);
    this.#showOwn();
    this.#look();
    this.#poll.adjust();
  }

  #share(shared, news = {}) {
    this.#apply(shared, news);
    if (this.leader) this.#tabs.post({ shared: this.#shared, ...news });
  }

  /** Takes in CHANGES: all there are, if FULL. */
  #apply(shared, { full, changes = [], answer, refetch, failed } = /** @type {any} */ ({})) {
    const { complete, me } = this.#shared, { tracked } = this.#shared = { ...this.#shared, ...shared };
    if (me?.rev > this.#shared.me?.rev) this.#shared.me = me; // it was overtaken
    if (full) this.#known.clear();
    for (const change of changes) {
      this.#known.set(change.user, change);
      this.#ending[change.until ? 'add' : 'delete'](change.user);
    }
    for (const map of tracked ? [this.#known, this.#shown] : [])
      for (const user of map.keys()) if (!tracked.has(user)) map.delete(user);
    const all = full || tracked || complete !== this.#shared.complete;
    this.#showPeople(all ? null : changes.map(change => change.user));
    this.#showOwn();
    if (answer) this.#look();
    if (answer) this.#dispatch('stream', answer);
    if (answer?.resync) this.#dispatch('resync', answer);
    if (refetch) this.#dispatch('refetch', refetch);
    if (failed) this.#dispatch('error', this.error);
  }

  /** What the poll works with. */
  #pollClient() {
    const self = this, tabs = this.#tabs;
    return {
      options: this.#options,
      get shared() { return self.#shared; },
      get status() { return self.status; },
      get isStale() { return self.#isStale(); },
      get now() { return self.now; },
      get leads() { return tabs.isLeader && self.state === 'live'; },
      get wanted() { return tabs.wanted; },
      wants: name => tabs.wanted.includes(name),
      get places() { return self.#parts.Places; },
      get watched() {
        const { watched } = tabs, users = new Set([self.user, ...watched ?? []]);
        return watched && users.size <= 500 ? users : null;
      },
      takeSession() {
        self.#apply({ session: self.session ?? tabs.sessionName() });
        return self.session;
      },
      dispatch: (type, detail) => self.#dispatch(type, detail),
      ask: (...request) => self.#requests.ask(...request),
      apply: shared => self.#apply(shared),
      share: (shared, news) => self.#share(shared, news),
      isStillLeader: () => tabs.isStillLeader(),
      rest: (error, ms) => self.#failed('retrying', error, ms),
      stop: error => self.#stop(error),
    };
  }

  /** Asking again would not help. */
  #stop(error) {
    this.#leave({ silently: true });
    this.#failed('stopped', error, null);
  }

  #failed(state, { message, code = 'unreachable', status = 0, kind = 'network' }, retryIn) {
    this.#share({ state, error: { kind, code, status, message, retryIn } }, { failed: true });
  }

  // ---- events ----

  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #isOver() {
    return /stopped|closed/.test(this.state);
  }

  #isStale() {
    return this.#isOver() || Date.now() - this.#shared.heard > this.#shared.ttl * 1000;
  }

  /** Tells listeners which of USERS (null: all) have changed. */
  #showPeople(users) {
    const isStale = this.#isStale();
    if (!users || isStale !== this.#wasStale)
      users = new Set([this.#watched, this.#known, this.#shown].flatMap(map => [...map.keys()]));
    this.#wasStale = isStale;
    for (const user of users) {
      if (user === null) continue;
      const status = this.getStatus(user), change = this.#known.get(user) ?? {}, said = presence(change, this.now);
      const facts = said.dnd || said.text || said.emoji ? JSON.stringify(said) : '';
      const { status: previous, facts: before } = this.#shown.get(user) ?? NOTHING;
      if (status === previous && facts === before) continue;
      if (status === 'unknown' && !isStale) continue; // being looked up is not a change
      this.#shown.set(user, { status, facts });
      this.#dispatch('change', { ...change, ...said, user, status, previous });
      this.#dispatch(`change ${user}`);
    }
  }

  /** The same of this browser's state and status. */
  #showOwn() {
    const { state, status, user, session, leader, transport } = this;
    const detail = { state, status, user, session, leader, transport };
    const before = this.#ownShown;
    this.#ownShown = JSON.stringify(detail);
    if (before !== this.#ownShown) this.#dispatch('status', detail);
    for (const [name, told] of this.#wanted) {
      const value = this[name], facts = JSON.stringify(value);
      if (!value || facts === told) continue;
      this.#wanted.set(name, facts);
      this.#dispatch(name, value);
    }
  }
}

defineElements(Rollcall);
