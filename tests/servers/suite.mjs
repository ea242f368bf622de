// SPDX-License-Identifier: ISC
// What is to be true through every web server. Each check is run through each of them by a test file of its own, and by
// table.mjs, which prints what they found; run() resolves with the text for the table if that is more than "yes".
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http2 from 'node:http2';
import net from 'node:net';
import { chmodSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Events } from '../lib/events.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { request } from '../lib/http.mjs';
import { unmeasured } from '../lib/program.mjs';
import { atPath, atRoot, countersFrom, rawRequest, startServer } from '../lib/servers.mjs';
import { rollcalld, startStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

/* The times that are shipped, so that read timeouts are met as they are in use. */
const conf = { ttl: 60, heartbeat: 30, wait: 25, gap: 10, leave_grace: 5, closed_grace: 1 };

/** A server under test: how to ask through it. */
class At {
  constructor(kind, stack, server) {
    this.kind = kind;
    this.stack = stack;
    this.server = server;
    this.port = server?.port;
    this.isRaw = kind === 'raw';
    this.isCgi = kind.endsWith('-cgi');
  }

  /** A request to Rollcall; body as in stack.req(). */
  ask(method, path, { mount = atPath, ...options } = {}) {
    const body = options.body;
    if (this.isRaw)
      return rawRequest(this.stack, method, path, {
        ...options,
        mount,
        body: body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      });
    return this.stack.req(method, path, {
      ...options,
      port: this.port,
      mount: mount.prefix,
      headers: { Host: mount.host, ...options.headers },
    });
  }

  /** The same as the administrator; again while other processes keep the database busy, as a 503 asks for. */
  async adm(method, path, options) {
    const all = { token: this.stack.admin, ...options };
    let answer;
    await until(
      async () => (answer = await this.ask(method, `/v1/admin${path}`, all)).status !== 503,
      `${method} ${path} is taken`,
    );
    return answer;
  }

  /** A user of a workspace of this check's own, who may ask through this server. */
  async person() {
    const [one] = await this.stack.room(1);
    return { ws: one.ws, user: one.user, path: what => `/v1/workspaces/${one.ws}/${what}` };
  }

  /** How many requests rollcalld has not answered yet, and how many connections it holds: asked past the server. */
  async metric(name) {
    const { body } = await fcgi.call(this.stack.address, 'GET', '/metrics');
    const line = body.split('\n').find(text => text.startsWith(`${name} `) || text.startsWith(`${name}{`));
    assert.ok(line, `no metric ${name}`);
    return Number(line.split(' ').at(-1));
  }

  /** The bytes of an HTTP/1.1 request head. */
  head(method, path, headers = {}) {
    const all = { Host: atPath.host, ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${atPath.prefix}${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  }

  /** The stream of PERSON, of the stack, as Events. */
  events(person, params, { headers, ...options } = {}) {
    return Events.open(person, params, {
      ...{ port: this.port, mount: atPath.prefix, headers: { Host: atPath.host, ...headers } },
      ...options,
    });
  }

  connect() {
    return new Promise((resolve, reject) => {
      const socket = net.connect(this.port, '127.0.0.1', () => resolve(socket));
      socket.once('error', reject);
    });
  }

  /** Sends BYTES on a connection of its own; resolves with all that comes back, as text, at its end or after MS. */
  async wire(bytes, ms = 15000) {
    const socket = await this.connect();
    const chunks = [];
    socket.on('error', () => {});
    socket.on('data', chunk => chunks.push(chunk));
    socket.write(bytes);
    const timer = setTimeout(() => socket.destroy(), ms);
    await new Promise(done => socket.on('close', done));
    clearTimeout(timer);
    return Buffer.concat(chunks).toString('latin1');
  }
}

const bearer = (at, user) => ({ Authorization: `Bearer ${at.stack.tokens.get(user)}` });
const json = { 'Content-Type': 'application/json' };
const statusOf = text => Number(/^HTTP\/1\.1 (?!100)(\d+)/m.exec(text)?.[1]);
const ndjson = { 'Content-Type': 'application/x-ndjson' };

/* Valid lines of members, BYTES long altogether, or nearly. */
function members(bytes, prefix) {
  const line = i => `${JSON.stringify({ user: `${prefix}${i}`, name: 'n'.repeat(200) })}\n`;
  const lines = [];
  for (let size = 0, i = 0; ; i++) {
    size += line(i).length;
    if (size > bytes) return lines.join('');
    lines.push(line(i));
  }
}

/* ---- requests and answers ---- */

async function methods(at) {
  const me = await at.person();
  const get = await at.ask('GET', me.path('status'), { user: me.user });
  assert.equal(get.status, 200);
  const head = await at.ask('HEAD', me.path('status'), { user: me.user });
  assert.equal(head.status, 200);
  assert.equal(head.bytes.length, 0);
  assert.equal(head.headers.etag, get.headers.etag);
  const options = await at.ask('OPTIONS', me.path('status'));
  assert.equal(options.status, 204);
  assert.match(options.headers.allow, /GET, HEAD, POST, OPTIONS/);
  const workspace = `/workspaces/${me.ws}`;
  assert.equal((await at.adm('PUT', workspace, { body: { name: 'Another' } })).status, 200);
  assert.equal((await at.adm('PUT', `${workspace}/members/gone`, { body: {} })).status, 201);
  assert.equal((await at.adm('DELETE', `${workspace}/members/gone`)).status, 204);
  for (const method of ['DELETE', 'PUT', 'PATCH']) {
    const { status, headers } = await at.ask(method, me.path('status'), { user: me.user });
    assert.equal(status, 405, method);
    assert.match(headers.allow, /GET, HEAD, POST, OPTIONS/);
  }
}

/* As they stand in a path; each is decoded exactly once. */
const names = {
  'a%20b': 'a b',
  '100%25': '100%',
  '100%2525': '100%25',
  '%C3%A9': 'é',
  'a%2Fb': 'a/b',
  'a%2fb%2F': 'a/b/',
  'a+b': 'a+b',
  '%E4%BA%BA': '人',
  'x%3Fy%23z': 'x?y#z',
  'a;b=c&d': 'a;b=c&d',
  '%5C%22': '\\"',
};

const encodings = mount => async at => {
  const me = await at.person();
  for (const [path, user] of Object.entries(names)) {
    const member = `/workspaces/${me.ws}/members/${path}`;
    assert.equal((await at.adm('PUT', member, { body: { name: 'Someone' }, mount })).status, 201, path);
    assert.equal((await at.adm('GET', member, { mount })).body.user, user);
    const asked = `status?user=${encodeURIComponent(user)}`;
    const { body } = await at.ask('GET', me.path(asked), { user: me.user, mount });
    assert.deepEqual(
      body.users.map(one => one.user),
      [user],
    );
    assert.equal((await at.adm('DELETE', member, { mount })).status, 204);
  }
};

async function noContent(at) {
  const me = await at.person();
  const { headers } = await at.ask('GET', me.path('status'), { user: me.user });
  const same = await at.ask('GET', me.path('status'), { user: me.user, headers: { 'If-None-Match': headers.etag } });
  assert.equal(same.status, 304);
  assert.equal(same.bytes.length, 0);
  assert.equal(same.headers['cache-control'], 'no-store');
  const session = 'session-204';
  await at.ask('POST', me.path('join'), { user: me.user, body: { session } });
  const left = await at.ask('POST', me.path('leave'), { user: me.user, body: { session, now: true } });
  assert.equal(left.status, 204);
  assert.equal(left.bytes.length, 0);
  if (at.isRaw) return;
  /* Both on one connection, and an answer behind them: nothing of one is taken for another. */
  const auth = bearer(at, me.user);
  const text = await at.wire(
    at.head('GET', me.path('status'), { ...auth, 'If-None-Match': left.headers.etag ?? '*' }) +
            at.head('OPTIONS', me.path('status'), auth) +
            at.head('GET', '/v1/me', { ...auth, Connection: 'close' }),
  );
  assert.deepEqual([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => match[1]).slice(1), ['204', '200'], text);
  assert.match(text, /"workspaces"/);
}

async function identity(at) {
  const me = await at.person();
  const headers = {
    'Remote-User': me.user,
    'X-Remote-User': me.user,
    'X-Forwarded-User': me.user,
    REMOTE_USER: me.user,
  };
  const basic = Buffer.from(`${me.user}:wrong`).toString('base64');
  assert.equal((await at.ask('GET', '/v1/me', { headers })).status, 401);
  assert.equal((await at.ask('GET', '/v1/me', { headers: { Authorization: `Basic ${basic}` } })).status, 401);
  const { status, body } = await at.ask('GET', '/v1/me', { user: me.user, headers });
  assert.deepEqual([status, body.user], [200, me.user]);
  const error = await at.ask('GET', '/v1/nothing');
  assert.equal(error.status, 404);
  assert.equal(error.body.code, 'not_found');
}

async function counters(at) {
  const get = (path, localAddress, { host, prefix } = atPath) =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ port: at.port, host: '127.0.0.1', localAddress }, () =>
        socket.write(`GET ${prefix}${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
      );
      let text = '';
      socket.on('data', chunk => (text += chunk));
      socket.on('end', () => resolve(statusOf(text)));
      socket.on('error', reject);
    });
  for (const mount of [atPath, atRoot]) {
    for (const path of ['/metrics', '/readyz']) {
      assert.equal(await get(path, countersFrom, mount), 200, `${mount.host} ${path}`);
      assert.equal(await get(path, '127.0.0.1', mount), 403, `${mount.host} ${path}`);
    }
    assert.equal(await get('/healthz', '127.0.0.1', mount), 200);
  }
}

/* ---- bodies ---- */

async function bodies(at) {
  const me = await at.person();
  const beat = (body, headers) => at.ask('POST', me.path('heartbeat'), { user: me.user, body, headers });
  assert.equal((await beat('')).status, 400);
  const session = 'session-bodies';
  assert.equal((await beat({ session })).status, 200);
  const ids = `${JSON.stringify({ users: [me.user] })}${' '.repeat(65536)}`;
  assert.equal((await at.ask('POST', me.path('status'), { user: me.user, body: ids })).status, 200, '64 KB');
  assert.equal((await beat(`${JSON.stringify({ session })}${' '.repeat(65536)}`)).status, 413, 'of a heartbeat');
  const users = `/workspaces/${me.ws}/members`;
  const { status, body } = await at.adm('POST', users, { body: members((1 << 20) - 1, 'm'), headers: ndjson });
  assert.equal(status, 200, '1 MB');
  assert.ok(body.added > 3000);
}

const chunk = text => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

async function chunked(at) {
  const me = await at.person();
  const body = JSON.stringify({ users: [me.user] });
  if (at.isRaw) {
    const over = { CONTENT_LENGTH: undefined, HTTP_TRANSFER_ENCODING: 'chunked' };
    const answer = await fcgi.call(at.stack.address, 'POST', me.path('status'), {
      body,
      token: at.stack.tokens.get(me.user),
      over,
    });
    assert.equal(answer.status, 200);
    return;
  }
  const head = at.head('POST', me.path('status'), {
    ...bearer(at, me.user),
    ...json,
    'Transfer-Encoding': 'chunked',
    Connection: 'close',
  });
  for (const space of [0, 100, 70000]) {
    const text = await at.wire(`${head}${chunk(body)}${space ? chunk(' '.repeat(space)) : ''}0\r\n\r\n`);
    assert.equal(statusOf(text), 200, `${space} more: ${text.slice(0, 300)}`);
  }
}

async function expectContinue(at) {
  const me = await at.person();
  const body = JSON.stringify({ users: [me.user] }) + ' '.repeat(65536);
  const socket = await at.connect();
  let text = '';
  socket.on('data', bytes => (text += bytes));
  socket.on('error', () => {});
  const closed = new Promise(done => socket.on('close', done));
  socket.write(
    at.head('POST', me.path('status'), {
      ...bearer(at, me.user),
      ...json,
      Expect: '100-continue',
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    }),
  );
  await until(() => /^HTTP\/1\.1 100/.test(text), '100 Continue');
  socket.write(body);
  await closed;
  assert.equal(statusOf(text), 200, text);
}

/* An answer that comes before the body is through has to arrive as such, not as a reset connection. */
async function earlyErrors(at) {
  const me = await at.person();
  const users = `/v1/admin/workspaces/${me.ws}/members`;
  const post = (size, options) =>
    at.ask('POST', users, { body: Buffer.alloc(size, 0x20), headers: ndjson, raw: false, ...options });
  const nobody = await post(1 << 20, {});
  assert.deepEqual([nobody.status, nobody.body.code], [401, 'no_credential']);
  const large = await post(1_500_000, { token: at.stack.admin });
  assert.equal(large.status, 413);
  assert.equal(large.body.code, 'too_large');
  if (at.isRaw) return undefined;
  const huge = await request({
    port: at.port,
    method: 'POST',
    path: atPath.prefix + users,
    headers: { Host: atPath.host, ...ndjson, Authorization: `Bearer ${at.stack.admin}`, 'Content-Length': 8 << 20 },
    body: Buffer.alloc(8 << 20),
  }).then(
    ({ status }) => status,
    error => error.code,
  );
  return `401 and 413; for 8 MB: ${huge}`;
}

/* An invalid Content-Length is refused by the server or by Rollcall, and nothing hangs. */
async function lengths(at) {
  const me = await at.person();
  const body = JSON.stringify({ session: 'session-length' });
  const right = Buffer.byteLength(body);
  const values = { '-1': [400], '12abc': [400], '99999999999999999999': [400, 413], [String(right - 1)]: [400] };
  /* Caddy says "-1" of a chunked body. */
  if (at.isRaw) Object.assign(values, { '': [200, 400], '-1': [200], [String(right + 9)]: [400] });
  for (const [length, allowed] of Object.entries(values)) {
    const headers = { ...bearer(at, me.user), ...json, 'Content-Length': length, Connection: 'close' };
    const status = at.isRaw
      ? (
        await fcgi.call(at.stack.address, 'POST', me.path('heartbeat'), {
          body,
          token: at.stack.tokens.get(me.user),
          over: { CONTENT_LENGTH: length },
        })
      ).status
      : statusOf(await at.wire(at.head('POST', me.path('heartbeat'), headers) + body));
    assert.ok(allowed.includes(status), `Content-Length ${JSON.stringify(length)}: ${status}`);
  }
}

/* ---- time ---- */

async function wakes(at) {
  const [u0, u1] = await at.stack.room(2);
  const since = (await at.ask('GET', `/v1/workspaces/${u0.ws}/status`, { user: u1.user })).body.cursor;
  const parked = at.ask('GET', `/v1/workspaces/${u0.ws}/stream?since=${since}`, { user: u1.user });
  await pause(200);
  await at.ask('POST', `/v1/workspaces/${u0.ws}/join`, { user: u0.user, body: {} });
  const began = performance.now();
  const { body } = await parked;
  assert.deepEqual(
    body.changes.map(change => change.user),
    [u0.user],
  );
  assert.ok(performance.now() - began < atMost(8000));
}

/** How long, as a median in ms, EVENTS of STREAM come after what U0, who has SESSION, does. */
export async function passingTime(stream, u0, session, events = 9) {
  const times = [];
  for (let i = 0; i < events; i++) {
    const began = performance.now();
    await u0.beat(session, { status: i % 2 ? 'active' : 'away' });
    times.push((await stream.next('changes', i)).at - began);
  }
  return times.sort((a, b) => a - b)[events >> 1];
}

async function passesEvents(at) {
  const [u0, u1] = await at.stack.room(2);
  const { session } = await u0.join();
  const stream = await at.events(u1, { since: await u1.cursor() });
  assert.match(stream.headers['content-type'], /^text\/event-stream/);
  await until(() => stream.comments === 1, 'the stream begins');
  const ms = await passingTime(stream, u0, session);
  assert.ok(ms < atMost(1000), `${ms} ms`);
  stream.close();
}

/* A program that is started for each request does not stay: it answers like a poll. */
async function answersLikeAPoll(at) {
  const [u0, u1] = await at.stack.room(2);
  const since = await u1.cursor();
  const path = `/v1/workspaces/${u0.ws}/stream?since=${since}`;
  const parked = at.ask('GET', path, { user: u1.user, headers: { Accept: 'text/event-stream' } });
  await pause(200);
  await u0.join();
  const { status, headers, body } = await parked;
  assert.equal(status, 200);
  assert.match(headers['content-type'], /^application\/json/);
  assert.deepEqual(
    body.changes.map(change => change.user),
    [u0.user],
  );
}

/* Each of the resources that a page uses, a poll that ends by itself among them. */
async function everyResource(at) {
  const [u0, u1] = await at.stack.room(2);
  const path = what => `/v1/workspaces/${u0.ws}/${what}`;
  const ask = async (status, method, what, body) => {
    let answer;
    await until(async () => (answer = await at.ask(method, what, { user: u0.user, body })).status !== 503, `${what} is taken`);
    assert.equal(answer.status, status, `${method} ${what}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await ask(200, 'GET', '/healthz');
  const { session, cursor } = await ask(201, 'POST', path('join'), {});
  assert.equal((await ask(200, 'GET', path(`stream?since=${cursor}&wait=1`))).cursor, cursor);
  assert.equal((await ask(200, 'POST', path('heartbeat'), { session, status: 'away' })).status, 'away');
  const { changes } = await ask(200, 'GET', path(`stream?since=${cursor}`));
  assert.deepEqual(
    changes.map(({ user, status }) => [user, status]),
    [[u0.user, 'away']],
  );
  assert.equal((await ask(200, 'GET', path('members'))).members.length, 2);
  await ask(201, 'POST', path('dms'), { participants: [u1.user] });
  assert.equal((await ask(200, 'GET', path('dms'))).dms.length, 1);
  assert.equal((await ask(200, 'GET', '/v1/me')).user, u0.user);
  await ask(204, 'POST', path('leave'), { session, now: true });
  assert.deepEqual((await ask(200, 'GET', path('status'))).users, []);
}

/* A poll of the longest wait that is shipped, to its end: no read timeout is below it. */
async function longPoll(at) {
  const me = await at.person();
  const { body } = await at.ask('GET', me.path('status'), { user: me.user });
  const answer = await at.ask('GET', me.path(`stream?since=${body.cursor}`), { user: me.user, timeout: 50000 });
  assert.deepEqual([answer.status, answer.body.changes, answer.body.cursor], [200, [], body.cursor]);
  assert.ok(answer.ms > 24000 && answer.ms < atMost(38000), `${answer.ms} ms`);
}

/* BYTES without the time at which they were sent. */
const timeless = bytes => Buffer.from(bytes.toString('latin1').replace(/"now":\d+/, '"now":0'), 'latin1');

/* An answer that is longer than any buffer, read slowly, is the same as straight from rollcalld. */
async function longAnswers(at) {
  const me = await at.person();
  const users = `/workspaces/${me.ws}/members`;
  assert.equal((await at.adm('POST', users, { body: members(700000, 'long'), headers: ndjson })).status, 200);
  const path = me.path('members?limit=1000');
  const bytes = timeless((await rawRequest(at.stack, 'GET', path, { user: me.user })).bytes);
  assert.ok(bytes.length > 200000);
  const all = await at.ask('GET', path, { user: me.user, raw: true });
  assert.ok(timeless(all.bytes).equals(bytes), 'byte for byte');
  if (at.isRaw) return;
  const socket = await at.connect();
  const chunks = [];
  socket.pause();
  socket.write(at.head('GET', path, { ...bearer(at, me.user), Connection: 'close' }));
  for (;;) {
    await pause(20);
    const part = socket.read(Math.min(16384, socket.readableLength));
    if (part) chunks.push(part);
    else if (socket.readableEnded || socket.destroyed) break;
    else socket.read(0);
  }
  const text = timeless(Buffer.concat(chunks));
  assert.ok(text.includes(bytes.subarray(0, 100)) && text.includes(bytes.subarray(-100)), 'read slowly');
}

/* Fifty bodies that come a byte a second harm nobody. Resolves with how they ended: none is left to hang for ever. */
async function slowSenders(at) {
  const me = await at.person();
  const began = Date.now();
  let ended = 0;
  const senders = [];
  for (let i = 0; i < 50; i++) {
    const headers = { ...bearer(at, me.user), ...json, 'Content-Length': 60 };
    const socket = at.isRaw ? (await fcgi.Connection.open(at.stack.address)).socket : await at.connect();
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.on('close', () => ended++);
    if (at.isRaw)
      socket.write(
        fcgi
          .requestBytes({ params: fcgi.variables('POST', me.path('heartbeat'), { body: ' '.repeat(60) }) })
          .subarray(0, -8),
      );
    else socket.write(at.head('POST', me.path('heartbeat'), headers));
    senders.push(socket);
  }
  let slowest = 0;
  while (Date.now() - began < 13000 && ended < 50) {
    for (const socket of senders) if (!at.isRaw) socket.write(' ');
    const { status, ms } = await rawRequest(at.stack, 'POST', me.path('heartbeat'), {
      user: me.user,
      body: JSON.stringify({ session: 'session-fast' }),
    });
    assert.equal(status, 200);
    slowest = Math.max(slowest, ms);
    await pause(1000);
  }
  for (const socket of senders) socket.destroy();
  assert.ok(unmeasured || slowest < 8000, `a heartbeat beside them took ${slowest} ms`);
  return ended === 50 ? 'passed on; closed after 10 s' : 'buffered until complete';
}

async function keptConnections(at) {
  const me = await at.person();
  const session = 'session-kept';
  const beat = async () => {
    const { status, ms } = await at.ask('POST', me.path('heartbeat'), { user: me.user, body: { session } });
    assert.equal(status, 200);
    assert.ok(ms < atMost(8000), `${ms} ms`);
  };
  for (let i = 0; i < 20; i++) await beat();
  await pause(5000);
  await beat();
  for (let i = 0; i < 3; i++) await Promise.all(Array.from({ length: 8 }, beat));
  await pause(5000);
  /* How many a server keeps is its own affair, but there comes an end: a leak would add to them each time. */
  const addsNone = async () => {
    const before = await at.metric('rollcall_connections');
    await Promise.all(Array.from({ length: 8 }, beat));
    return (await at.metric('rollcall_connections')) <= before;
  };
  await until(addsNone, 'beats that need no further connection', 30000);
}

/* ---- clients that go away ---- */

/* Milliseconds until rollcalld knows that a client has gone, or null if it is not told within MS. */
export async function timeToKnow(at, me, leave, ms = 5000) {
  const alive = async () => {
    const { body } = await at.stack.adm('GET', `/workspaces/${me.ws}/sessions?user=${me.user}`, {
      port: at.stack.port,
    });
    return body.sessions.some(one => one.status !== 'offline');
  };
  assert.ok(await alive());
  const began = performance.now();
  leave();
  while (performance.now() - began < ms) {
    if (!(await alive())) return performance.now() - began - conf.closed_grace * 1000;
    await pause(50);
  }
  return null;
}

const knows = ms => (ms === null ? 'not reported' : `${(Math.max(0, ms) / 1000).toFixed(1)} s`);

/* Runs TRIAL, which resolves with the ms that something took, or null; again, with ever longer pauses, while a busy machine takes MOST ms. */
async function within(most, trial) {
  let took;
  for (const ms of [300, 1000, 3000]) {
    took = await trial(ms);
    if (took !== null && took < atMost(most)) break;
  }
  assert.ok(took !== null && took < atMost(most), `${took} ms`);
  return took;
}

async function aborted(at, how, ms) {
  const me = await at.person();
  const { body } = await at.ask('POST', me.path('join'), { user: me.user, body: {} });
  const poll = me.path(`stream?since=${body.cursor}&session=${body.session}`);
  if (at.isRaw) {
    const connection = await fcgi.Connection.open(at.stack.address);
    const params = fcgi.variables('GET', poll, { token: at.stack.tokens.get(me.user) });
    connection.send(fcgi.requestBytes({ params }));
    await pause(ms);
    const took = await timeToKnow(at, me, () => (how === 'abort' ? connection.abort() : connection.destroy()));
    connection.destroy();
    return took;
  }
  const socket = await at.connect();
  socket.on('error', () => {});
  socket.write(at.head('GET', poll, bearer(at, me.user)));
  await pause(ms);
  return timeToKnow(at, me, () => (how === 'reset' ? socket.resetAndDestroy() : socket.destroy()));
}

const aborts = how => async at => {
  const isTold = at.isRaw || at.kind.startsWith('nginx');
  return knows(isTold ? await within(1000, ms => aborted(at, how, ms)) : await aborted(at, how, 300));
};

/* Clients that close before, in the middle of and after the first byte of an answer leave nothing behind in rollcalld. */
async function closesMidway(at) {
  const me = await at.person();
  const users = `/workspaces/${me.ws}/members`;
  assert.equal((await at.adm('POST', users, { body: members(300000, 'mid'), headers: ndjson })).status, 200);
  const path = me.path('members?limit=1000');
  const workers = await until(() => at.stack.workers().length === 1 && at.stack.workers(), 'its sender is known as such');
  const before = await at.metric('rollcall_connections');
  for (let i = 0; i < 100; i++) {
    const socket = at.isRaw ? (await fcgi.Connection.open(at.stack.address)).socket : await at.connect();
    socket.on('error', () => {});
    const params = at.isRaw && fcgi.variables('GET', path, { token: at.stack.tokens.get(me.user) });
    socket.write(at.isRaw ? fcgi.requestBytes({ params }) : at.head('GET', path, bearer(at, me.user)));
    if (i % 4 === 0) socket.destroy();
    else {
      socket.once('data', () => socket.destroy());
      await new Promise(done => socket.on('close', done));
    }
  }
  await until(async () => (await at.metric('rollcall_connections')) <= before + 60, 'connections are given back', 35000);
  assert.deepEqual(at.stack.workers(), workers, 'no worker has died');
}

/* New workers, behind connections that a server may have kept: no request is lost. */
async function reload(at) {
  const me = await at.person();
  const session = 'session-reload';
  const beat = () => at.ask('POST', me.path('heartbeat'), { user: me.user, body: { session } });
  await Promise.all(Array.from({ length: 8 }, beat));
  const old = at.stack.workers();
  at.stack.daemon.signal('SIGHUP');
  const end = Date.now() + 2500;
  let count = 0;
  while (Date.now() < end || at.stack.workers().some(pid => old.includes(pid))) {
    const { status } = await beat();
    assert.equal(status, 200, `request ${count} after the reload`);
    count++;
    if (Date.now() > end + 10000) break;
    await pause(5);
  }
}

/* ---- HTTP/2 ---- */

function open2(at) {
  const session = http2.connect(`http://127.0.0.1:${at.server.portH2}`);
  session.on('error', () => {});
  return session;
}

function ask2(session, method, path, { headers = {}, body } = {}) {
  const stream = session.request({
    ':method': method,
    ':path': atPath.prefix + path,
    ':authority': atPath.host,
    ...headers,
  });
  const answer = new Promise((resolve, reject) => {
    let status;
    const chunks = [];
    stream.on('response', got => (status = got[':status']));
    stream.on('data', bytes => chunks.push(bytes));
    stream.on('end', () => resolve({ status, text: Buffer.concat(chunks).toString() }));
    stream.on('error', reject);
    stream.end(body);
  });
  answer.catch(() => {});
  return { stream, answer };
}

async function overHttp2(at) {
  const me = await at.person();
  const session = open2(at);
  try {
    const headers = { authorization: bearer(at, me.user).Authorization, 'content-type': 'application/json' };
    const beat = JSON.stringify({ session: 'session-http2' });
    const ids = JSON.stringify({ users: [me.user] }) + ' '.repeat(65536);
    const post = (what, body) =>
      ask2(session, 'POST', me.path(what), {
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        body,
      }).answer;
    for (const [what, body] of [
      ['heartbeat', beat],
      ['status', ids],
    ]) {
      const { status, text } = await post(what, body);
      assert.equal(status, 200, text);
    }
    const { text } = await ask2(session, 'GET', me.path('status'), { headers }).answer;
    const { cursor } = JSON.parse(text);
    const poll = me.path(`stream?since=${cursor}`);
    const parked = [0, 1, 2].map(() => ask2(session, 'GET', poll, { headers }));
    await pause(300);
    assert.equal((await post('heartbeat', beat.replace('}', ',"status":"away"}'))).status, 200);
    for (const { answer } of parked) assert.match((await answer).text, /"away"/);
    const none = await ask2(session, 'OPTIONS', me.path('status'), {}).answer;
    assert.deepEqual(none, { status: 204, text: '' });
  } finally {
    session.destroy();
  }
}

/* HTTP/2 needs no Content-Length, and fetch() of a stream sends none. */
async function unknownLength2(at) {
  const me = await at.person();
  const session = open2(at);
  const headers = { authorization: bearer(at, me.user).Authorization, 'content-type': 'application/json' };
  const body = JSON.stringify({ session: 'session-http2' });
  const { status } = await ask2(session, 'POST', me.path('heartbeat'), { headers, body }).answer;
  session.destroy();
  assert.ok([200, 411].includes(status), `${status}`);
  return status === 200 ? undefined : String(status);
}

/* How many polls one HTTP/2 connection carries before the next request on it has to wait. */
async function polls2(at) {
  const me = await at.person();
  const session = open2(at);
  const headers = { authorization: bearer(at, me.user).Authorization };
  const { text } = await ask2(session, 'GET', me.path('status'), { headers }).answer;
  const poll = me.path(`stream?since=${JSON.parse(text).cursor}`);
  const most = 64;
  for (let i = 0; i < most; i++) ask2(session, 'GET', poll, { headers }).stream.on('error', () => {});
  let parked = 0;
  for (let round = 0; round < 20 || (parked < 4 && round < 200); round++, await pause(50))
    parked = Math.max(parked, await at.metric('rollcall_parked_polls'));
  session.destroy();
  assert.ok(parked >= 4, `${parked}`);
  return parked >= most ? `${most} or more` : String(parked);
}

const aborts2 = how => async at => {
  const me = await at.person();
  const { body } = await at.ask('POST', me.path('join'), { user: me.user, body: {} });
  const session = open2(at);
  const headers = { authorization: bearer(at, me.user).Authorization };
  const { stream } = ask2(session, 'GET', me.path(`stream?since=${body.cursor}&session=${body.session}`), {
    headers,
  });
  stream.on('error', () => {});
  await pause(300);
  const leave = how === 'stream' ? () => stream.close(http2.constants.NGHTTP2_CANCEL) : () => session.destroy();
  const took = await timeToKnow(at, me, leave);
  session.destroy();
  return knows(took);
};

/* The client of a stream goes away, which a server that says nothing by itself finds out when it sends the next event. */
const streamAborts = how => async at => {
  const [me] = await at.stack.room(1);
  const { session } = await me.join();
  const stream = await at.events(me, { session });
  await until(() => stream.comments === 1, 'the stream begins');
  const leave = () => (how === 'reset' ? stream.close() : stream.request.destroy());
  const took = await timeToKnow(at, me, leave, 45000);
  assert.ok(took !== null, 'it is found out');
  return knows(took);
};

/* ---- all of them ---- */

const http = { skip: at => at.isRaw };

/** In the order of the table. */
export const checks = [
  { title: 'GET, HEAD, POST, PUT, DELETE, OPTIONS; 405 with Allow', run: methods, cgi: true },
  { title: 'names with %2F, %25, +, ?, ; at a path', run: encodings(atPath), cgi: true },
  { title: 'the same at a host of its own', run: encodings(atRoot) },
  { title: 'tokens are passed on, names in headers are ignored', run: identity, cgi: true },
  { title: '`/metrics` and `/readyz` for this machine only', run: counters, ...http },
  { title: '304 and 204 without a body, on one connection', run: noContent, cgi: true },
  { title: 'bodies: empty, 64 KB, 1 MB', run: bodies, cgi: true },
  { title: 'chunked bodies', run: chunked, cgi: true },
  { title: 'Expect: 100-continue', run: expectContinue, ...http },
  { title: 'errors before the body has arrived', run: earlyErrors, cgi: true },
  { title: 'invalid Content-Length', run: lengths },
  { title: 'a change wakes a poll', run: wakes, cgi: true },
  { title: 'a stream of events: each is passed on at once', run: passesEvents, ...http },
  { title: 'a stream of events is answered like a poll', run: answersLikeAPoll, skip: at => !at.isCgi, cgi: true },
  { title: 'every resource', run: everyResource, cgi: true },
  { title: 'a poll of 25 s ends by itself', run: longPoll, long: true },
  { title: 'long answers byte for byte, also when read slowly', run: longAnswers, cgi: true },
  { title: 'bodies at one byte a second', run: slowSenders, long: true },
  { title: 'kept connections: in turn, after 5 s, 8 at once', run: keptConnections, long: true },
  { title: 'clients that close midway', run: closesMidway },
  { title: 'HTTP/2: bodies, polls, 204', run: overHttp2, ...http },
  { title: 'HTTP/2: a body without a length', run: unknownLength2, ...http },
  { title: 'HTTP/2: polls at once on one connection', run: polls2, alone: true, ...http },
  { title: 'client closes, HTTP/1.1: reported after', run: aborts('close') },
  { title: 'client resets, HTTP/1.1: reported after', run: aborts('reset'), ...http },
  { title: 'FCGI_ABORT_REQUEST: reported after', run: aborts('abort'), skip: at => !at.isRaw },
  { title: 'client closes, HTTP/2: reported after', run: aborts2('connection'), ...http },
  { title: 'client ends the stream, HTTP/2: reported after', run: aborts2('stream'), ...http },
  { title: 'client of a stream of events closes, HTTP/1.1: reported after', run: streamAborts('close'), long: true, ...http },
  { title: 'new workers by SIGHUP: no request lost', run: reload, alone: true },
];

/** Lets a server run the program, as CGI does, by a user of its own, who has to reach everything; returns the paths. */
export function openUp(stack) {
  const program = stack.path('sbin', 'rollcalld');
  mkdirSync(stack.path('sbin'));
  copyFileSync(rollcalld, program);
  chmodSync(stack.dir, 0o777);
  for (const name of readdirSync(stack.dir)) if (name.startsWith('rollcall.')) chmodSync(stack.path(name), 0o666);
  return { rollcalld: program, conf: stack.path('rollcall.conf') };
}

/** Starts rollcalld and before it KIND ("raw" for none), with MORE options for startServer; resolves with { at, stop }. */
export async function startAt(kind, { more, over } = {}) {
  const stack = await startStack({
    conf: { ...conf, ...over },
    workers: 1,
    web: null,
    redisArgs: ['--unixsocketperm', '777'],
  });
  const began = { server: null };
  const stop = async () => {
    await began.server?.stop('SIGTERM', 3000);
    await stack.stop();
  };
  try {
    const dir = stack.path('web');
    mkdirSync(dir);
    const program = openUp(stack);
    if (kind !== 'raw')
      began.server = await startServer(kind, { dir, address: stack.address, ...program, ...more });
    const at = new At(kind, stack, began.server);
    stack.req = makeReady(stack);
    return { at, stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

/* What the harness asks for itself (workspaces, members, tokens) goes straight to rollcalld; what a check asks, which names a
 * port, through the server. */
function makeReady(stack) {
  const through = stack.req.bind(stack);
  return (method, path, options = {}) => {
    if (options.port) return through(method, path, options);
    const { body } = options;
    const text =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return rawRequest(stack, method, path, { ...options, body: text, mount: atPath });
  };
}

/** Runs the checks that CHOOSE says through KIND as tests: most at once, then those that need rollcalld for themselves. */
export function conform(kind, choose = () => true) {
  const mine = checks.filter(check => choose(check) && !check.skip?.({ isRaw: kind === 'raw', isCgi: kind.endsWith('-cgi') }));
  describe(kind, { concurrency: 1 }, () => {
    let begun;
    before(async () => {
      begun = await startAt(kind);
    });
    after(() => begun?.stop());
    /* The long ones wait, most of their time: with them under way, the others. */
    const together = mine.filter(check => !check.alone).sort((a, b) => (b.long ?? 0) - (a.long ?? 0));
    describe('all at once', { concurrency: 6 }, () => {
      for (const { title, run } of together) it(title, () => run(begun.at));
    });
    describe('one by one', () => {
      for (const { title, run } of mine.filter(check => check.alone)) it(title, () => run(begun.at));
    });
  });
}

/** The version of KIND, for the table. */
export function versionOf(kind) {
  const commands = {
    lighttpd: ['lighttpd', '-v', /lighttpd\/(\S+)/],
    nginx: ['nginx', '-v', /nginx\/(\S+)/],
    apache: ['apache2', '-v', /Apache\/(\S+)/],
    caddy: ['caddy', 'version', /v?(\d\S+)/],
  };
  const found = commands[kind.split('-')[0]];
  if (!found) return '';
  const [program, argument, pattern] = found;
  const text = execFileSync('sh', ['-c', `${program} ${argument} 2>&1`], { encoding: 'utf8' });
  return pattern.exec(text)[1];
}
