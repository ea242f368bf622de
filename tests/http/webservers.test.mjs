// SPDX-License-Identifier: ISC
// The same answers through every web server, wherever Rollcall is mounted, and over kept connections.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { query } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, pause } from '../lib/until.mjs';
import { startWeb, webServers } from '../lib/web.mjs';

describe('web servers', () => {
  let stack;
  const started = [];
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30, wait: 5, gap: 10 } });
  });
  after(async () => {
    await Promise.all(started.map(web => web.stop('SIGTERM', 3000)));
    await stack?.stop();
  });

  async function web(kind, mount) {
    const dir = stack.path(`web-${started.length}`);
    mkdirSync(dir);
    const child = await startWeb(kind, { dir, mount, address: stack.address });
    started.push(child);
    return { port: child.port, mount };
  }

  /* As they stand in a path; each is decoded exactly once. */
  const paths = {
    'a%20b': 'a b',
    '100%25': '100%',
    '100%2525': '100%25',
    '%C3%A9': 'é',
    'a%2Fb': 'a/b',
    'a+b': 'a+b',
    '%E4%BA%BA': '人',
    'x%3Fy%23z': 'x?y#z',
  };

  for (const kind of webServers) {
    for (const mount of ['/', '/presence']) {
      it(`${kind} at ${mount}: the same users by the same names`, async () => {
        const at = await web(kind, mount);
        const [u0] = await stack.room(1);
        for (const [path, user] of Object.entries(paths)) {
          const member = `/workspaces/${u0.ws}/members/${path}`;
          const put = await stack.adm('PUT', member, { body: { name: 'Someone' }, ...at });
          assert.equal(put.status, 201, `${path}: ${JSON.stringify(put.body)}`);
          assert.equal((await stack.adm('GET', member, at)).body.user, user);
          const { body } = await u0.ask('GET', `status${query({ user })}`, at);
          assert.deepEqual(
            body.users.map(one => [one.user, one.status]),
            [[user, 'offline']],
          );
          assert.equal((await stack.adm('DELETE', member, at)).status, 204);
        }
      });
    }

    it(`${kind}: a change wakes a poll, a token is passed on, and an identity is not taken from headers`, async () => {
      const at = await web(kind, '/rollcall');
      const [u0, u1] = await stack.room(2);
      const since = (await u1.ask('GET', 'status', at)).body.cursor;
      const parked = u1.poll({ since }, at);
      await pause(200);
      const joined = await u0.ask('POST', 'join', { body: {}, ...at });
      assert.equal(joined.status, 201);
      assert.deepEqual(
        (await parked).body.changes.map(change => change.user),
        ['u0'],
      );
      const headers = { 'Remote-User': 'u0', 'X-Remote-User': 'u0', 'X-Forwarded-User': 'u0', REMOTE_USER: 'u0' };
      assert.equal((await stack.req('GET', '/v1/me', { headers, ...at })).status, 401);
      assert.equal((await stack.req('GET', '/v1/me', { user: 'u0', headers, ...at })).body.user, 'u0');
    });

    it(`${kind}: kept connections serve requests in turn, after pauses and at once`, async () => {
      const at = await web(kind, '/rollcall');
      const [u0] = await stack.room(1);
      const beat = async () => {
        const { status, ms } = await u0.beat('session-kept', {});
        assert.equal(status, 200);
        assert.ok(ms < atMost(8000), `${ms} ms`);
      };
      const through = () =>
        u0.ask('POST', 'heartbeat', { body: { session: 'session-kept' }, ...at }).then(({ status, ms }) => {
          assert.equal(status, 200);
          assert.ok(ms < atMost(8000), `${ms} ms`);
        });
      for (let i = 0; i < 20; i++) await through();
      for (let i = 0; i < 2; i++) {
        await pause(1500);
        await through();
        await beat();
      }
      for (let i = 0; i < 3; i++) await Promise.all(Array.from({ length: 8 }, through));
    });
  }

  it('pass slow bodies on, which harm nobody and end at the time limit', async () => {
    const at = await web('apache', '/rollcall');
    const [u0] = await stack.room(1);
    const began = Date.now();
    const ends = [];
    const senders = Array.from({ length: 50 }, () => {
      const socket = net.connect(at.port, '127.0.0.1', () =>
        socket.write(
                    `POST /rollcall/v1/workspaces/${u0.ws}/heartbeat HTTP/1.1\r\nHost: localhost\r\n` +
                        `Authorization: Bearer ${stack.tokens.get('u0')}\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n`,
        ),
      );
      socket.on('error', () => {});
      socket.on('data', () => socket.end());
      const timer = setInterval(() => socket.write(' '), 1000);
      return new Promise(done =>
        socket.on('close', () => {
          clearInterval(timer);
          ends.push(Date.now() - began);
          done();
        }),
      );
    });
    const all = Promise.all(senders);
    let slowest = 0;
    while (ends.length < 50 && Date.now() - began < 30000) {
      const { status, ms } = await u0.beat('session-fast');
      assert.equal(status, 200);
      slowest = Math.max(slowest, ms);
      await pause(100);
    }
    await all;
    assert.ok(slowest < atMost(8000), `a heartbeat beside them took ${slowest} ms`);
    assert.ok(Math.max(...ends) < atMost(20000), `closed after ${Math.max(...ends)} ms`);
  });
});
