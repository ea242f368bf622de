// SPDX-License-Identifier: ISC
// Many at once: nobody waits for the crowd, and a crowd that has gone leaves nothing behind. Their identity comes by
// REMOTE_USER over raw FastCGI, so that thousands need no tokens.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { withStack } from '../lib/stack.mjs';
import { atMost, until } from '../lib/until.mjs';

const withOwn = (options, fn) => withStack({ auth: ['token', 'remote_user'], ...options }, fn);

async function importMembers(stack, ws, users) {
  const body = users.map(user => JSON.stringify({ user })).join('\n');
  const { status } = await stack.adm('POST', `/workspaces/${ws}/members`, {
    body,
    headers: { 'Content-Type': 'application/x-ndjson' },
  });
  assert.equal(status, 200);
}

const as = user => ({ REMOTE_USER: user, AUTH_TYPE: 'Basic' });

/* Each of USERS beats once in SESSIONS sessions. */
async function beatOnce(stack, ws, users, sessions) {
  const statuses = await fcgi.callMany(stack.address, users.length * sessions, i => ({
    method: 'POST',
    target: `/v1/workspaces/${ws}/heartbeat`,
    body: { session: `session-${Math.floor(i / users.length)}` },
    over: as(users[i % users.length]),
  }));
  assert.deepEqual(statuses, { 200: users.length * sessions });
}

/* A stream of PERSON that nobody reads from. */
async function openStream(stack, person) {
  const connection = await fcgi.Connection.open(stack.address);
  const over = { ...as(person.user), HTTP_ACCEPT: 'text/event-stream' };
  connection.send(fcgi.requestBytes({ params: fcgi.variables('GET', `/v1/workspaces/${person.ws}/stream`, { over }) }));
  return connection;
}

