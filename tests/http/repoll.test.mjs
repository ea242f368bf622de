// SPDX-License-Identifier: ISC
// Polls that follow each other closely: they are not asked about one by one, and nothing that is promised changes by that.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newSession } from '../lib/person.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { atMost, pause, quickOnce, until } from '../lib/until.mjs';

/* The records of USER, by session: [status, flag, n, beat, worker]. */
async function records(stack, { ws }, user) {
  const [key] = await stack.redis('KEYS', `rollcall:*:${ws}:u:${user}`);
  const all = key ? await stack.redis('HGETALL', key) : [];
  const pairs = Array.from({ length: all.length / 2 }, (_, i) => [all[2 * i], all[2 * i + 1].split(' ')]);
  return Object.fromEntries(pairs);
}

const beatOf = async (stack, person, session) => (await records(stack, person, person.user))[session][3];

async function leaseEnd(stack, { ws, user }, session) {
  const keys = await stack.redis('KEYS', 'rollcall:*:due');
  const scores = await Promise.all(keys.map(key => stack.redis('ZSCORE', key, `${ws} ${session} ${user}`)));
  return Number(scores.find(Boolean));
}

describe('polls that follow closely', () => {
  const times = { ttl: 60, heartbeat: 30, wait: 20, gap: 10, leave_grace: 5, closed_grace: 8 };
  const lease = 40000 - 100; // of a poll, in ms; each part of it is rounded

  describe('in one worker', { concurrency: 8 }, () => {
    let stack;
    before(async () => {
      stack = await startStack({ conf: times });
    });
    after(() => stack?.stop());

    it('cost Redis one beat in a while, with and without a count', async () => {
      const [u0] = await stack.room(1);
      for (const count of [() => undefined, n => n]) {
        const session = newSession();
        const since = await u0.cursor();
        let n = 0;
        const poll = () => u0.poll({ since, session, n: count(++n), status: 'active', wait: 0 });
        await until(async () => {
          await poll();
          const beat = await beatOf(stack, u0, session);
          for (let i = 0; i < 4; i++) assert.equal((await poll()).status, 200);
          return (await beatOf(stack, u0, session)) === beat;
        }, 'five polls in a row have one number');
      }
    });

    it('lease from the last of them', async () => {
      const [u0] = await stack.room(1);
      const session = newSession();
      await u0.poll({ session });
      await quickOnce(async () => {
        const since = await u0.cursor();
        await u0.poll({ since, session, wait: 0 });
        await pause(1000);
        const sent = Date.now();
        await u0.poll({ since, session, wait: 0 });
        const done = Date.now();
        const ends = await until(async () => {
          const at = await leaseEnd(stack, u0, session);
          return at >= sent + lease && at;
        }, 'Redis is told of it');
        return ends - done - lease;
      }, 1000);
    });

    it('show another status at once, and so does the one after it', async () => {
      const [u0, u1] = await stack.room(2);
      const session = newSession();
      await u0.poll({ session, status: 'active' });
      const since = await u0.cursor();
      for (const status of ['active', 'away', 'away', 'active', 'active']) {
        await u0.poll({ since, session, status, wait: 0 });
        assert.equal((await u1.sees('u0')).u0, status);
      }
    });

    it('end the one before that still waits, also if they are answered at once', async () => {
      const [u0, u1] = await stack.room(2);
      const session = newSession();
      const { cursor: old } = (await u0.poll({ session })).body;
      await u1.join();
      const { cursor: since } = (await u0.poll({ since: old, session })).body;
      const waiting = u0.poll({ since, session });
      await until(() => stack.parked(), 'it waits');
      assert.equal((await u0.poll({ since: old, session })).body.changes[0].user, 'u1');
      assert.deepEqual((await waiting).body.changes, []);
      assert.ok((await waiting).ms < atMost(12000));
    });

    it('get 410 after a leave, and go on after a join', async () => {
      const [u0] = await stack.room(1);
      const session = newSession();
      for (let round = 0; round < 3; round++) {
        await u0.join({ session });
        const since = await u0.cursor();
        for (let i = 0; i < 3; i++) assert.equal((await u0.poll({ since, session, wait: 0 })).status, 200);
        await u0.leaveNow(session);
        assert.equal((await u0.poll({ since, session, wait: 0 })).status, 410);
      }
    });

    it('take back a leave with a grace', async () => {
      const [u0] = await stack.room(1);
      const session = newSession();
      await u0.poll({ session });
      const since = await u0.cursor();
      for (let i = 0; i < 2; i++) await u0.poll({ since, session, wait: 0 });
      await u0.leave(session);
      await u0.poll({ since, session, wait: 0 });
      assert.equal((await records(stack, u0, 'u0'))[session][1], '-');
    });

    it('hold no session that an administrator ended, or of a member who was removed', async () => {
      const [u0, u1] = await stack.room(2);
      const session = newSession();
      const member = `/workspaces/${u0.ws}/members/u0`;
      const since = await u0.cursor();
      const polled = async (more = {}) => (await u0.poll({ since, session, wait: 0, ...more })).status;
      assert.deepEqual([await polled(), await polled()], [200, 200]);
      assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}/sessions?user=u0`)).status, 204);
      assert.equal(await polled(), 410);
      await u0.join({ session });
      assert.deepEqual([await polled(), await polled()], [200, 200]);
      assert.equal((await stack.adm('DELETE', member)).status, 204);
      assert.equal(await polled(), 403);
      assert.equal((await stack.adm('PUT', member, { body: { name: 'U0' } })).status, 201);
      assert.deepEqual(await u1.sees('u0'), { u0: 'offline' });
      assert.equal(await polled(), 200);
      assert.deepEqual(await u1.sees('u0'), { u0: 'active' });
    });
  });

  it('are the latest of their session, whichever worker got them', () =>
    withStack({ workers: 2, conf: times }, async stack => {
      const [u0] = await stack.room(1);
      const session = newSession();
      let since = await u0.cursor();
      await u0.poll({ since, session, wait: 0 });
      for (let round = 0; round < 40; round++) {
        const status = ['active', 'away'][round % 2];
        if (round % 4 < 2) await u0.beat(session, { status });
        await u0.poll({ since, session, status, wait: 0 });
        assert.equal((await records(stack, u0, 'u0'))[session][0], status, `round ${round}`);
        for (let i = round % 3; i > 0; i--) await u0.poll({ since, session, status, wait: 0 });
        if (round % 10 !== 9) continue;
        await u0.leaveNow(session);
        assert.equal((await u0.poll({ since, session, wait: 0 })).status, 410, `round ${round}`);
        since = (await u0.join({ session, status })).cursor;
      }
    }));

  it('have a worker that ends tell Redis before it goes', () =>
    withStack({ conf: times }, async stack => {
      const [u0] = await stack.room(1);
      const session = newSession();
      const since = await u0.cursor();
      await u0.poll({ since, session, wait: 0 });
      await u0.poll({ since, session, wait: 1 });
      const sent = Date.now();
      await u0.poll({ since, session, wait: 0 });
      const workers = stack.workers();
      stack.daemon.signal('SIGHUP');
      await until(() => !stack.workers().some(pid => workers.includes(pid)), 'the worker is replaced');
      assert.ok((await leaseEnd(stack, u0, session)) >= sent + lease);
    }));

  it('keep their session although the connection of an older one goes', () =>
    withStack({ web: 'nginx', workers: 2, conf: { ...times, closed_grace: 3 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      const session = newSession();
      await u0.poll({ session });
      const since = await u0.cursor();
      const follower = await u1.follow();
      for (let round = 0; round < 30; round++) {
        const older = u0.poll({ since, session });
        await until(async () => (await stack.parked()) > 1, 'it waits');
        const newer = u0.poll({ since, session, wait: 0 });
        older.abort('close');
        assert.equal((await newer).status, 200);
        await until(async () => (await stack.parked()) < 2, 'it has gone');
      }
      const last = u0.poll({ since: await u0.cursor(), session, user: 'u0' });
      await u1.beat(newSession(), { status: 'away' });
      await follower.saw('u1', 'away');
      await until(async () => (await records(stack, u0, 'u0'))[session][1] === '-', 'no grace is left');
      assert.deepEqual(follower.told('u0'), []);
      last.abort('close');
      await follower.saw('u0', 'offline');
      await follower.stop();
    }));
});

it('a poll after a reload renews the lease, though the worker that had the one before is gone', () =>
  withStack({ workers: 1, conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10 } }, async stack => {
    const [u0] = await stack.room(1);
    const session = newSession();
    await u0.poll({ session });
    const waiting = u0.poll({ since: await u0.cursor(), session, wait: 20 });
    await until(async () => (await stack.parked()) === 1, 'it waits');
    const [worker] = stack.workers();
    stack.daemon.signal('SIGHUP');
    assert.equal((await waiting).status, 200);
    await until(() => stack.workers().length === 1 && stack.workers()[0] !== worker, 'another worker has its place');
    const sent = Date.now();
    const next = u0.poll({ since: await u0.cursor(), session, wait: 20 });
    await until(async () => (await stack.parked()) === 1, 'the next one waits');
    assert.ok((await leaseEnd(stack, u0, session)) >= sent + 40000, 'its lease is that of the new poll');
    next.abort('close');
  }));
