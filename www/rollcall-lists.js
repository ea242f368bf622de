// SPDX-License-Identifier: ISC
// How <rollcall-members> and <rollcall-dms> show people and conversations: only the rows on screen exist, so that
// thousands scroll like a few. rollcall.js fetches this file with the first list of a page. A list is one stop of the
// Tab key; within it arrows, Home, End, PageUp, PageDown and the first letters of a name move from row to row.
import { create } from './rollcall-create.js';
import { fold, readers, Row, word } from './rollcall-rows.js';

export { fold, hue, initials } from './rollcall-rows.js';

const CSS = `
:host {
  display: block; position: relative; box-sizing: border-box; overflow: auto; overflow-anchor: none;
  max-height: var(--rollcall-height, 24rem);
}
:host(:state(more):not(:focus-within)) { mask-image: linear-gradient(#000 calc(100% - 2.5em), #0004) }
:host(:focus-visible) { outline: 2px solid; outline-offset: -2px }
[part=heading] { padding: .75em .75em .25em; font-size: .85em; font-weight: 600; opacity: .75 }
[part=heading]::after { content: ' ' attr(data-count); font-weight: 400 }
[part=list] { position: relative }
[part=item] { position: absolute; inset-inline: 0; outline: none }
[part~=row] {
  display: grid; grid-template-columns: auto fit-content(65%) minmax(0, 1fr); align-items: center; column-gap: .75em;
  box-sizing: border-box; height: 100%; padding-inline: .75em; color: inherit; text-decoration: none; overflow: clip;
}
[part~=row]:has(> [part=note]:empty) { grid-template-columns: auto minmax(0, 1fr) }
[part~=link]:hover, [part~=current] { background: color-mix(in srgb, currentColor 8%, transparent) }
[part~=row]:focus-visible, [part=item]:focus-visible > [part~=row] { outline: 2px solid; outline-offset: -2px }
[part=name] {
  display: flex; grid-area: 1 / 2; justify-self: start; min-width: 0; max-width: 100%;
  line-height: 1.5; white-space: pre;
}
bdi { overflow: hidden; min-width: 1em; text-overflow: ellipsis }
[part=emoji] { flex: none; max-width: 4em; margin-inline-start: .4em }
[part=emoji]:empty { display: none }
[part=face] { display: grid; grid-area: 1 / 1; align-items: center }
[part=avatar] {
  display: grid; grid-area: 1 / 1; place-items: center; box-sizing: border-box; width: var(--rollcall-avatar, 2em);
  aspect-ratio: 1; border-radius: 50%; color: #fff; line-height: 1; --dot: calc(var(--rollcall-size, .65em) / 2);
  --hole: #0000 calc(var(--dot) + 1.5px), #000 calc(var(--dot) + 2px);
  mask-image: radial-gradient(circle at calc(100% - var(--dot)) calc(100% - var(--dot)), var(--hole));
}
:host(:dir(rtl)) [part=avatar] {
  mask-image: radial-gradient(circle at var(--dot) calc(100% - var(--dot)), var(--hole));
}
[part=avatar] span { font-size: .72em; font-weight: 600 }
[part=avatar][data-of] { border-radius: 28% }
[part=avatar] + [part=dot] { grid-area: 1 / 1; place-self: end }
[part=note] {
  grid-area: 1 / 3; justify-self: end; max-width: 100%; overflow: hidden; white-space: nowrap; text-overflow: ellipsis;
  font-size: .85em; opacity: .75; unicode-bidi: isolate;
}
[part=message] { margin: .75em; overflow-wrap: anywhere }
[part=message]:empty { margin: 0 }
[part=message] { outline: none }
[part=message].quiet { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%) }
[part=retry] { margin: 0 .75em .75em; font: inherit }
[hidden] { display: none }
@media (forced-colors: active) {
  [part=avatar] { border: 1px solid }
  [part~=current] { outline: 2px solid Highlight; outline-offset: -2px }
}
@media (forced-colors: active), (prefers-contrast: more) { :host(:state(more):not(:focus-within)) { mask-image: none } }
`;

