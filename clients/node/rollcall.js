// SPDX-License-Identifier: ISC
/**
 * Rollcall for applications in Node 18 and later: sign users in, manage workspaces and members, verify webhooks.
 *
 *     import { readFileSync } from 'node:fs';
 *     import { Rollcall } from 'rollcall-client';
 *
 *     const rollcall = new Rollcall('https://www.example.org/presence', {
 *       token: process.env.ROLLCALL_TOKEN, // an administrator's
 *       key: readFileSync('/etc/rollcall/jwt.key', 'utf8'), // for sign()
 *     });
 *     await rollcall.putMember('acme', 'ann', { name: 'Ann Ames' });
 *     const jwt = rollcall.sign('ann', ['acme'], 3600); // hand it to the page of Ann
 *
 * A call resolves with the answer as it is in docs/openapi.yaml. A list is an async iterator over all pages.
 * Everything that goes wrong is a RollcallError: status (of the answer, 0 without one), code, message, and retryAfter
 * in seconds if the same call may succeed later. Nothing is sent twice by itself. Wrong arguments are a TypeError.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/* What one import may hold. */
const importBytes = 1000000;
const importLines = 20000;

/* How many users one request may name. */
const usersAtOnce = 500;

/* How far the clock of a webhook's sender may be from ours, in seconds: Standard Webhooks 1.0. */
const webhookTolerance = 300;

export class RollcallError extends Error {
  constructor(message, { status = 0, code, retryAfter, line, cause } = {}) {
    super(message, cause && { cause });
    this.name = 'RollcallError';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.line = line; // of an import: which member is wrong, counted from 1
  }
}

const wrong = message => {
  throw new TypeError(message);
};

/* One segment of a path. What would mean another path is refused. */
function segment(text) {
  const written = String(text ?? '');
  if (['', '.', '..'].includes(written)) wrong(`"${written}" cannot be part of a path`);
  return encodeURIComponent(written);
}

const person = user => (typeof user === 'string' && user !== '' ? user : wrong('The user must be a text'));

/* VALUES as an array. A text would be one of its letters. */
const several = (values, what) => (typeof values === 'string' ? wrong(`The ${what} must be an array`) : [...values]);

function query(parameters) {
  const all = Object.entries(parameters).flatMap(([name, value]) => [value].flat().map(one => [name, one]));
  const given = all.filter(([, value]) => value !== undefined && value !== null);
  return given.length ? `?${new URLSearchParams(given)}` : '';
}

const at = (workspace, what = '', parameters = {}) =>
  `/admin/workspaces/${segment(workspace)}${what}${query(parameters)}`;

/* The text of many members as lines, in portions that the server takes. */
async function* portionsOf(members) {
  let lines = [];
  let bytes = 0;
  for await (const member of members) {
    const line = `${JSON.stringify(member)}\n`;
    const size = Buffer.byteLength(line);
    if (lines.length > 0 && (bytes + size > importBytes || lines.length === importLines)) {
      yield lines;
      lines = [];
      bytes = 0;
    }
    lines.push(line);
    bytes += size;
  }
  if (lines.length > 0) yield lines;
}

/* An error of a portion that BEFORE members came before, as one of the whole import. */
function importError(error, before) {
  if (!error.line || !before) return error;
  const line = before + error.line;
  const message = error.message
    .replace(/^Line \d+/, `Line ${line}`)
    .replace('Nothing was imported.', `Only the first ${before} members were imported.`);
  return new RollcallError(message, { ...error, line });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/* The error that an answer with TEXT is. Web servers in front of Rollcall have pages of their own. */
function errorOf(response, text) {
  const { status } = response;
  const seconds = response.headers.get('retry-after') ?? '';
  const retryAfter = /^\d+$/.test(seconds) ? Number(seconds) : undefined;
  const problem = parsed(text);
  if (typeof problem?.code === 'string') return new RollcallError(problem.detail, { ...problem, status, retryAfter });
  const message = `The web server answered ${status}, not Rollcall. Check the URL, and whether rollcalld is running.`;
  return new RollcallError(message, { status, code: 'bad_answer', retryAfter });
}

/* HEADERS, with names as in HTTP or as in CGI, by name in lower case. */
function byName(headers) {
  const entries = typeof headers?.entries === 'function' ? headers.entries() : Object.entries(headers ?? {});
  const plain = name => name.toLowerCase().replace(/^http_/, '').replaceAll('_', '-');
  return new Map([...entries].map(([name, value]) => [plain(name), value]));
}

function secretBytes(secret) {
  const text = String(secret).replace(/^whsec_/, '');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) wrong('A webhook\'s secret is "whsec_" and base64');
  return bytes;
}

