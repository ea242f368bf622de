// SPDX-License-Identifier: ISC
// How <rollcall-typing> and <rollcall-here> show who is at a place. rollcall.js fetches this file with the first of
// them.
import { create } from './rollcall-create.js';
import { hue, initials } from './rollcall-rows.js';
import { labels, on } from './rollcall-util.js';

/* The first three are told as parts of a line: names are elements or, for screen readers, texts. */
const words = {
  typing: ([one, other], more) =>
    more ? [one, ', ', other, ` and ${more} more are typing`]
    : other ? [one, ' and ', other, ' are typing']
    : [one, ' is typing'],
  hereMore: count => `+${count}`,
  hereLabel: (names, more) =>
    `Here: ${names.join(', ')}${more && names.length ? ` and ${more} more` : more || ''}`,
};

const word = name => labels[name] ?? words[name];

const NAMED = 2; // of those who type, if there are more than that
const LINGER_MS = 1000; // a line that goes and comes back would flicker
const BURST_MS = 2000; // of typing, before screen readers say it
const RETRY_MS = 5000; // until a name that could not be had is asked for again
const REFETCH_MS = 1000; // within which names are asked for again after a change
const MOST_ASKED = 20; // names at a time: a URL that is too long is refused
const MOST = 5; // faces

const isolated = name => `\u2068${name}\u2069`;

// ---- names ----

const books = new WeakMap(); // client -> Names

/** The names of people: each is asked for once it is needed, and again once it may have changed. */
class Names extends EventTarget {
  #client;
  #names = new Map(); // user -> name
  #asked = new Map(); // user -> when their name was asked for
  #asking = new Set(); // users whose name is not there yet
  #known = new Set(); // users whose name has not changed since
  #changes = 0; // of names
  #soon = null; // a timer

  constructor(client) {
    super();
    this.#client = client;
    client.addEventListener('refetch', ({ detail }) => detail.includes('members') && this.#forgetSoon());
  }

  static of(client) {
    if (!books.has(client)) books.set(client, new Names(client));
    return books.get(client);
  }

  /** Whether all there is to know of USERS is known. If not, it is asked for, and `names` is dispatched then. */
  has(users) {
    const due = users.filter(user => this.#isDue(user)).slice(0, MOST_ASKED);
    if (due.length) this.#ask(due);
    return users.every(user => this.#names.has(user) || (this.#asked.has(user) && !this.#asking.has(user)));
  }

  get(user) {
    return this.#names.get(user) ?? user;
  }

  /** Names may have changed. Not all pages ask at once. */
  #forgetSoon() {
    if (!this.#soon) this.#soon = setTimeout(() => this.#forget(), Math.random() * REFETCH_MS);
  }

  /** Who is shown is asked for again. */
  #forget() {
    this.#soon = null;
    this.#changes++;
    this.#asked.clear();
    this.#known.clear();
    this.#tell();
  }

  #retry(users) {
    setTimeout(() => {
      for (const user of users) this.#asked.delete(user);
      this.#tell();
    }, RETRY_MS);
    return [];
  }

  #tell() {
    this.dispatchEvent(new Event('names'));
  }

  #isDue(user) {
    const at = this.#asked.get(user);
    return at === undefined || (!this.#known.has(user) && performance.now() - at >= RETRY_MS);
  }

  async #ask(users) {
    const changes = this.#changes;
    for (const user of users) {
      this.#asked.set(user, performance.now());
      this.#asking.add(user);
    }
    const members = await this.#client.members(users).catch(() => this.#retry(users));
    const isLate = changes !== this.#changes; // these are perhaps the names from before
    for (const { user, name } of members) {
      if (this.#known.has(user)) continue;
      this.#names.set(user, name);
      if (!isLate) this.#known.add(user);
    }
    if (isLate) return this.#tell();
    for (const user of users) this.#asking.delete(user);
    this.#tell();
  }
}

/** Follows a place for an element: calls SHOW whenever there may be something else to show. */
class Follower {
  #end = [];
  client = null;
  people = []; // without the user themselves
  count = 0; // all, themselves included

  constructor(show) {
    this.show = show;
  }

  attach(client, place) {
    this.#end.splice(0).forEach(end => end());
    this.client = client;
    this.#take(client && place ? client.who(place) : []);
    if (client && place) this.#follow(client, place);
    this.show();
  }

  #follow(client, place) {
    const names = Names.of(client), life = new AbortController();
    const listen = ({ detail }) => {
      const set = detail.find(one => one.place === place);
      if (!set) return;
      this.#take(set.people, set.count);
      this.show();
    };
    client.addEventListener('places', listen);
    on(names, 'names', () => this.show(), life.signal);
    const unsee = client.see(place.replace(/^dm:.*/s, 'dm:*'));
    this.#end = [unsee, () => life.abort(), () => client.removeEventListener('places', listen)];
  }

  #take(people, count = people.length) {
    this.isIn = people.some(({ user }) => user === this.client?.user);
    this.people = people.filter(({ user }) => user !== this.client?.user);
    this.count = count;
  }

  /** Whether the names of USERS are known, or there is nobody to tell them. */
  knows(users) {
    return Names.of(this.client).has(users);
  }

  name(user) {
    return Names.of(this.client).get(user);
  }
}

// ---- who types ----