const OVERSCAN = 4; // rows above and below the screen that exist already
const GROUPED = 250; // members, of whom those online come first; of more, only the rows on screen are followed
const REFETCH_MS = 1000; // within which a change of the roster is fetched, so that not all fetch it at once
const PATIENCE_MS = 500; // before a list that is still empty says so
const TYPING_MS = 700; // between letters that belong together
const COUNTING_MS = 400; // after the last letter of a filter, before screen readers say how many match
const SEEN_MS = 30000; // after which "last seen" is said again
const AGAIN_MS = [4000, 60000]; // at first, at most: until what could not be fetched is tried again

const { compare } = new Intl.Collator(undefined, { numeric: true });
const keyed = (what, members, dms) => (what === 'members' ? members : dms);

// ---- the list ----

export class ListView {
  #host;
  #what; // 'members' or 'dms'
  #internals;
  #client = null;
  #all = null; // as fetched; null: not yet
  #items = []; // those that the filter lets through, as they stand
  #places = new Map(); // id of an item -> its place among them
  #rows = new Map(); // id of an item -> its Row, if it is on screen or has the focus
  #online = new Map(); // user -> whether they were, when that was known last
  #unsee = null; // ends following who types
  #watching = []; // users of the rows, and null for everyone
  #visited = null; // id of the row that had the focus last
  #typed = { text: '', at: 0 };
  #error = null; // of the client, or of the latest fetch
  #fetches = 0; // the latest alone counts
  #failures = 0;
  #timers = {};
  #counted = '';
  #isPlanned = false;
  #message = create('p', 'message');
  #retry = create('button', 'retry');
  #sections = ['online', 'gone'].map(name => this.#section(name)); // or all in the first one
  #listeners = {
    refetch: ({ detail }) => detail.includes(this.#what) && this.#fetchSoon(Math.random() * REFETCH_MS),
    status: ({ detail }) => this.#own(detail),
    change: ({ detail }) => this.#changed(detail),
    places: ({ detail }) => this.#placesChanged(detail),
    error: ({ detail }) => this.#failed(detail),
  };

