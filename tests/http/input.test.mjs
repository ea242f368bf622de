// SPDX-License-Identifier: ISC
// Text and JSON that are not what they should be: refused going in, skipped coming out, never cut short.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as fcgi from '../lib/fcgi.mjs';
import { operations } from '../lib/openapi.mjs';
import { newSession, query } from '../lib/person.mjs';
import { unmeasured } from '../lib/program.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { atMost, until } from '../lib/until.mjs';

const invalid = {
  'a lone continuation': [0xc3, 0x28],
  'a surrogate': [0xed, 0xa0, 0x80],
  'an overlong slash': [0xc0, 0xaf],
  'beyond U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
  'a cut sequence': [0xe2, 0x82],
};
const percent = bytes => bytes.map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('');

describe('input', { concurrency: 4 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ auth: ['token', 'remote_user'], conf: { ttl: 60, heartbeat: 30, wait: 2 } });
  });
  after(() => stack?.stop());

  for (const [name, bytes] of Object.entries(invalid)) {
    it(`that is not UTF-8 is refused: ${name}`, async () => {
      const [u0] = await stack.room(1);
      const named = await fcgi.call(stack.address, 'GET', '/v1/me', {
        over: { REMOTE_USER: Buffer.from(bytes), AUTH_TYPE: 'Basic' },
      });
      assert.ok([400, 401].includes(named.status), `REMOTE_USER: ${named.status}`);
      assert.equal((await u0.ask('GET', `status?user=${percent(bytes)}`)).status, 400);
      assert.equal((await u0.ask('GET', `members?after=${percent(bytes)}`)).status, 400);
      assert.equal(
        (await stack.adm('PUT', `/workspaces/${u0.ws}/members/${percent(bytes)}`, { body: {} })).status,
        400,
      );
      const json = Buffer.concat([Buffer.from('{"users":["'), Buffer.from(bytes), Buffer.from('"]}')]);
      assert.equal((await u0.ask('POST', 'status', { body: json })).status, 400);
    });
  }

  it('that is wrong in the middle of a character is told what is wrong with it', async () => {
    const [u0] = await stack.room(1);
    const { status, body } = await u0.ask('POST', 'heartbeat', { body: '{"session":"\\uéé"}' });
    assert.deepEqual([status, body.code], [400, 'bad_json']);
    assert.match(body.detail, /Invalid JSON at column \d+: invalid escape/);
  });

  it('with a NUL is refused, never cut there', async () => {
    const [u0] = await stack.room(1);
    const session = newSession();
    const bodies = [
            `{"session":"${session}\\u0000x"}`,
            `{"session":"${session}","status":"away\\u0000"}`,
            `{"session":"${session}","x\\u0000":1}`,
            `{"session":"${session}","session\\u0000":"y"}`,
            Buffer.concat([Buffer.from(`{"session":"${session}`), Buffer.from([0]), Buffer.from('"}')]),
    ];
    for (const body of bodies)
      assert.equal((await u0.ask('POST', 'heartbeat', { body })).status, 400, String(body));
    for (const one of ['user=u0%00', 'user=u0%00x', 'after=u0%00', 'limit=5%00x'])
      assert.equal((await u0.ask('GET', `status?${one}`)).status, 400, one);
    for (const one of [`status=away%00x&session=${session}`, 'wait=0%00x', `session=${session}%00`])
      assert.equal((await u0.ask('GET', `stream?wait=0&${one}`)).status, 400, one);
    assert.equal((await stack.adm('PUT', `/workspaces/${u0.ws}/members/u0%00x`, { body: {} })).status, 400);
    assert.ok(
      [400, 403].includes((await stack.req('GET', `/v1/workspaces/${u0.ws}%00x/status`, { user: 'u0' })).status),
    );
  });

  it('of JSON that is too deep, too much, or double is refused quickly, and memory stays flat', async () => {
    const [u0] = await stack.room(1);
    const [worker] = stack.workers();
    const resident = () => Number(readFileSync(`/proc/${worker}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
    const post = body => u0.ask('POST', 'status', { body });
    const bodies = [
      '['.repeat(100000),
      '{"a":'.repeat(50000),
            `{"users":[${'1,'.repeat(120000)}1]}`,
            `[${'[],'.repeat(80000)}1]`,
            '{"users":[],"users":["u0"]}',
            '{"a":{"b":1,"b":2}}',
            `{"users":${'['.repeat(40)}${']'.repeat(40)}}`,
            '[]',
            'null',
            '"x"',
            '1',
            '{} {}',
            '{"users":[]}x',
            "{'users':[]}",
            '{"users":[],}',
            '{"users":["\\ud800"]}',
            '{"n":1e400}',
            '{"n":NaN}',
    ];
    const sizes = [];
    const isFlat = () => unmeasured || sizes.at(-1) - sizes.at(-3) < 2048;
    while (sizes.length < 3 || (!isFlat() && sizes.length < 9)) { // other tests need memory meanwhile
      for (const body of bodies) {
        const { status, ms } = await post(body);
        assert.equal(status, 400, body.slice(0, 60));
        assert.ok(ms < atMost(8000), `${body.slice(0, 60)} took ${ms} ms`);
      }
      sizes.push(resident());
    }
    assert.ok(isFlat(), `KiB after each round: ${sizes}`);
  });

  it('that is compressed is refused as such, whatever reads a body', async () => {
    const [u0] = await stack.room(1);
    const packed = gzipSync('{"name":"x"}');
    const resources = operations().filter(({ bodyNames }) => bodyNames);
    for (const { method, template } of resources) {
      const path = template.replace('{workspace}', u0.ws).replace('{user}', 'u0').replace('{id}', '9');
      const token = template.startsWith('/v1/admin') ? stack.admin : stack.tokens.get('u0');
      for (const encoding of ['gzip', 'br', 'x-nothing']) {
        const headers = { 'Content-Encoding': encoding };
        const answer = await stack.req(method.toUpperCase(), path, { token, headers, body: packed });
        assert.deepEqual([answer.status, answer.body.code], [415, 'unsupported_encoding'], path);
        assert.equal(answer.headers['accept-encoding'], 'identity');
      }
    }
    const as = encoding => ({ headers: { 'Content-Encoding': encoding }, body: { session: newSession() } });
    assert.equal((await u0.ask('POST', 'join', as('identity'))).status, 201);
    assert.equal((await u0.ask('GET', 'status', { headers: { 'Content-Encoding': 'gzip' } })).status, 200);
  });

  it('that is a whole number is taken however JSON writes it', async () => {
    const [u0] = await stack.room(1);
    const post = body => u0.ask('POST', 'stream', { body });
    for (const body of ['{"wait":0.0,"limit":1e1}', '{"wait":0e5,"limit":10.0}'])
      assert.equal((await post(body)).status, 200, body);
    for (const body of ['{"wait":0.5}', '{"limit":1e300}', '{"limit":99999999999999999999}', '{"limit":1e-1}'])
      assert.equal((await post(body)).status, 400, body);
    const made = await stack.adm('POST', '/tokens', { body: '{"user":"u0","expires_in":86400.0}' });
    assert.equal(made.status, 201);
    assert.ok(Math.abs(made.body.expires - Date.now() - 86400000) < 60000);
    for (const one of ['1e1', '10.0', '+1', ' 1', '0x10'])
      assert.equal((await u0.ask('GET', `status${query({ limit: one })}`)).status, 400, one);
  });

  it('of wrong types is refused', async () => {
    const [u0] = await stack.room(1);
    const session = newSession();
    for (const body of [
      { session, status: 1 },
      { session, n: 'x' },
      { session, n: 1.5 },
      { session, n: 1e300 },
      { session, n: -1 },
      { session, n: true },
      { session: null },
    ]) {
      assert.equal((await u0.ask('POST', 'heartbeat', { body })).status, 400, JSON.stringify(body));
    }
    for (const body of [
      { session, now: 1 },
      { session, now: 'true' },
    ])
      assert.equal((await u0.ask('POST', 'leave', { body })).status, 400, JSON.stringify(body));
    for (const body of [
      { since: 1 },
      { wait: '1' },
      { wait: -1 },
      { limit: 0 },
      { users: 'u0' },
      { users: [1] },
      { user: ['u0'] },
      { status: 'offline' },
    ]) {
      assert.equal((await u0.ask('POST', 'stream', { body })).status, 400, JSON.stringify(body));
    }
  });

  it('that is to be a name has something to see in it, and an end', async () => {
    const [u0] = await stack.room(1);
    const put = name => stack.adm('PUT', `/workspaces/${u0.ws}/members/named`, { body: { name } });
    const refused = {
      empty: '',
      blank: '   ',
      'zero-width': '\u200b'.repeat(15),
      'only joiners': '\u200d\u2060\ufeff',
      'combining marks': `a${'\u0301'.repeat(500)}`,
      huge: 'x'.repeat(16000),
      'a line': 'a\nb',
      'an escape': 'a\u001b[31mb',
      'a C1': 'a\u0085b',
    };
    for (const [what, name] of Object.entries(refused)) assert.equal((await put(name)).status, 400, what);
    for (const name of ['Zoë', '李小龍', 'O\u2019Brien', 'e\u0301', '👩‍👩‍👧', 'مريم', `${'x'.repeat(256)}`, 'नमस्ते'])
      assert.ok((await put(name)).status < 300, name);
    assert.equal((await put('x'.repeat(257))).status, 400);
    await put('\u202egnorw');
    const { body } = await u0.ask('GET', `members${query({ limit: 1000 })}`);
    assert.ok(body.members.every(one => one.name.length > 0));
  });

  it('that is to be an id is bounded in bytes', async () => {
    const [u0] = await stack.room(1);
    for (const [user, status] of [
      ['é'.repeat(64), 201],
      ['é'.repeat(65), 400],
      ['x'.repeat(128), 201],
      ['x'.repeat(129), 400],
      ['a\tb', 400],
      ['a\u0085b', 400],
    ]) {
      assert.equal(
        (await stack.adm('PUT', `/workspaces/${u0.ws}/members/${encodeURIComponent(user)}`, { body: {} }))
          .status,
        status,
                `${Buffer.byteLength(user)} bytes`,
      );
    }
  });
});

describe('what is kept', () => {
  it('that is bad in Redis or the directory is skipped and logged, and the others are served', () =>
    withStack({ conf: { ttl: 60, heartbeat: 30 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      await u0.join();
      const [meta] = await stack.redis('KEYS', `rollcall:*:${u0.ws}:meta`);
      const base = meta.slice(0, -':meta'.length);
      const seq = Number(await stack.redis('HGET', meta, 'seq'));
      const bad = [Buffer.from([0xc3, 0x28]), Buffer.from([0xed, 0xa0, 0x80]), 'not-json'];
      for (const [i, key] of bad.entries()) {
        await stack.redis(
          'HSET',
                    `${base}:state`,
                    key,
                    key === 'not-json' ? '{"status":' : '{"status":"active","since":1,"why":"join"}',
        );
        await stack.redis('ZADD', `${base}:changed`, String(seq + 1 + i), key);
      }
      await stack.redis('HSET', meta, 'seq', String(seq + bad.length));
      const sql = `INSERT INTO user (id, created_ms) VALUES (CAST(X'C328' AS TEXT), 1);
      INSERT INTO member (workspace, user, name, role, created_ms) VALUES ('${u0.ws}', CAST(X'C328' AS TEXT), CAST(X'C328' AS TEXT), 'member', 1);`;
      try {
        execFileSync('sqlite3', ['-cmd', '.timeout 20000', stack.path('rollcall.db'), sql], { stdio: 'pipe' });
      } catch (error) {
        throw new Error(`the bad member cannot be written: ${error.stderr}`);
      }
      await stack.kill(); // a new view reads it all
      stack.startDaemon();
      await stack.ready();
      await u1.join();
      const everything = (await u1.poll({ wait: 0 })).body.changes.map(change => change.user).sort();
      assert.deepEqual(everything, ['u0', 'u1']);
      const members = (await u1.ask('GET', 'members')).body.members;
      assert.deepEqual(
        members.map(one => one.user),
        ['u0', 'u1'],
      );
      await until(() => /skipped|not valid|invalid|malformed/i.test(stack.log()), 'the log tells of it');
    }));
});

describe('bodies of which too many come at once', () => {
  const MiB = 1024;
  const target = '/v1/admin/workspaces/acme/members';

  /* All but the end of an import of 0.9 MB. */
  function half(stack) {
    const body = Buffer.alloc(900000, ' ');
    const params = fcgi.pairs(fcgi.variables('POST', target, { body, token: stack.admin }));
    const whole = [fcgi.begin(1), fcgi.stream(fcgi.PARAMS, 1, params), fcgi.stream(fcgi.STDIN, 1, body)];
    return Buffer.concat(whole).subarray(0, -8);
  }

  it('are held in bounds, the oldest are answered 503, and their memory is given back', () =>
    withStack({ web: null, conf: { ttl: 60, heartbeat: 30 } }, async stack => {
      const [worker] = stack.workers();
      const resident = () => Number(readFileSync(`/proc/${worker}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
      const drained = connection => until(() => connection.socket.writableLength === 0, 'it is taken', 30000);
      const before = resident();
      const bytes = half(stack);
      const connections = [];
      while (connections.length < 150) {
        const connection = await fcgi.Connection.open(stack.address);
        connections.push(connection);
        connection.send(bytes);
        await drained(connection);
      }
      assert.ok(unmeasured || resident() - before < 96 * MiB, `${before} KiB grew to ${resident()}`);
      assert.equal((await fcgi.call(stack.address, 'GET', '/healthz')).status, 200);
      connections[0].send(fcgi.record(fcgi.STDIN, 1));
      const refused = await connections[0].answer();
      if (refused) {
        assert.deepEqual([refused.status, refused.body.code], [503, 'crowded_out']);
        assert.ok(Number(refused.headers['retry-after']) >= 1);
      } else {
        /* On a slow machine its time was over. */
        assert.equal(connections[0].isClosed, true);
      }
      for (const connection of connections) connection.destroy();
      if (!unmeasured) await until(() => resident() - before < 4 * MiB, 'memory is given back');
    }));
});