const LINE = `
:host { display: block; height: 1.5em; line-height: 1.5; overflow: hidden; font-size: .85em }
[part=line] { display: flex; min-width: 0; white-space: pre; opacity: 0 }
[part=line].shown { opacity: .8 }
bdi { min-width: 1em; max-width: 14em; overflow: hidden; text-overflow: ellipsis }
.text { flex: none }
[role=status] { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
@media (prefers-reduced-motion: no-preference) { [part=line] { transition: opacity .15s } }
`;

export class TypingView {
  #host;
  #follower = new Follower(() => this.#show());
  #line = create('div', 'line');
  #status = create('span', '');
  #shown = '';
  #isSaid = false; // in this burst
  #timers = {};

  constructor(host) {
    this.#host = host;
    const root = host.attachShadow({ mode: 'open' });
    host.dress(LINE);
    this.#status.role = 'status';
    this.#status.ariaLive = 'polite';
    this.#line.ariaHidden = 'true';
    root.append(this.#line, this.#status);
  }

  attach(client) {
    const dm = this.#host.getAttribute('dm');
    this.#clear();
    this.#follower.attach(client, dm && `dm:${dm}`);
  }

  changed() {
    this.attach(this.#follower.client);
  }

  get #typists() {
    return this.#follower.people.filter(({ doing }) => doing.includes('typing')).map(({ user }) => user);
  }

  /** What is said of those who type, with each name as MAKE makes it. */
  #parts(make) {
    const users = this.#typists, named = users.slice(0, NAMED);
    const names = named.map(user => make(this.#follower.name(user)));
    return word('typing')(names, users.length - named.length);
  }

  #show() {
    const users = this.#typists, { linger, burst } = this.#timers;
    if (users.length && !this.#follower.knows(users.slice(0, NAMED))) return;
    if (!users.length) {
      clearTimeout(burst);
      this.#timers.burst = 0;
      if (this.#shown) this.#timers.linger ||= setTimeout(() => this.#clear(), LINGER_MS);
      return;
    }
    clearTimeout(linger);
    this.#timers.linger = 0;
    if (!burst && !this.#isSaid) this.#timers.burst = setTimeout(() => this.#say(), BURST_MS);
    this.#draw();
  }

  #draw() {
    const text = this.#parts(isolated).join('');
    if (text === this.#shown) return;
    this.#shown = text;
    const parts = this.#parts(name => create('bdi', 'name', name));
    const content = parts.map(part => (typeof part === 'string' ? create('span', '', part) : part));
    content.forEach(part => part.localName === 'span' && (part.className = 'text'));
    this.#line.replaceChildren(...content);
    this.#line.className = 'shown';
  }

  #say() {
    this.#isSaid = true;
    this.#status.textContent = this.#shown;
  }

  #clear() {
    clearTimeout(this.#timers.burst);
    clearTimeout(this.#timers.linger);
    this.#timers = {};
    this.#shown = this.#line.className = this.#status.textContent = '';
    this.#line.replaceChildren();
    this.#isSaid = false;
  }
}

// ---- who is here ----

const FACES = `
:host { display: inline-flex; align-items: center; min-height: var(--rollcall-avatar, 2em); vertical-align: middle }
[part=list] { display: flex; align-items: center; gap: .25em }
[part=face] {
  display: grid; place-items: center; width: var(--rollcall-avatar, 2em); aspect-ratio: 1; border-radius: 50%;
  color: #fff; line-height: 1;
}
[part=face] span { font-size: .72em; font-weight: 600 }
[part=more] { font-size: .85em; opacity: .8 }
@media (forced-colors: active) { [part=face] { border: 1px solid } }
[hidden] { display: none }
`;

export class HereView {
  #host;
  #follower = new Follower(() => this.#show());
  #list = create('span', 'list');
  #leave = null;

  constructor(host) {
    this.#host = host;
    const root = host.attachShadow({ mode: 'open' });
    host.dress(FACES);
    this.#list.role = 'img';
    root.append(this.#list);
  }

  attach(client) {
    const place = this.#host.getAttribute('place');
    this.#follower.attach(client, place);
    this.#join(client, this.#host.hasAttribute('watch-only') ? null : place);
  }

  changed(name) {
    if (name === 'max') this.#show();
    else this.attach(this.#follower.client);
  }

  #join(client, place) {
    this.#leave?.();
    this.#leave = client && place ? client.at(place) : null;
  }

  #show() {
    const { people, count, isIn } = this.#follower;
    const max = Number(this.#host.getAttribute('max') || MOST), most = max >= 0 ? max : MOST;
    const shown = people.slice(0, most).map(({ user }) => user), more = count - (isIn ? 1 : 0) - shown.length;
    if (shown.length && !this.#follower.knows(shown)) return;
    const names = shown.map(user => this.#follower.name(user));
    const faces = shown.map((user, i) => {
      const face = create('span', 'face', create('span', '', initials(names[i])));
      face.style.background = hue(user);
      face.title = names[i];
      return face;
    });
    this.#list.replaceChildren(...faces, ...(more > 0 ? [create('span', 'more', word('hereMore')(more))] : []));
    this.#list.hidden = !shown.length && more <= 0;
    this.#list.ariaLabel = word('hereLabel')(names.map(isolated), Math.max(more, 0));
  }
}