  constructor(host) {
    this.#host = host;
    this.#what = host.localName.replace('rollcall-', '');
    this.#internals = host.attachInternals();
    this.#internals.role = 'group';
    this.#internals.ariaLabel = word(this.#what);
    const root = host.attachShadow({ mode: 'open' });
    host.dress(CSS);
    root.append(this.#message, this.#retry, ...this.#sections.flatMap(({ heading, list }) => [heading, list]));
    this.#message.role = 'status';
    this.#message.tabIndex = -1; // for when the row with the focus is the last one to go
    this.#retry.type = 'button';
    this.#retry.addEventListener('click', () => this.#again());
    root.addEventListener('keydown', event => this.#onKey(event));
    root.addEventListener('focusin', () => this.#onFocus());
    host.addEventListener('scroll', () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(host);
  }

  #section(name) {
    const heading = create('div', 'heading');
    const list = create('div', 'list');
    Object.assign(heading, { role: 'heading', ariaLevel: '3', textContent: word(name) });
    list.role = 'list';
    return { name, heading, list, from: 0, count: 0 };
  }

  /** Shows what CLIENT knows; null for nothing. */
  attach(client) {
    for (const [type, listener] of Object.entries(this.#listeners)) {
      this.#client?.removeEventListener(type, listener);
      client?.addEventListener(type, listener);
    }
    this.#client?.unwatch(this.#watching);
    this.#watching = [];
    this.#unsee?.();
    this.#unsee = this.#what === 'dms' ? client?.see('dm:*') : null;
    this.#client = client;
    this.#all = this.#error = null;
    this.#fetches++;
    this.#online.clear();
    this.#message.replaceChildren();
    this.#retry.hidden = true;
    this.changed('href');
    this.changed('filter');
    this.#own(client ?? { state: 'closed' });
  }

  /** Shows what the attribute NAME of the element is now. */
  changed(name) {
    if (name === 'href') this.#rows.forEach(row => row.element.remove());
    if (name === 'href') this.#rows.clear(); // links are other elements
    if (name === 'filter') this.#host.scrollTop = 0;
    if (name === 'filter') this.#arrange();
    else this.#draw();
  }

  // ---- items ----

  /** Fetches once the client has joined: only then is it known who "you" are. */
  #own({ state }) {
    if (this.#all) return;
    if (state === 'live') this.#fetch();
    if (/retrying|stopped/.test(state)) this.#say();
    else this.#later('patience', PATIENCE_MS, () => this.#say());
  }

  #failed(error) {
    this.#error = error;
    if (!this.#all) this.#say();
  }

  #later(name, ms, work) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(work, ms);
  }

  #fetchSoon(ms) {
    this.#later('fetch', ms, () => this.#fetch());
  }

  async #fetch() {
    const fetch = ++this.#fetches;
    const client = this.#client;
    if (!client) return;
    const { all, error } = await client[this.#what]().then(
      all => ({ all }),
      error => ({ error }),
    );
    if (fetch !== this.#fetches) return;
    if (error) return this.#fetchLater(error);
    this.#error = null;
    this.#failures = 0;
    this.#take(all.map(one => readers[this.#what](one, client.user)));
  }

  /** Tries again by itself, unless the client has to come back first, or the user has to sign in. */
  #fetchLater(error) {
    const [first, most] = AGAIN_MS;
    this.#failed(error);
    if (this.#client.state !== 'live' || [401, 403].includes(error.status)) return;
    this.#fetchSoon(Math.min(first * 2 ** this.#failures++, most) * (1 + Math.random() / 2));
  }

  #again() {
    this.#client?.retry();
    this.#fetch();
  }

  /** Takes ITEMS in; those that are as they were stay the same objects, so that their rows are left alone. */
  #take(items) {
    const before = new Map(this.#all?.map(item => [item.id, item]));
    this.#all = items.map(item => {
      const known = before.get(item.id);
      const facts = JSON.stringify([item.names, item.users, item.note, item.seen]);
      return known?.facts === facts ? known : { ...item, facts, text: fold([...item.names, ...item.users].join('\n')) };
    });
    if (this.#what === 'members') this.#all.sort((a, b) => compare(a.names[0], b.names[0]) || compare(a.id, b.id));
    if (this.#isGrouped) for (const { id, status } of items) this.#learn(id, status);
    this.#arrange();
  }

  /** Users of unknown status stay where they are. */
  #learn(user, status) {
    const now = this.#client.getStatus(user);
    this.#online.set(user, (now === 'unknown' ? status : now) !== 'offline');
  }