describe('a crowd', () => {
  it('that beats once and never again leaves Redis as it was', () =>
  // retention is what keeps those who have gone; here it is as short as a lease.
    withOwn({ conf: { ttl: 2, heartbeat: 1, wait: 1, gap: 1, retention: 2 } }, async stack => {
      const users = Array.from({ length: 4000 }, (_, i) => `member-${i}`);
      await stack.people('acme', 'u', 1);
      await importMembers(stack, 'acme', users);
      await beatOnce(stack, 'acme', ['u0'], 1);
      const size = async () => {
        const keys = await stack.redis('KEYS', 'rollcall:*');
        const each = await Promise.all(keys.map(key => stack.redis('MEMORY', 'USAGE', key)));
        return each.reduce((sum, bytes) => sum + (bytes ?? 0), 0);
      };
      const empty = await until(
        async () => (await stack.redis('KEYS', 'rollcall:*:u:*')).length === 0 && size(),
        'the first one is gone',
        20000,
      );
      await beatOnce(stack, 'acme', users, 3);
      assert.ok((await size()) > 100 * empty, 'it was a crowd');
      await until(async () => (await size()) <= empty + 200, 'Redis is back to its size', 90000);
      const due = await stack.redis('KEYS', 'rollcall:*:due');
      assert.deepEqual(due, []);
    }));

  it('that nobody watches lapses once each, with three workers at it', () =>
    withOwn(
      {
        workers: 3,
        conf: { ttl: 3, heartbeat: 1, wait: 1, gap: 1 },
        redisArgs: ['--notify-keyspace-events', ''],
      },
      async stack => {
        const users = Array.from({ length: 600 }, (_, i) => `member-${i}`);
        const [u0] = await stack.people('acme', 'u', 1);
        await importMembers(stack, 'acme', users);
        await stack.as(u0, 'acme').cursor(); // so that there is an epoch
        const heard = await stack.changesOf('acme');
        await beatOnce(stack, 'acme', users, 1);
        const offline = () =>
          heard
            .map(({ message }) => message.split(' '))
            .filter(([, , status]) => status === 'offline')
            .map(words => words[5])
            .filter(user => user !== 'u0');
        await until(() => offline().length >= users.length, 'all lapses are told', 20000);
        await u0Settles(stack, heard);
        assert.equal(offline().length, users.length);
        assert.equal(new Set(offline()).size, users.length);
      },
    ));

  /* One more change, so that whatever was to be told before it has been told. */
  async function u0Settles(stack, heard) {
    await fcgi.call(stack.address, 'POST', '/v1/workspaces/acme/heartbeat', {
      body: { session: 'session-u0' },
      over: as('u0'),
    });
    await until(
      () => heard.some(({ message }) => message.endsWith(' u0') && message.includes(' lapsed ')),
      'the last one lapses',
      20000,
    );
  }

  it('of parked polls keeps no heartbeat, leave or administrator waiting', () =>
    withOwn({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      const since = await u0.cursor();
      const parked = Array.from({ length: 52 }, () => u0.poll({ since })); // workers + 50
      await until(async () => (await stack.parked()) === 52, 'all are parked');
      const { session } = await u1.join();
      const answers = [
        await u1.beat(session),
        await u1.leave(session),
        await stack.adm('GET', '/workspaces'),
        await stack.adm('PUT', '/workspaces/another', { body: {} }),
        await stack.adm('GET', '/tokens'),
        await u1.ask('GET', 'members'),
        await stack.req('GET', '/healthz'),
      ];
      for (const { status, ms } of answers) assert.ok(status < 300 && ms < atMost(8000), `${status} in ${ms} ms`);
      for (const one of parked)
        assert.deepEqual(
          (await one).body.changes.map(change => change.user),
          ['u1'],
        );
    }));

  it('of pollers gets a storm of changes in few answers, and each its end', () =>
    withOwn({ conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10 } }, async stack => {
      const users = Array.from({ length: 300 }, (_, i) => `member-${i}`);
      const [u0] = await stack.room(1);
      await importMembers(stack, u0.ws, users);
      const followers = await Promise.all(Array.from({ length: 20 }, () => u0.follow()));
      await beatOnce(stack, u0.ws, users, 1);
      await until(
        () => followers.every(one => new Set(one.changes.map(change => change.user)).size === users.length),
        'all are told of all',
        15000,
      );
      for (const one of followers) assert.equal(one.changes.length, users.length, 'each once');
      for (const one of followers) await one.stop();
    }));

  it('of streams makes a poll that comes back with news to be told wait for their next fan-out, unless it may not wait', () =>
    withOwn({ conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10 } }, async stack => {
      const people = await stack.room(10);
      const [u0, u1] = people;
      const streams = await Promise.all(Array.from({ length: 400 }, (_, i) => openStream(stack, people[i % 10])));
      await until(async () => (await stack.parked()) === streams.length, 'all are parked');
      const { session } = await u1.join();
      let told = await u0.cursor();
      let seen = told;
      let changes = 0;
      let answers = 0;
      let waits = null;
      const wait = async () => {
        const { body } = await u0.poll({ since: told, wait: 2 });
        assert.ok(body.changes.every(({ user }) => user === 'u1'));
        told = body.cursor;
        if (body.changes.length > 0) answers++; // the last poll may have nothing to wait for
        waits = null;
      };
      const began = Date.now();
      for (; Date.now() < began + 1500 || (answers < 3 && Date.now() < began + 20000); changes++) {
        const status = changes % 2 ? 'active' : 'away';
        await u1.beat(session, { status });
        const { body } = await u0.poll({ since: seen, wait: 0 });
        assert.deepEqual(body.changes.map(change => [change.user, change.status]), [['u1', status]]);
        seen = body.cursor;
        waits ??= wait();
      }
      await waits;
      const most = (Date.now() - began) / 25; // a window of 400 streams is about twice as long
      assert.ok(answers > 2 && answers <= most, `${answers} answers for ${changes} changes, at most ${most}`);
      const { body } = await u0.poll({ since: told, wait: 0 });
      assert.deepEqual([body.changes.length, body.cursor], [told === seen ? 0 : 1, seen]);
      for (const one of streams) one.destroy();
    }));
});