/* A key is often read from a file, whose last newline does not belong to it. */
function keyBytes(key) {
  const bytes = Buffer.from(key);
  return bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes;
}

const sameBytes = (a, b) => a.length === b.length && timingSafeEqual(a, b);

const sentences = {
  header: 'A header is missing: webhook-id, webhook-timestamp or webhook-signature',
  timestamp: 'The webhook-timestamp is more than 5 minutes away. Check the clocks',
  signature: 'The webhook-signature does not fit. Check the secret, and that the body is as it arrived',
};

const refuse = (code, message) => {
  throw new RollcallError(message, { code });
};

export class Rollcall {
  #url;
  #token;
  #key;
  #algorithm;
  #secrets;
  #timeout;

  /**
   * URL is where Rollcall is mounted. OPTIONS: token, an administrator's, for calls; key and algorithm (HS256, HS384,
   * HS512), for sign(); secrets, one or several of webhooks, for verify(); timeout, in seconds for a whole call (10).
   */
  constructor(url, { token, key, algorithm = 'HS256', secrets = [], timeout = 10 } = {}) {
    if (!/^https?:\/\/[^/]/.test(url)) wrong('The URL must begin with http:// or https://');
    if (token !== undefined && !/^[\w.~+/=-]+$/.test(token)) wrong('This is not a token');
    if (!/^HS(256|384|512)$/.test(algorithm)) wrong('The algorithm must be HS256, HS384 or HS512');
    this.#url = url.replace(/\/+$/, '');
    this.#token = token;
    this.#key = key && keyBytes(key);
    this.#algorithm = algorithm;
    this.#secrets = [secrets].flat().map(secretBytes);
    this.#timeout = timeout;
  }

  // ---- without a request ----

  /** A JWT with which USER's page uses Rollcall for TTL seconds. jwt.provision admits them to WORKSPACES. */
  sign(user, workspaces = [], ttl = 3600, claims = {}) {
    if (!this.#key || this.#key.length < 32) wrong('sign() needs the key of Rollcall, with at least 32 bytes');
    if (!Number.isInteger(ttl) || ttl < 1) wrong('The ttl must be a whole number of seconds');
    const iat = Math.floor(Date.now() / 1000);
    const named = several(workspaces, 'workspaces');
    const all = { ...claims, sub: person(user), rollcall_workspaces: named, iat, exp: iat + ttl };
    const part = value => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: this.#algorithm, typ: 'JWT' })}.${part(all)}`;
    const hash = this.#algorithm.replace('HS', 'sha');
    return `${text}.${createHmac(hash, this.#key).update(text).digest('base64url')}`;
  }

  /**
   * The event in BODY, the bytes of a request as they arrived, if HEADERS prove that a webhook of Rollcall has sent
   * them within the last 5 minutes; otherwise throws. An event that is delivered again has the same webhook-id.
   */
  verify(headers, body) {
    if (this.#secrets.length === 0) wrong('verify() needs the secret of the webhook');
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    if (!raw) wrong('verify() needs the body as it arrived, before it is parsed');
    const named = byName(headers);
    const [id, time, signatures] = ['id', 'timestamp', 'signature'].map(name => named.get(`webhook-${name}`));
    if (!id || !time || !signatures) refuse('missing_header', sentences.header);
    if (!/^\d{1,12}$/.test(time)) refuse('bad_timestamp', 'The webhook-timestamp is not a number of seconds');
    if (Math.abs(Date.now() / 1000 - Number(time)) > webhookTolerance) refuse('bad_timestamp', sentences.timestamp);
    if (!this.#isSigned(`${id}.${time}.`, body, signatures)) refuse('bad_signature', sentences.signature);
    return parsed(Buffer.from(body).toString()) ?? refuse('bad_body', 'The body is not JSON');
  }

  #isSigned(head, body, signatures) {
    const given = signatures.split(' ').map(one => Buffer.from(one));
    return this.#secrets.some(secret => {
      const mac = createHmac('sha256', secret).update(head).update(body).digest('base64');
      return given.some(one => sameBytes(one, Buffer.from(`v1,${mac}`)));
    });
  }

  // ---- any request ----

  /**
   * Sends METHOD to PATH below /v1, with BODY as JSON, or a text as it is: any request that has no method here. It may
   * take WAIT seconds longer than others.
   */
  async request(method, path, body, wait = 0) {
    const response = await this.#send(method, path, body, this.#timeout + wait);
    if ([202, 204].includes(response.status)) return undefined;
    const answer = response.ok ? parsed(response.text) : undefined;
    if (answer === undefined) throw errorOf(response, response.text);
    return answer;
  }

