// SPDX-License-Identifier: ISC
// The clients for applications, before a real daemon: the same calls in each language, with the same answers.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { Client, languages } from './clients.mjs';

const key = randomBytes(32).toString('hex');

/* Each call with what it answers: a pattern that the answer has to contain, or a function of it. In this order, in a workspace WS. */
const table = [
  ['putWorkspace', ['WS'], { name: 'Acme & Söhne' }, { id: 'WS', name: 'Acme & Söhne', members: 0 }],
  ['putWorkspace', ['WS'], { last_seen: 'hour' }, { name: 'Acme & Söhne', last_seen: 'hour' }],
  ['workspace', ['WS'], undefined, { id: 'WS' }],
  ['workspaces', [], undefined, list => assert.ok(list.some(({ id }) => id.startsWith('acme-')))],
  ['putMember', ['WS', 'ann'], { name: 'Ann "A" Ames', role: 'admin' }, { user: 'ann', name: 'Ann "A" Ames', role: 'admin' }],
  ['putMember', ['WS', '../x'], undefined, { user: '../x', role: 'member' }],
  ['putMember', ['WS', 'a b/c?d&e=ü%2F'], { name: '🌴' }, { user: 'a b/c?d&e=ü%2F', name: '🌴' }],
  ['member', ['WS', '../x'], undefined, { user: '../x' }],
  ['members', ['WS'], undefined, list => assert.deepEqual(list.map(({ user }) => user), ['../x', 'a b/c?d&e=ü%2F', 'ann'])],
  ['removeMember', ['WS', '../x'], undefined, null],
  ['importMembers', ['WS', []], undefined, { added: 0, changed: 0, total: 0 }],
  ['importMembers', ['WS', [{ user: 'ben', name: 'Ben' }, { user: 'ann' }]], undefined, { added: 1, total: 2 }],
  ['setStatus', ['WS', 'ann'], { text: 'At lunch', emoji: '🍜', dnd: true, for: 600 }, { text: 'At lunch', dnd: true }],
  ['memberStatus', ['WS', 'ann'], undefined, { text: 'At lunch', emoji: '🍜' }],
  ['clearStatus', ['WS', 'ann'], { all: true }, null],
  ['putClaim', ['WS', 'ann', 'calendar'], { text: 'In a meeting', for: 60 }, { text: 'In a meeting' }],
  ['explain', ['WS', 'ann'], undefined, { status: 'offline' }],
  ['endClaim', ['WS', 'ann', 'calendar'], undefined, null],
  ['memberStatus', ['WS', 'ann'], undefined, status => assert.equal(status.text, undefined)],
  ['sessions', ['WS', 'ann'], undefined, []],
  ['endSessions', ['WS', 'ann'], undefined, null],
  ['places', ['WS'], undefined, []],
  ['putDm', ['WS', 1001, ['ann', 'ben']], { name: 'Lunch' }, { id: 1001, name: 'Lunch', group: true }],
  ['dms', ['WS'], undefined, list => assert.deepEqual(list.map(({ id }) => id), [1001])],
  ['deleteDm', ['WS', 1001], undefined, null],
  ['tokens', [], undefined, list => assert.ok(list.some(({ admin }) => admin))],
  ['revokeToken', [999999], undefined, null],
  ['request', ['GET', '/me'], undefined, { admin: true }],
  ['counts', ['WS'], undefined, { members: 3, active: 0, away: 0, offline: 3, dnd: 0 }],
  ['statuses', ['WS'], undefined, []],
  ['statuses', ['WS', ['ann', 'nobody', 'ben']], undefined, list => assert.deepEqual(list.map(({ user }) => user), ['ann', 'ben'])],
  ['statuses', ['WS', []], undefined, []],
  ['stream', ['WS'], { wait: 0 }, { changes: [], more: false }],
  ['notify', ['WS', ['ben', 'nobody', 'ann']], undefined, list => {
    assert.deepEqual(list.map(({ user, push, because }) => [user, push, because]), [['ben', true, 'offline'], ['ann', true, 'offline']]);
  }],
  ['notify', ['WS', []], undefined, []],
  ['userPresence', ['a b/c?d&e=ü%2F'], undefined, { user: 'a b/c?d&e=ü%2F' }],
  ['putWebhook', ['crm'], { url: 'http://127.0.0.1:9/', workspace: 'WS', active: false }, { id: 'crm', delay: 3, active: false }],
  ['webhooks', [], undefined, list => assert.deepEqual(list.map(({ id }) => id), ['crm'])],
  ['webhook', ['crm'], undefined, hook => assert.deepEqual(hook.workspaces.map(({ delivered }) => delivered), [0])],
  ['rotateWebhookSecret', ['crm'], undefined, ({ secret }) => assert.match(secret, /^whsec_/)],
  ['deleteWebhook', ['crm'], undefined, null],
  ['createToken', [], { scope: ['read'], workspace: 'WS', label: 'r' }, { scope: ['read'], admin: false }],
  ['deleteWorkspace', ['WS'], undefined, null],
];

