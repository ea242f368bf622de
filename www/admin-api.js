// SPDX-License-Identifier: ISC
// What the administrators' page asks of Rollcall. Errors say in a sentence what is wrong, for people.

const SECONDS = 20; // for an answer
const WAIT = 25; // for a change; the server's own `wait` may be less
const REST_MS = [1000, 2000, 5000, 10000];

export class Refusal extends Error {
  status = 0; // 0: there was no answer
  code = '';
  retryAfter = 0; // seconds
}

/** A sentence that ends with a full stop. */
const sentence = text => (/[.!?]$/.test(text) ? text : `${text}.`);

function refusal(message, more = {}) {
  return Object.assign(new Refusal(sentence(message)), more);
}

async function refused(response) {
  const { detail, title, code } = (await response.json().catch(() => null)) ?? {};
  const said = detail ?? title ?? `The web server answered ${response.status} ${response.statusText}`;
  return refusal(said, { status: response.status, code, retryAfter: Number(response.headers.get('Retry-After')) });
}

export class Api {
  #url;
  #token;

  /** Rollcall at URL, a path of this site, or an address there. */
  constructor(url, token) {
    this.#url = url.replace(/\/+$/, '');
    this.#token = token;
  }

  /**
   * The answer to METHOD at PATH below /v1; null for an answer without a body.
   * @param {string} method
   * @param {string} path
   * @param {{ body?: object, text?: string, signal?: AbortSignal, seconds?: number }} [options] text: lines of JSON
   */
  async ask(method, path, { body, text, signal, seconds = SECONDS } = {}) {
    const type = text !== undefined ? 'application/x-ndjson' : body && 'application/json';
    const response = await this.#send(method, `/v1${path}`, seconds, signal, {
      body: text ?? (body && JSON.stringify(body)),
      headers: { Authorization: `Bearer ${this.#token}`, ...(type && { 'Content-Type': type }) },
    });
    if (!response.ok) throw await refused(response);
    const answer = await response.text();
    try {
      return answer ? JSON.parse(answer) : null;
    } catch {
      throw refusal(`What answers at ${this.#url} is not Rollcall; check the address`);
    }
  }

  /** What is at PATH for everyone who may read it, whatever the status: { status, text }. */
  async read(path, signal) {
    const response = await this.#send('GET', path, SECONDS, signal, {});
    return { status: response.status, text: await response.text() };
  }

  async #send(method, path, seconds, signal, options) {
    const limit = AbortSignal.timeout(seconds * 1000);
    const either = signal ? AbortSignal.any([signal, limit]) : limit;
    try {
      const more = { method, signal: either, cache: 'no-store', credentials: 'omit', redirect: 'error' };
      return await fetch(this.#url + path, { ...more, ...options });
    } catch {
      signal?.throwIfAborted();
      throw refusal(`Rollcall does not answer at ${this.#url}; check the address, and that the web server runs`);
    }
  }

  /** All pages of what PATH lists as NAME, at most MOST of them; without NAME, the pages themselves. */
  async list(path, name, signal, most = Infinity) {
    const all = [];
    for (let after = ''; after != null && all.length < most;) {
      const joined = path.includes('?') ? '&' : '?';
      const page = await this.ask('GET', `${path}${joined}limit=1000${after && `&after=${after}`}`, { signal });
      all.push(...(name ? page[name] : [page]));
      after = page.next == null ? null : encodeURIComponent(page.next);
    }
    return all;
  }
}

/** The path of WORKSPACE, and of what is below it. */
export const workspacePath = (workspace, rest = '') => `/admin/workspaces/${encodeURIComponent(workspace)}${rest}`;

/** Resolves after MS, or when SIGNAL aborts. Leaves no listener at SIGNAL, as pages are open for days. */
const pause = (ms, signal) => new Promise(done => {
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    done();
  };
  const timer = setTimeout(end, signal.aborted ? 0 : ms);
  signal.addEventListener('abort', end);
});

/** Asking again does not mend ERROR. */
export const isFinal = error => [401, 403, 404].includes(error.status);

/** A function after which FN is called: now, or once MS have passed since FN last ended; until SIGNAL aborts. */
export function paced(ms, signal, fn) {
  let isWanted = false, isBusy = false;
  return async () => {
    isWanted = true;
    if (isBusy) return;
    for (isBusy = true; isWanted && !signal.aborted; await pause(ms, signal)) {
      isWanted = false;
      await fn();
    }
    isBusy = false;
  };
}

/**
 * Who is here in a workspace, live: a Map `people` of user -> what is told of them. Dispatches `all` when everybody
 * may have changed, `one` with a user's id, `members` when the list of members has changed, and `state` with 'live' or
 * the error that it rests for.
 */
export class Presence extends EventTarget {
  people = new Map();
  isKnown = false; // people have been read
  #api;
  #path;
  #cursor = '';

  constructor(api, workspace) {
    super();
    this.#api = api;
    this.#path = workspacePath(workspace);
  }

  /** Follows until SIGNAL aborts; throws only what asking again does not mend. */
  async follow(signal) {
    for (let failures = 0; !signal.aborted;) {
      try {
        await (this.#cursor ? this.#poll(signal) : this.#read(signal));
        if (failures || !this.isLive) this.#tell('state', 'live');
        this.isLive = true;
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (isFinal(error)) throw error;
        this.isLive = false;
        this.#tell('state', error);
        await pause((error.retryAfter ?? 0) * 1000 || REST_MS[Math.min(failures++, REST_MS.length - 1)], signal);
      }
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /* Everybody of whom something is known. The first page's cursor is the oldest: nothing is missed. */
  async #read(signal) {
    const people = new Map();
    let cursor = '';
    for (let after = ''; after != null;) {
      const page = await this.#api.ask('GET', `${this.#path}/status?limit=1000${after}`, { signal });
      cursor ||= page.cursor;
      for (const one of page.users) people.set(one.user, one);
      after = page.next == null ? null : `&after=${encodeURIComponent(page.next)}`;
    }
    this.people = people;
    this.isKnown = true;
    this.#cursor = cursor;
    this.#tell('all');
  }

  async #poll(signal) {
    const path = `${this.#path}/stream?since=${encodeURIComponent(this.#cursor)}&wait=${WAIT}`;
    const { cursor, resync, changes, refetch = [] } = await this.#api.ask('GET', path, { signal, seconds: WAIT + 10 });
    this.#cursor = resync ? '' : cursor;
    if (resync) return;
    for (const { why, ...one } of changes) {
      if (why === 'removed') this.people.delete(one.user);
      else this.people.set(one.user, one);
      this.#tell('one', one.user);
    }
    if (refetch.includes('members')) this.#tell('members');
  }
}

/** Calls FN now and every MS while the page is in view, until SIGNAL aborts. */
export async function every(ms, signal, fn) {
  while (!signal.aborted) {
    if (!document.hidden) await fn();
    else await new Promise(done => document.addEventListener('visibilitychange', done, { signal, once: true }));
    await pause(ms, signal);
  }
}
