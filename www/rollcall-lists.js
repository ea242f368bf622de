// SPDX-License-Identifier: ISC
// How <rollcall-members> and <rollcall-dms> show people and conversations: only the rows on screen exist, and only their
// people are watched, so that thousands scroll like a few. rollcall.js fetches this file with the first list of a page.
import { Rollcall } from './rollcall.js';

const words = {
  you: 'you',
  members: 'Members',
  dms: 'Direct messages',
  empty: 'Nothing here yet',
  failed: 'Cannot be shown right now',
  here: (count, of) => `${count} of ${of} here`,
};

const CSS = `
:host { display: block; overflow: auto; max-height: var(--rollcall-height, 24rem) }
:host(:focus-visible) { outline: 2px solid; outline-offset: -2px }
[part=list] { position: relative }
[part=item] { position: absolute; inset-inline: 0 }
[part=row] {
  display: flex; align-items: center; gap: .75em; box-sizing: border-box; height: 100%; padding-inline: .75em;
  color: inherit; text-decoration: none; overflow: clip;
}
[part=row]:focus-visible { outline: 2px solid; outline-offset: -2px }
[part=name] { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; line-height: 1.5; unicode-bidi: isolate }
[part=note] { margin-inline-start: auto; white-space: nowrap; font-size: .85em; opacity: .75 }
[part=message] { margin: .75em }
[part=message]:empty { display: none }
`;

const OVERSCAN = 4; // rows above and below the screen that exist already
const REFETCH_MS = 1000; // within which a change of the roster is fetched, so that not all fetch it at once

const { compare } = new Intl.Collator();
const word = name => Rollcall.labels[name] ?? words[name];

function create(tag, part, ...content) {
  const element = document.createElement(tag);
  if (part) element.setAttribute('part', part);
  element.append(...content);
  return element;
}

/* What a row shows of a member, and of a conversation. Names are isolated from each other: each is a <bdi>. */
const readers = {
  members: ({ user, name, role }, me) => ({
    id: user,
    users: [user],
    names: [name],
    note: user === me ? word('you') : role === 'member' ? '' : role,
  }),
  dms({ id, name, participants }, me) {
    const others = participants.filter(({ user }) => user !== me);
    return {
      id,
      users: others.map(({ user }) => user),
      names: name ? [name] : others.map(other => other.name),
      note: '',
    };
  },
};

export class ListView {
  #host;
  #what; // 'members' or 'dms'
  #client = null;
  #all = null; // as fetched; null: not yet
  #items = []; // those that the filter lets through
  #rows = new Map(); // index of an item -> its element
  #watching = []; // users of the rows
  #fetches = 0; // the latest alone counts
  #list = create('div', 'list');
  #message = create('p', 'message');
  #listeners = {
    refetch: ({ detail }) => detail.includes(this.#what) && setTimeout(() => this.#fetch(), Math.random() * REFETCH_MS),
    status: ({ detail }) => this.#own(detail),
    change: ({ detail }) => this.#changed(detail.user),
  };