  async #send(method, path, body, seconds) {
    const asItIs = body === undefined || typeof body === 'string';
    const headers = {
      Accept: 'application/json',
      ...(this.#token && { Authorization: `Bearer ${this.#token}` }),
      ...(body !== undefined && { 'Content-Type': asItIs ? 'application/x-ndjson' : 'application/json' }),
    };
    const bytes = asItIs ? body : JSON.stringify(body);
    const signal = AbortSignal.timeout(seconds * 1000);
    try {
      const got = await fetch(`${this.#url}/v1${path}`, { method, headers, body: bytes, signal, redirect: 'manual' });
      return { status: got.status, ok: got.ok, headers: got.headers, text: await got.text() };
    } catch (error) {
      if (error.name === 'TimeoutError')
        throw new RollcallError(`No answer in ${seconds} s`, { code: 'timeout', cause: error });
      const reason = error.cause?.message || error.cause?.code || error.message;
      throw new RollcallError(`Rollcall cannot be reached: ${reason}`, { code: 'unreachable', cause: error });
    }
  }

  async *#all(path, name, parameters = {}) {
    let after;
    do {
      const page = await this.request('GET', `${path}${query({ limit: 1000, ...parameters, after })}`);
      yield* page[name];
      after = page.next;
    } while (after !== undefined);
  }

  // ---- workspaces ----

  workspaces() {
    return this.#all('/admin/workspaces', 'workspaces');
  }

  workspace(id) {
    return this.request('GET', at(id));
  }

  /** FIELDS: name, invisible, messages, last_seen. What is left out stays. */
  putWorkspace(id, fields = {}) {
    return this.request('PUT', at(id), fields);
  }

  deleteWorkspace(id) {
    return this.request('DELETE', at(id));
  }

  // ---- members. The id is in the query, which takes any id: web servers resolve dots in a path ----

  #member(workspace, user, what = '', more = {}) {
    return at(workspace, `/member${what}`, { user: person(user), ...more });
  }

  members(workspace) {
    return this.#all(at(workspace, '/members'), 'members');
  }

  member(workspace, user) {
    return this.request('GET', this.#member(workspace, user));
  }

  /** FIELDS: name, role. */
  putMember(workspace, user, fields = {}) {
    return this.request('PUT', this.#member(workspace, user), fields);
  }

  removeMember(workspace, user) {
    return this.request('DELETE', this.#member(workspace, user));
  }

  /** Adds or changes MEMBERS, any (async) iterable of {user, name, role}. Resolves with {added, changed, total}. */
  async importMembers(workspace, members) {
    const path = at(workspace, '/members');
    const sum = { added: 0, changed: 0, total: 0 };
    for await (const lines of portionsOf(members)) {
      const got = await this.request('POST', path, lines.join('')).catch(error => {
        throw importError(error, sum.total);
      });
      for (const name of Object.keys(sum)) sum[name] += got[name];
    }
    return sum;
  }

  // ---- who is here, as members see it ----

  /** The status of each of USERS who is a member; without USERS, of all who are here or say something. */
  async *statuses(workspace, users) {
    if (!users) return yield* this.#all(at(workspace, '/status'), 'users');
    const all = several(users, 'users');
    for (let i = 0; i < all.length; i += usersAtOnce)
      yield* (await this.request('POST', at(workspace, '/status'), { users: all.slice(i, i + usersAtOnce) })).users;
  }

  /** {members, active, away, offline, dnd}: how many. */
  counts(workspace) {
    return this.request('GET', at(workspace, '/counts'));
  }

  /** The status of USER in each of their workspaces, and the most active of these. */
  async userPresence(user) {
    const workspaces = [];
    let page;
    let next;
    do {
      const after = next;
      ({ next, ...page } = await this.request('GET', `/admin/user/presence${query({ user: person(user), after })}`));
      workspaces.push(...page.workspaces);
    } while (next !== undefined);
    const isSomewhere = status => workspaces.some(one => one.status === status);
    return { ...page, status: ['active', 'away'].find(isSomewhere) ?? 'offline', workspaces };
  }

  /**
   * What has changed since the cursor SINCE, as soon as something has, or nothing after WAIT seconds. Without SINCE
   * everyone who is here. Goes on with the answer's cursor. More FIELDS: users, counts, places, limit.
   */
  stream(workspace, { since, wait = 20, ...fields } = {}) {
    return this.request('POST', at(workspace, '/stream'), { since, wait, ...fields }, wait);
  }

  /**
   * Whether to send each of USERS a push now: a list of {user, push, because, until}, without those who are not
   * members. With DM, a conversation, nobody who looks at it gets one. This tells the truth about invisible users: show
   * it to nobody.
   */
  async notify(workspace, users, { dm } = {}) {
    const all = several(users, 'users');
    const verdicts = [];
    for (let i = 0; i < all.length; i += usersAtOnce) {
      const some = { users: all.slice(i, i + usersAtOnce), dm };
      verdicts.push(...(await this.request('POST', at(workspace, '/notify'), some)).users);
    }
    return verdicts;
  }

  // ---- webhooks ----

  /* Webhooks as PATH lists them, each with its workspaces of all pages. */
  async #progress(path) {
    const all = new Map();
    let after;
    do {
      const page = await this.request('GET', `${path}${query({ limit: 1000, after })}`);
      for (const { next, ...hook } of page.webhooks ?? [page]) {
        const known = all.get(hook.id);
        if (known) known.workspaces.push(...hook.workspaces);
        else all.set(hook.id, hook);
      }
      after = page.next;
    } while (after !== undefined);
    return [...all.values()];
  }

  /** Each webhook, with how far it has come in each of its workspaces. */
  webhooks() {
    return this.#progress('/admin/webhooks');
  }

  async webhook(id) {
    return (await this.#progress(`/admin/webhooks/${segment(id)}`))[0];
  }

  /** FIELDS: url, workspace, events, delay, reveal, active: all that it is to be. A new one shows its secret, once. */
  putWebhook(id, fields) {
    return this.request('PUT', `/admin/webhooks/${segment(id)}`, fields);
  }

  deleteWebhook(id) {
    return this.request('DELETE', `/admin/webhooks/${segment(id)}`);
  }

  /** Gives a webhook another secret. For 24 hours both sign: verify() takes either if it has both. */
  rotateWebhookSecret(id) {
    return this.request('POST', `/admin/webhooks/${segment(id)}/secret`, {});
  }

  testWebhook(id) {
    return this.request('POST', `/admin/webhooks/${segment(id)}/test`, {});
  }

  /** Sends WORKSPACE to a webhook again, from the cursor SINCE, or without it everybody. */
  replayWebhook(id, workspace, { since } = {}) {
    return this.request('POST', `/admin/webhooks/${segment(id)}/replay`, { workspace, since });
  }

  // ---- what is said of a member ----

  /** The truth about a member, invisible or not, and what is said of them. Each look is written to the log. */
  memberStatus(workspace, user) {
    return this.request('GET', this.#member(workspace, user, '/status'));
  }

  /** FIELDS: show, dnd, text, emoji, and for (seconds) or until (ms since 1970). */
  setStatus(workspace, user, fields) {
    return this.request('PUT', this.#member(workspace, user, '/status'), fields);
  }

  /** Ends what was said for a time, or else what was said without an end; with {all: true} both. */
  clearStatus(workspace, user, { all } = {}) {
    return this.request('DELETE', this.#member(workspace, user, '/status', { all }));
  }

  /** Says what a program knows of a user, such as {dnd: true, text: 'In a meeting', for: 1800}. Again renews it. */
  putClaim(workspace, user, claim, fields) {
    return this.request('PUT', this.#member(workspace, user, `/claims/${segment(claim)}`), fields);
  }

  endClaim(workspace, user, claim) {
    return this.request('DELETE', this.#member(workspace, user, `/claims/${segment(claim)}`));
  }

  /** Why the user is shown as they are. */
  explain(workspace, user) {
    return this.request('GET', at(workspace, '/explain', { user: person(user) }));
  }

  async sessions(workspace, user) {
    return (await this.request('GET', at(workspace, '/sessions', { user: person(user) }))).sessions;
  }

  endSessions(workspace, user) {
    return this.request('DELETE', at(workspace, '/sessions', { user: person(user) }));
  }

  /** Who is where: at which ticket, typing in which conversation. Each look is written to the log. */
  places(workspace) {
    return this.#all(at(workspace, '/places'), 'places');
  }

  // ---- conversations ----

  dms(workspace) {
    return this.#all(at(workspace, '/dms'), 'dms');
  }

  /** Creates the group conversation ID, or sets who takes part. FIELDS: name. */
  putDm(workspace, id, participants, fields = {}) {
    return this.request('PUT', at(workspace, `/dms/${segment(id)}`), { ...fields, participants });
  }

  deleteDm(workspace, id) {
    return this.request('DELETE', at(workspace, `/dms/${segment(id)}`));
  }

  // ---- tokens ----

  tokens() {
    return this.#all('/admin/tokens', 'tokens');
  }

  /** FIELDS: user, admin or scope with workspace, label, expires_in (seconds). Only this answer has the token. */
  createToken(fields) {
    return this.request('POST', '/admin/tokens', fields);
  }

  revokeToken(id) {
    return this.request('DELETE', `/admin/tokens/${segment(id)}`);
  }
}
