// SPDX-License-Identifier: ISC
// Places: the leading tab says where the tabs of a browser are, and each tab tells its listeners who else is there.
// rollcall.js fetches this file once a tab is at a place or follows one.

/* A place that is not known to the server, or not to this user, would end the poll. */
const isPlace = place => /^[^\p{Cc}\p{Cs}]+$/u.test(place) && new Blob([place]).size <= 128;
const asked = place => (place.startsWith('dm:') ? 'dm:*' : place);

const MOST = 20; // that a poll may ask for
const FOR_S = 150; // a hidden page is called once a minute
const RENEW_MS = 45000;
const SURE_MS = 3000; // the goodbye of the tab that led before may have come later than what is said first
const GRACE_MS = 1000; // for a tab that is loaded again
const RETRY_MS = 5000;
const FRESH_MS = 10000; // a refusal, for tabs that have only now loaded this

export class Places {
  #client;
  #session;
  #asked = []; // by the latest poll
  #said = new Map(); // name of what a tab wants, "at:viewing:ticket:42" -> { n, due, goneAt, isFull }
  #told = {}; // place -> what listeners were told of it
  #toldRefused = {}; // as refused of what all tabs know

  /** CLIENT is made by #pollClient() of rollcall.js. */
  constructor(client) {
    this.#client = client;
  }

  /** Whether the latest poll did not ask for all that tabs follow. */
  get isLacking() {
    return this.#seen.some(place => !this.#asked.includes(place));
  }

  /** What a poll is to say. */
  ask() {
    this.#asked = this.#seen;
    return this.#asked.length ? { places: [...this.#asked] } : {};
  }

  /** What is known of the places that were asked for, with ANSWER; with FULL, by that alone. */
  take({ places = [] }, full) {
    const known = full ? [] : Object.values(this.#client.shared.places);
    const all = Object.fromEntries([...known, ...places].map(one => [one.place, one]));
    for (const { place, count } of Object.values(all))
      if (!count || !this.#asked.includes(asked(place))) delete all[place];
    return { places: all };
  }

  /** The places that tabs follow. */
  get #seen() {
    const seen = this.#client.wanted.filter(name => name.startsWith('see:')).map(name => asked(name.slice(4)));
    return [...new Set(seen)].filter(isPlace).slice(-MOST);
  }

  /** To be called often. */
  look() {
    const { leads, shared, wanted } = this.#client;
    this.#tell(shared.state === 'live' ? shared.places : {});
    this.#tellRefused(shared.refused ?? {});
    if (!leads || shared.session !== this.#session) this.#said.clear();
    const isNew = this.#session && shared.session !== this.#session;
    if (leads && isNew && shared.refused) this.#client.share({ refused: null });
    this.#session = shared.session;
    if (leads && shared.joined) this.#say(new Set(wanted.filter(name => name.startsWith('at:'))), Date.now());
  }

  /** Tells listeners which places have changed. */
  #tell(places) {
    const before = this.#told, all = Object.keys({ ...before, ...places });
    const changed = all.filter(place => JSON.stringify(before[place]) !== JSON.stringify(places[place]));
    const sets = changed.map(place => places[place] ?? { place, people: [], count: 0 });
    this.#told = places;
    if (sets.length) this.#client.dispatch('places', sets);
  }

  /** Tells listeners once of what the server has refused: REFUSED, name -> { at, error }. */
  #tellRefused(refused) {
    const before = this.#toldRefused;
    this.#toldRefused = refused;
    for (const [name, { at, error }] of Object.entries(refused))
      if (at !== before[name]?.at && Date.now() - at < FRESH_MS) this.#client.dispatch('refused', error);
  }

  /** Says what is due: where the tabs are, by the names in WANTED, and where they are no more. */
  #say(wanted, now) {
    for (const name of wanted) {
      const said = this.#said.get(name) ?? { n: 0, due: 0, goneAt: 0 };
      const isFirst = !this.#said.has(name);
      this.#said.set(name, said);
      said.goneAt = 0;
      if (now >= said.due) this.#enter(name, said, isFirst);
    }
    for (const [name, said] of this.#said) {
      if (wanted.has(name)) continue;
      said.goneAt ||= now;
      if (now - said.goneAt >= GRACE_MS) this.#end(name, said);
    }
    for (const name of Object.keys(this.#client.shared.refused ?? {})) if (!this.#said.has(name)) this.#accept(name);
  }

  async #enter(name, said, isFirst) {
    const [, doing, place] = name.match(/^at:(.*?):(.*)/s), { session } = this.#client.shared;
    said.due = Date.now() + (isFirst ? SURE_MS : RENEW_MS);
    said.n = Math.max(said.n + 1, Date.now());
    const { n } = said, what = `place?place=${encodeURIComponent(place)}`;
    said.isFull = false;
    try {
      await this.#client.ask(what, { session, doing, for: FOR_S, n }, { method: 'PUT' });
      this.#accept(name);
    } catch ({ kind, code, status, message }) {
      if (![400, 403, 404, 409].includes(status)) said.due = Date.now() + RETRY_MS;
      else this.#refuse(name, said, { place, doing, kind, code, status, message });
    }
  }

  #accept(name) {
    const { [name]: was, ...refused } = this.#client.shared.refused ?? {};
    if (was) this.#client.share({ refused });
  }

  /** The server says ERROR. Only a name stays wrong; being at too many places ends with another place. */
  #refuse(name, said, error) {
    const refused = this.#client.shared.refused ?? {};
    said.due = error.status === 400 ? Infinity : Date.now() + RENEW_MS;
    said.isFull = error.status === 409;
    if (!this.#said.has(name) || refused[name]?.error.code === error.code) return;
    this.#client.share({ refused: { ...refused, [name]: { at: Date.now(), error } } });
    this.#tellRefused(this.#client.shared.refused);
  }

  async #end(name, said) {
    const [, doing, place] = name.match(/^at:(.*?):(.*)/s), { session } = this.#client.shared;
    this.#said.delete(name);
    const query = new URLSearchParams({ place, session, doing, n: String(Math.max(said.n + 1, Date.now())) });
    await this.#client.ask(`place?${query}`, null, { method: 'DELETE' }).catch(() => {}); // it ends by itself
    this.#accept(name);
    for (const one of this.#said.values()) if (one.isFull) one.due = 0;
  }
}