/* Calls that are wrong before anything is sent. With a path that web servers resolve, some would delete something else. */
const wrong = [
  ['deleteWorkspace', ['..']],
  ['deleteWorkspace', ['']],
  ['workspace', ['.']],
  ['endClaim', ['acme', 'ann', '..']],
  ['deleteWebhook', ['..']],
  ['member', ['acme', '']],
  ['sign', ['']],
  ['sign', ['ann', ['acme'], 0]],
  ['verify', [{}, '{}']],
];

const claimsOf = jwt => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));

describe('clients for applications', () => {
  let stack;
  before(async () => {
    stack = await startStack({
      auth: ['token', 'jwt'],
      conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10, jwt: { algorithm: 'HS256', key_file: undefined, provision: true } },
      beforeStart: made => {
        writeFileSync(made.path('jwt.key'), `${key}\n`);
        made.conf.jwt.key_file = made.path('jwt.key');
      },
    });
  });
  after(() => stack?.stop());

  /* Resolves with as many workspaces as GET presence has on two pages, with the same member in all, as one. */
  let roams;
  const roamed = () => roams ??= (async () => {
    const all = Array.from({ length: 102 }, (_, i) => `roamed-${String(i).padStart(3, '0')}`);
    for (const ws of all) {
      await stack.admDone('PUT', `/workspaces/${ws}`, { body: {} });
      assert.equal((await stack.admDone('PUT', `/workspaces/${ws}/members/roamer`, { body: {} })).status, 201);
    }
    stack.tokens.set('roamer', await stack.newToken({ user: 'roamer' }));
    return all;
  })();

  const urlOf = port => `http://127.0.0.1:${port}/rollcall`;

  for (const language of languages)
    describe(language, () => {
      const ws = `acme-${language.toLowerCase()}`;
      let client;
      before(async () => {
        client = new Client(language);
        await client.say({ url: `${urlOf(stack.port)}/`, options: { token: stack.admin, key: `${key}\n` } });
      });
      after(() => client?.stop());

      /** A client with other OPTIONS, for FN. */
      async function withClient(url, options, fn) {
        const other = new Client(language);
        try {
          assert.deepEqual(await other.say({ url, options }), { result: null });
          await fn(other);
        } finally {
          await other.stop();
        }
      }

      for (const [call, args, named, wanted] of table)
        it(`${call}(${[...args, ...(named ? [named] : [])].map(one => JSON.stringify(one)).join(', ')})`, async () => {
          const here = value => (value === 'WS' ? ws : value);
          const fields = named && Object.fromEntries(Object.entries(named).map(([name, value]) => [name, here(value)]));
          const got = await client.call(call, args.map(here), fields);
          if (typeof wanted === 'function') wanted(got);
          else if (wanted === null || Array.isArray(wanted)) assert.deepEqual(got, wanted);
          else for (const [name, value] of Object.entries(wanted)) assert.deepEqual(got[name], here(value), name);
        });

      it('makes tokens, and they are used', async () => {
        await client.call('putWorkspace', [ws]);
        await client.call('putMember', [ws, 'ann']);
        const made = await client.call('createToken', [], { user: 'ann', label: 'web', expires_in: 60 });
        const { status, body } = await stack.req('GET', '/v1/me', { token: made.token });
        assert.deepEqual([status, body.user], [200, 'ann']);
        await client.call('revokeToken', [made.id]);
        assert.equal((await stack.req('GET', '/v1/me', { token: made.token })).status, 401);
      });

      it('signs users in', async () => {
        const jwt = await client.call('sign', ['zoë "z"', [ws], 600]);
        const { iat, ...claims } = claimsOf(jwt);
        assert.deepEqual(claims, { sub: 'zoë "z"', rollcall_workspaces: [ws], exp: iat + 600 });
        const named = await client.call('sign', ['zoë "z"', [ws], 600], { name: 'Zoë' });
        const joined = await stack.req('POST', `/v1/workspaces/${ws}/join`, { token: named, body: {} });
        assert.deepEqual([joined.status, joined.body.user], [201, 'zoë "z"']);
        assert.equal((await client.call('member', [ws, 'zoë "z"'])).name, 'Zoë');
      });

      it('reads who is here, and waits for what changes', async () => {
        await client.call('putMember', [ws, 'reader']);
        stack.tokens.set('reader', await stack.newToken({ user: 'reader' }));
        const { cursor } = await client.call('stream', [ws], { wait: 0 });
        /* An answer may also tell only that members have changed. */
        const told = async (since, left = 4) => {
          const got = await client.call('stream', [ws], { since, wait: 10 });
          return got.changes.length || left === 0 ? got : told(got.cursor, left - 1);
        };
        const next = told(cursor);
        const reader = stack.as('reader', ws);
        const { session } = await reader.join();
        const { changes } = await next;
        assert.equal(changes.find(({ user }) => user === 'reader')?.status, 'active', JSON.stringify(changes));
        const [status] = await client.call('statuses', [ws, ['reader']]);
        assert.equal(status.status, 'active');
        assert.ok((await client.call('statuses', [ws])).some(({ user }) => user === 'reader'));
        assert.ok((await client.call('counts', [ws])).active >= 1);
        await reader.leaveNow(session);
        const many = Array.from({ length: 501 }, (_, i) => `nobody${i}`);
        assert.deepEqual((await client.call('statuses', [ws, [...many, 'reader']])).map(({ user }) => user), ['reader']);
      });

      it('reads where somebody is in all of their workspaces, however many', async () => {
        const all = await roamed();
        const roamer = stack.as('roamer', all.at(-1));
        const { session } = await roamer.join();
        const { user, status, next, workspaces } = await client.call('userPresence', ['roamer']);
        assert.deepEqual([user, status, next], ['roamer', 'active', undefined]);
        assert.deepEqual(workspaces.map(({ workspace }) => workspace), all);
        assert.equal(workspaces.at(-1).status, 'active');
        await roamer.leaveNow(session);
        assert.equal((await client.call('userPresence', ['roamer'])).status, 'offline');
      });

      it('receives what a webhook sends, a test and what is sent again, and believes either secret', async () => {
        const got = [];
        const server = http.createServer(async (request, response) => {
          const chunks = await request.toArray();
          got.push([request.headers, Buffer.concat(chunks).toString()]);
          response.writeHead(204).end();
        });
        await new Promise(done => server.listen(0, '127.0.0.1', done));
        const fields = { url: `http://127.0.0.1:${server.address().port}/`, workspace: ws, delay: 0 };
        const { secret } = await client.call('putWebhook', ['receiver'], fields);
        await client.call('testWebhook', ['receiver']);
        const typesOf = () => got.map(([, text]) => JSON.parse(text).type);
        await until(() => typesOf().includes('rollcall.test'), 'the test comes', 30000);
        await until(async () => (await client.call('webhook', ['receiver'])).workspaces[0].lag_changes === 0, 'it is told all', 30000);
        const { secret: next } = await client.call('rotateWebhookSecret', ['receiver']);
        await client.call('replayWebhook', ['receiver', ws]);
        const signedTwice = ([headers]) => headers['webhook-signature'].split(' ').length === 2;
        await until(() => got.some(signedTwice), 'it is told again', 30000);
        await client.call('deleteWebhook', ['receiver']);
        server.close();
        for (const secrets of [secret, next, [next, secret]])
          await withClient('http://localhost', { secrets }, async other => {
            const said = [];
            for (const args of got) said.push(await other.say({ call: 'verify', args }));
            const last = said.at(-1);
            assert.deepEqual(last.result?.type, 'rollcall.changes', JSON.stringify(last));
            assert.equal(last.result.data.workspace, ws);
            if (Array.isArray(secrets)) assert.ok(said.every(({ result }) => result), JSON.stringify(said));
          });
      });

      it('says what is wrong, with the sentence and the code of the answer', async () => {
        const missing = await client.error('member', [ws, 'nobody']);
        assert.equal(missing.status, 404);
        assert.equal(missing.code, 'not_found');
        const { body } = await stack.adm('GET', `/workspaces/${ws}/members/nobody`);
        assert.equal(missing.message, body.detail);
        assert.equal((await client.error('putMember', [ws, 'ann'], { name: '' })).code, 'bad_request');
        const user = await client.call('createToken', [], { user: 'ann' });
        await withClient(urlOf(stack.port), { token: user.token }, async other => {
          assert.equal((await other.error('workspace', [ws])).code, 'admin_only');
        });
        await withClient(urlOf(stack.port), {}, async other => {
          assert.equal((await other.error('workspace', [ws])).code, 'no_credential');
        });
      });

      it('names the wrong line of an import in portions, and says what was imported', async () => {
        const members = Array.from({ length: 20003 }, (_, i) => ({ user: `m${i}`, name: `Member ${i}` }));
        members[20001].name = '';
        const error = await client.error('importMembers', [ws, members]);
        assert.deepEqual([error.status, error.line], [400, 20002]);
        assert.match(error.message, /^Line 20002: .* Only the first 20000 members were imported\.$/);
        members[20001].name = 'Last but one';
        assert.deepEqual(await client.call('importMembers', [ws, members]), { added: 3, changed: 0, total: 20003 });
        const all = await client.call('members', [ws]);
        assert.equal(all.filter(({ user }) => /^m\d/.test(user)).length, 20003);
      });

      for (const [call, args] of wrong)
        it(`sends nothing for ${call}(${JSON.stringify(args).slice(1, -1)})`, async () => {
          const answer = await client.say({ call, args });
          assert.equal(answer.wrong, true, JSON.stringify(answer));
        });

      /* In PHP such a call is a TypeError of its own. */
      if (language !== 'PHP')
        for (const [call, args] of [
          ['sign', ['ann', 'acme']],
          ['notify', ['acme', 'ann']],
          ['statuses', ['acme', 'ann']],
        ])
          it(`takes no text for a list in ${call}(${JSON.stringify(args).slice(1, -1)})`, async () => {
            const answer = await client.say({ call, args });
            assert.equal(answer.wrong, true, JSON.stringify(answer));
          });

      it('is not made with what cannot work', async () => {
        for (const [url, options] of [
          ['/presence', {}],
          ['ftp://localhost', {}],
          ['http://localhost', { token: 'rc_x\r\nX-Evil: 1' }],
          ['http://localhost', { algorithm: 'none' }],
          ['http://localhost', { secrets: ['whsec_%'] }],
        ]) {
          const answer = await client.say({ url, options });
          assert.equal(answer.wrong, true, `${url}: ${JSON.stringify(answer)}`);
        }
        await withClient('http://localhost', { key: 'short' }, async other => {
          assert.equal((await other.say({ call: 'sign', args: ['ann'] })).wrong, true);
        });
      });

      it('says that nothing answers there, or something else', async () => {
        await withClient('http://127.0.0.1:1/presence', {}, async other => {
          const { status, code, message } = await other.error('workspace', ['acme']);
          assert.deepEqual([status, code], [0, 'unreachable']);
          assert.match(message, /cannot be reached: .+/);
        });
        await withClient(`http://127.0.0.1:${stack.port}/elsewhere`, {}, async other => {
          const { status, code } = await other.error('workspace', ['acme']);
          assert.deepEqual([status, code], [404, 'bad_answer']);
        });
      });

      it('takes what a peer sends for what it is', async () => {
        const json = '{"id":"acme"}';
        const problem = '{"code":"rate_limited","detail":"Too many.","status":429}';
        const cases = {
          'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/': { status: 302, code: 'bad_answer' },
          'HTTP/1.1 200 OK': { status: 200, code: 'bad_answer' },
          [`HTTP/1.1 429 X\r\nRetry-After: 7\r\n\r\n${problem}`]: { status: 429, code: 'rate_limited', retryAfter: 7, message: 'Too many.' },
          [`HTTP/1.1 503 X\r\nRetry-After: soon\r\n\r\n<h1>`]: { status: 503, code: 'bad_answer', retryAfter: null },
          'nonsense\r\n\r\n': { status: 0, code: 'unreachable' },
        };
        let answer;
        const server = net.createServer(socket => {
          socket.on('error', () => {});
          socket.once('data', () => socket.end(answer));
        });
        await new Promise(done => server.listen(0, '127.0.0.1', done));
        await withClient(`http://127.0.0.1:${server.address().port}`, { token: 'rc_x' }, async other => {
          for (const [head, wanted] of Object.entries(cases)) {
            answer = head.includes('\r\n\r\n') ? head : `${head}\r\n\r\n`;
            const error = await other.error('workspace', ['acme']);
            for (const [name, value] of Object.entries(wanted)) assert.deepEqual(error[name], value, `${head}: ${JSON.stringify(error)}`);
          }
          answer = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`;
          assert.deepEqual(await other.call('workspace', ['acme']), { id: 'acme' });
        });
        server.close();
      });

      it('gives up after its timeout, whether nothing comes or too little', async () => {
        const cases = { nothing: { lateMs: 1600 }, bytes: { lateMs: 0, everyMs: 50 }, 'nothing of its last answer': { lateMs: 1600, last: true } };
        for (const [what, { lateMs, everyMs, last }] of Object.entries(cases)) {
          const timers = [];
          const server = net.createServer(socket => {
            socket.on('error', () => {});
            const length = last ? 'Connection: close' : 'Content-Length: 100000';
            timers.push(setTimeout(() => socket.write(`HTTP/1.1 200 OK\r\n${length}\r\n\r\n`), lateMs));
            if (everyMs) timers.push(setInterval(() => socket.write(' '), everyMs));
          });
          await new Promise(done => server.listen(0, '127.0.0.1', done));
          try {
            await withClient(`http://127.0.0.1:${server.address().port}`, { timeout: 2 }, async other => {
              const took = [];
              while (took.length < 4 && !(Math.min(...took) < 3500)) { // a busy machine may stand still for once
                const start = performance.now();
                const { status, code, message } = await other.error('workspace', ['acme']);
                assert.deepEqual([status, code, message], [0, 'timeout', 'No answer in 2 s'], what);
                took.push(performance.now() - start);
              }
              assert.ok(Math.min(...took) < 3500, `${what}: the time counts from the beginning, not for ${took} ms`);
            });
          } finally {
            timers.forEach(clearInterval);
            server.close();
          }
        }
      });
    });
});
