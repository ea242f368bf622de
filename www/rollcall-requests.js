// SPDX-License-Identifier: ISC
// The client's requests, and the token they bear. Rejections are Errors as in rollcall.d.ts.
import { on } from './rollcall-util.js';

const fault = (message, code, status = 0, more = {}) => Object.assign(new Error(message),
  { code, status, kind: { 0: 'network', 401: 'sign-in', 403: 'refused' }[status] ?? 'server', ...more });
const noToken = why => fault(`No token: ${why}`, 'no_token', 0, { kind: 'sign-in' });

/** The error for RESPONSE (null: none), with ANSWER as its JSON, if it is not a good answer. */
function refusal(response, answer) {
  const status = response?.status ?? 0;
  const [text, name] = status
    ? [`Not an answer of Rollcall (${status})`, 'bad_answer']
    : ['The server does not answer', 'unreachable'];
  const { detail = text, code = name } = answer ?? {};
  return fault(detail, code, status, { retryAfter: Math.min(Number(response?.headers.get('Retry-After')) || 0, 300) });
}

/** What the function TOKEN returns. */
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

export class Requests {
  #options;
  #token; // as given
  #bearer; // the text in use; undefined: to be asked for
  #asking;

  /** OPTIONS as of Rollcall, with an absolute url. */
  constructor(options) {
    this.#options = options;
    this.#token = options.token;
  }

  set token(token) {
    this.#token = token;
    this.#bearer = undefined;
    this.#asking = null;
  }

  get token() { return this.#token; }
  get isAuthorized() { return this.#bearer !== undefined; }

  /** Identifies the token's user: tabs with the same result share one session. */
  get identity() {
    try {
      return JSON.parse(atob(this.#bearer.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))).sub;
    } catch {
      return [...this.#bearer ?? ''].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) | 0, 7);
    }
  }

  /** Gets the token, from the function if it is one; once for all that ask at the same time. */
  authorize() {
    const token = this.#token;
    const ask = async () => {
      const given = bearer(typeof token === 'function' ? await called(token) : token || null);
      if (token === this.#token) this.#bearer = given;
    };
    return this.#asking ??= ask().finally(() => { if (token === this.#token) this.#asking = null; });
  }

  /** Asks the workspace for WHAT, with BODY by POST or by a method. If its token is refused, it gets another, once. */
  async ask(what, body = null, options = {}, once = typeof this.#token !== 'function' || options.keepalive) {
    if (!this.isAuthorized) await this.authorize();
    const used = this.#bearer;
    try {
      return await this.#send(what, body, options);
    } catch (error) {
      if (once || error.status !== 401) throw error;
      if (this.#bearer === used) this.#bearer = undefined;
      return this.ask(what, body, options, true);
    }
  }

  /** All pages of WHAT, or what there is of USERS. */
  async list(what, users = []) {
    const all = [], some = users.map(user => `&user=${encodeURIComponent(user)}`).join('');
    for (let next = ''; next != null;) {
      const page = await this.ask(`${what}?limit=1000${some}${next && `&after=${encodeURIComponent(next)}`}`);
      all.push(...page[what]);
      ({ next } = page);
    }
    return all;
  }

  async #send(what, body, { signal = null, seconds = 20, keepalive = false, key = '', accept = '', method = '' }) {
    const { url, workspace, credentials } = this.#options, limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), seconds * 1000);
    signal?.throwIfAborted();
    if (signal) on(signal, 'abort', () => limit.abort());
    try {
      const response = await fetch(`${url}/v1/workspaces/${encodeURIComponent(workspace)}/${what}`, {
        method: method || (body ? 'POST' : 'GET'), body: body && JSON.stringify(body), signal: limit.signal, keepalive,
        credentials,
        headers: {
          ...body && { 'Content-Type': 'application/json' },
          ...this.#bearer && { Authorization: `Bearer ${this.#bearer}` },
          ...key && { 'Idempotency-Key': `"${key}"` },
          ...accept && { Accept: accept },
        },
        cache: 'no-store', redirect: 'error',
      }).catch(() => null);
      if (accept && response?.headers.get('Content-Type')?.startsWith(accept)) return response;
      const answer = await response?.json().catch(() => null);
      signal?.throwIfAborted();
      if (response?.ok && (answer?.cursor || answer?.id || answer?.layers || response.status === 204)) return answer;
      throw refusal(response, answer);
    } finally {
      clearTimeout(timer);
    }
  }
}