  constructor(host) {
    this.#host = host;
    this.#what = host.localName.replace('rollcall-', '');
    const root = host.attachShadow({ mode: 'open' });
    host.dress(CSS);
    root.append(this.#message, this.#list);
    this.#message.role = 'status';
    this.#list.role = 'list';
    this.#list.ariaLabel = word(this.#what);
    if (!host.hasAttribute('tabindex')) host.tabIndex = 0; // or no key scrolls it
    host.addEventListener('scroll', () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(host);
  }

  /** Shows what CLIENT knows; null for nothing. */
  attach(client) {
    for (const [type, listener] of Object.entries(this.#listeners)) {
      this.#client?.removeEventListener(type, listener);
      client?.addEventListener(type, listener);
    }
    this.#client?.unwatch(this.#watching);
    this.#watching = [];
    this.#client = client;
    this.#all = null;
    this.fill();
    if (client) this.#own(client);
  }

  /** Fetches once the client has joined: only then is it known who "you" are. */
  #own({ state }) {
    if (this.#all) return;
    if (state === 'live') this.#fetch();
    else if (state !== 'starting') this.#say('failed');
  }

  async #fetch() {
    const fetch = ++this.#fetches;
    const client = this.#client;
    if (!client) return;
    const all = await client[this.#what]().catch(() => null);
    if (fetch !== this.#fetches) return;
    this.#say(!all && !this.#all ? 'failed' : all?.length === 0 ? 'empty' : '');
    if (!all) return;
    this.#all = all.map(one => readers[this.#what](one, client.user));
    if (this.#what === 'members') this.#all.sort((a, b) => compare(a.names[0], b.names[0]) || compare(a.id, b.id));
    this.fill();
  }

  #say(what) {
    this.#message.textContent = what && word(what);
  }

  /** Lays the list out anew. */
  fill() {
    const text = (this.#host.getAttribute('filter') ?? '').trim().toLowerCase();
    this.#items = (this.#all ?? []).filter(({ names, users }) =>
      [...names, ...users].join('\n').toLowerCase().includes(text),
    );
    this.#rows.clear();
    this.#list.replaceChildren();
    this.#draw();
  }

  #draw() {
    const height = parseFloat(getComputedStyle(this.#host).getPropertyValue('--rollcall-row')) || 40;
    const { scrollTop, clientHeight } = this.#host;
    const first = Math.max(0, Math.floor(scrollTop / height) - OVERSCAN);
    const end = Math.min(this.#items.length, Math.ceil((scrollTop + clientHeight) / height) + OVERSCAN);
    this.#list.style.height = `${this.#items.length * height}px`;
    for (const [i, row] of this.#rows) {
      if (i >= first && i < end) continue;
      row.remove();
      this.#rows.delete(i);
    }
    for (let i = end - 1; i >= first; i--) if (!this.#rows.has(i)) this.#add(i, height);
    this.#watch();
  }

  /** Puts row I before the one that follows it, so that readers hear the rows in order. */
  #add(i, height) {
    const row = this.#row(this.#items[i]);
    row.ariaSetSize = this.#items.length;
    row.ariaPosInSet = i + 1;
    row.style.top = `${i * height}px`;
    row.style.height = `${height}px`;
    this.#list.insertBefore(row, this.#rows.get(i + 1) ?? null);
    this.#rows.set(i, row);
    this.#count(i);
  }

  #row({ id, users, names, note }) {
    const href = this.#host.getAttribute('href');
    const dot = create('rollcall-dot', 'dot');
    if (users.length === 1) dot.setAttribute('user', users[0]);
    const isolated = names.flatMap((name, i) => [i ? ', ' : '', create('bdi', '', name)]);
    const row = create(
      href ? 'a' : 'div',
      'row',
      dot,
      create('span', 'name', ...isolated),
      create('span', 'note', note),
    );
    if (href) row.href = href.replace('{id}', encodeURIComponent(id));
    const item = create('div', 'item', row);
    item.role = 'listitem';
    return item;
  }

  #watch() {
    const users = [...this.#rows.keys()].flatMap(i => this.#items[i].users);
    this.#client?.watch(users);
    this.#client?.unwatch(this.#watching);
    this.#watching = users;
  }

  #changed(user) {
    for (const i of this.#rows.keys()) if (this.#items[i].users.includes(user)) this.#count(i);
  }

  /** Of a conversation of several: how many are here, and a dot for the one who is here most. */
  #count(i) {
    const { users } = this.#items[i];
    if (users.length < 2) return;
    const statuses = users.map(user => this.#client.getStatus(user));
    const row = this.#rows.get(i);
    const here = statuses.filter(status => status === 'active').length;
    const best = ['active', 'away', 'unknown', 'offline'].find(status => statuses.includes(status));
    row.querySelector('[part=note]').textContent = best === 'unknown' ? '' : word('here')(here, users.length);
    row.querySelector('[part=dot]').setAttribute('status', best);
  }
}