  get #isGrouped() {
    return this.#what === 'members' && (this.#all?.length ?? 0) <= GROUPED;
  }

  #changed({ user, status }) {
    const isMoved = this.#online.has(user) && status !== 'unknown' && this.#online.get(user) !== (status !== 'offline');
    if (isMoved) this.#online.set(user, status !== 'offline');
    for (const [id, row] of this.#rows) if (this.#item(id)?.users.includes(user)) this.#tell(id, row);
    if (isMoved) this.#plan();
  }

  #placesChanged(sets) {
    if (this.#what !== 'dms') return;
    for (const [id, row] of this.#rows) if (sets.some(({ place }) => place === `dm:${id}`)) this.#tell(id, row);
  }

  /** Whether somebody else types in the conversation ID. */
  #isTyping(id) {
    if (this.#what !== 'dms' || !this.#client) return false;
    const { user } = this.#client;
    return this.#client.who(`dm:${id}`).some(one => one.user !== user && one.doing.includes('typing'));
  }

  /** Changes that arrive together move rows once. */
  #plan() {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      this.#arrange();
    });
  }

  // ---- laying out ----

  get #filter() {
    return (this.#host.getAttribute('filter') ?? '').trim();
  }

  #item(id) {
    return this.#items[this.#places.get(id)];
  }

  /** Works out which row is where. Keeps what is on screen in its place, and the focus. */
  #arrange() {
    const wanted = fold(this.#filter).split(/\s+/u);
    const found = (this.#all ?? []).filter(({ text }) => wanted.every(one => text.includes(one)));
    const gone = this.#isGrouped ? found.filter(({ id }) => !this.#online.get(id)) : [];
    const here = this.#isGrouped ? found.filter(({ id }) => this.#online.get(id)) : found;
    const held = this.#hold();
    this.#items = [...here, ...gone];
    this.#places = new Map(this.#items.map(({ id }, i) => [id, i]));
    this.#divide([here.length, gone.length]);
    this.#settle(held);
    this.#count(found.length);
    if (this.#all) this.#say();
  }

  #divide(counts) {
    let from = 0;
    for (const [i, section] of this.#sections.entries()) {
      const { heading, list, name } = section;
      Object.assign(section, { from, count: counts[i] });
      from += counts[i];
      heading.hidden = !this.#isGrouped || counts[i] === 0;
      list.hidden = counts[i] === 0;
      heading.dataset.count = counts[i].toLocaleString();
      list.ariaLabel = word(this.#isGrouped ? name : this.#what);
    }
  }

  get #height() {
    return parseFloat(getComputedStyle(this.#host).getPropertyValue('--rollcall-row')) || 40;
  }

  /** Where the rows on screen are, and which one has the focus. */
  #hold() {
    const focused = this.#focused;
    const { top, bottom } = this.#host.getBoundingClientRect();
    const tops = [...this.#rows].map(([id, { element }]) => [id, element.getBoundingClientRect().top]);
    return { focused, place: this.#places.get(focused), tops: tops.filter(([, y]) => y >= top && y < bottom) };
  }

  #settle({ focused, place, tops }) {
    const isLost = focused !== undefined && !this.#places.has(focused);
    if (isLost) this.#visited = (this.#items[place] ?? this.#items.at(-1))?.id ?? null;
    this.#draw();
    if (this.#host.scrollTop > 0) {
      const top = this.#host.getBoundingClientRect().top + this.#host.clientTop;
      const moved = tops
        .filter(([id]) => this.#places.has(id))
        .map(([id, y]) => top + this.#top(this.#places.get(id)) - this.#host.scrollTop - y)
        .sort((a, b) => a - b);
      this.#host.scrollTop += moved[moved.length >> 1] ?? 0; // as most of them moved
      this.#draw();
    }
    if (focused === undefined) return;
    if (this.#items.length === 0) this.#message.focus();
    else if (this.#focused !== this.#active) this.#rows.get(this.#active).focusable.focus({ preventScroll: !isLost });
  }

  /** How far the row at PLACE is below the top of all there is to scroll. */
  #top(place) {
    const { list, from } = this.#sections.findLast(section => place >= section.from && section.count > 0);
    const above = list.getBoundingClientRect().top - this.#host.getBoundingClientRect().top;
    return above + this.#host.scrollTop - this.#host.clientTop + (place - from) * this.#height;
  }

  /** The id of the row that Tab goes to. */
  get #active() {
    return this.#places.has(this.#visited) ? this.#visited : this.#items[0]?.id;
  }

  #draw() {
    const height = this.#height;
    const keep = new Set();
    for (const { list, count } of this.#sections) list.style.height = `${count * height}px`;
    for (const { list, from, count } of this.#sections) {
      if (count === 0) continue;
      const passed = this.#host.scrollTop - this.#top(from);
      const first = Math.max(0, Math.floor(passed / height) - OVERSCAN);
      const end = Math.min(count, Math.ceil((passed + this.#host.clientHeight) / height) + OVERSCAN);
      const places = [];
      for (let i = first; i < end; i++) places.push(i);
      const active = this.#places.get(this.#active) - from; // Tab has to find it
      if (active >= 0 && active < first) places.unshift(active);
      if (active < count && active >= Math.max(end, 0)) places.push(active);
      this.#put(list, places, from, count, height);
      for (const i of places) keep.add(this.#items[from + i].id);
    }
    for (const [id, { element }] of this.#rows) {
      if (keep.has(id)) continue;
      element.remove();
      this.#rows.delete(id);
    }
    this.#watch();
    const { scrollTop, scrollHeight, clientHeight } = this.#host;
    this.#internals.states?.[scrollHeight - scrollTop - clientHeight > 2 ? 'add' : 'delete']('more');
  }

  /** Puts the rows at PLACES into LIST, in order, so that screen readers say them in order. */
  #put(list, places, from, count, height) {
    const href = this.#host.getAttribute('href');
    const current = this.#host.getAttribute('current');
    let next = null;
    for (const i of places.reverse()) {
      const item = this.#items[from + i];
      const row = this.#rows.get(item.id) ?? new Row(Boolean(href));
      row.fill(item, href?.replace('{id}', encodeURIComponent(item.id)), String(item.id) === current);
      row.place(i * height, height, i + 1, count);
      row.focusable.tabIndex = item.id === this.#active ? 0 : -1;
      if (row.element.parentNode !== list || (next && row.element.nextSibling !== next))
        list.insertBefore(row.element, next);
      next = row.element;
      this.#rows.set(item.id, row);
      this.#tell(item.id, row);
    }
  }

  #tell(id, row) {
    const { users, seen } = this.#item(id);
    const unknown = { status: 'unknown', since: null };
    const people = users.map(user => ({ ...(this.#client?.getPresence(user) ?? unknown), user }));
    const now = this.#client?.now ?? Date.now();
    const told = people.map(one => ({ ...one, seen: Math.max(one.since ?? 0, seen[one.user] ?? 0), now }));
    row.tell(told, this.#isTyping(id));
    if (people.length === 1 && people[0].status === 'offline') this.#keepUp();
  }

  /** Says again, after a while, how long ago people were here. */
  #keepUp() {
    if (this.#timers.seen) return;
    this.#timers.seen = setTimeout(() => {
      this.#timers.seen = 0;
      for (const [id, row] of this.#rows) this.#tell(id, row);
    }, SEEN_MS);
  }

  #watch() {
    const users = [...this.#rows.keys()].flatMap(id => this.#item(id).users);
    const all = this.#isGrouped ? [null, ...users] : users;
    this.#client?.watch(all);
    this.#client?.unwatch(this.#watching);
    this.#watching = all;
  }

  // ---- what is said in place of rows, and of them ----

  #count(shown) {
    if (!this.#all) return;
    const of = this.#all.length;
    const counted = `${shown} ${of} ${this.#filter}`;
    if (counted === this.#counted) return;
    this.#counted = counted;
    this.#host.dispatchEvent(new CustomEvent('count', { detail: { shown, of } }));
  }

  /** Says why there are no rows or, to screen readers, how many match the filter. */
  #say() {
    clearTimeout(this.#timers.patience);
    clearTimeout(this.#timers.counting);
    const filter = this.#filter;
    const isQuiet = this.#items.length > 0;
    const canRetry = !this.#all && Boolean(this.#error || /retrying|stopped/.test(this.#client?.state ?? ''));
    this.#retry.hidden = !canRetry;
    this.#retry.textContent = word('retry');
    if (this.#message.classList.contains('quiet') !== isQuiet) this.#message.replaceChildren();
    this.#message.classList.toggle('quiet', isQuiet);
    if (isQuiet && filter)
      this.#later('counting', COUNTING_MS, () => this.#write(word('shown')(this.#items.length, this.#all.length)));
    else if (isQuiet) this.#write();
    else if (this.#all?.length) this.#writeNoMatch(filter);
    else this.#write(word(this.#all ? 'empty' : this.#reason()));
  }

  #reason() {
    const { state = 'closed', error = null } = this.#client ?? {};
    const { kind, code } = this.#error ?? error ?? { kind: state === 'retrying' ? 'server' : '' };
    const signIn = keyed(this.#what, 'signInMembers', 'signInDms');
    if (state === 'closed' || kind === 'sign-in' || (state === 'stopped' && !kind)) return signIn;
    if (kind === 'refused') return code === 'not_a_member' ? 'notMember' : signIn;
    return { network: 'network', server: 'failed' }[kind] ?? 'loading';
  }

  #writeNoMatch(filter) {
    const [before, after] = word(keyed(this.#what, 'noMember', 'noDm'))('\0').split('\0');
    this.#write(before, create('bdi', '', filter), after);
  }

  #write(...content) {
    const text = content.map(one => one.textContent ?? one).join('');
    if (this.#message.textContent !== text) this.#message.replaceChildren(...content);
  }

  // ---- keys ----

  /** The id of the row that has the focus. */
  get #focused() {
    const element = this.#host.shadowRoot.activeElement;
    return element ? [...this.#rows].find(([, row]) => row.focusable === element)?.[0] : undefined;
  }

  /** Gives the focus to the row that Tab would go to; false if there are none. */
  focus(options) {
    const row = this.#rows.get(this.#active);
    row?.focusable.focus(options);
    return Boolean(row);
  }

  #onFocus() {
    const focused = this.#focused;
    if (focused === undefined) return;
    this.#visited = focused;
    for (const [id, row] of this.#rows) row.focusable.tabIndex = id === focused ? 0 : -1;
  }

  #onKey(event) {
    const focused = this.#focused;
    if (focused === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = this.#places.get(focused);
    const page = Math.max(1, Math.floor(this.#host.clientHeight / this.#height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const to = event.key in steps ? at + steps[event.key] : this.#find(event.key, at);
    if (to === undefined) return;
    event.preventDefault();
    this.#go(Math.min(Math.max(to, 0), this.#items.length - 1));
  }

  /** The place of the next row whose name begins with what was typed, the letter KEY being the last of it. */
  #find(key, at) {
    const now = Date.now();
    const isGoingOn = now - this.#typed.at < TYPING_MS && this.#typed.text !== '';
    if ([...key].length !== 1 || (key === ' ' && !isGoingOn)) return undefined;
    this.#typed = { text: (isGoingOn ? this.#typed.text : '') + key, at: now };
    const text = fold(this.#typed.text);
    const isRepeated = [...text].every(c => c === text[0]); // the same letter again goes from one to the next
    const begin = at + (isRepeated ? 1 : 0);
    const order = [...this.#items.slice(begin), ...this.#items.slice(0, begin)];
    const found =
      order.find(item => item.text.startsWith(text)) ??
      (isRepeated && order.find(item => item.text.startsWith(text[0])));
    return found ? this.#places.get(found.id) : at;
  }

  /** Moves the focus to the row at PLACE. */
  #go(place) {
    const { clientHeight } = this.#host;
    this.#visited = this.#items[place].id;
    const top = this.#top(place);
    const first = this.#sections.some(({ from }) => from === place) ? this.#height : 0; // with the heading
    if (top - first < this.#host.scrollTop) this.#host.scrollTop = place ? top - first : 0;
    if (top + this.#height > this.#host.scrollTop + clientHeight)
      this.#host.scrollTop = top + this.#height - clientHeight;
    this.#draw();
    this.#rows.get(this.#visited).focusable.focus({ preventScroll: true });
  }
}
