// SPDX-License-Identifier: ISC
// A Redis that refuses, forgets, is read-only or full: nobody goes offline for it, no write is claimed that was not made, and
// then all is as before. Faults last longer than a lease (3 s; more if the daemon is slower, or people could not beat in time).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

const times = { ttl: atMost(3), heartbeat: 1, wait: 2, gap: 1, leave_grace: 1, closed_grace: 1 };

const withOwn = (options, fn) => withStack({ proxy: true, conf: times, ...options }, fn);

/* People who join and beat every half a second, whatever is answered; stop() gives how often each status was. */
async function keepBeating(people) {
  const statuses = {};
  let going = true;
  const joined = await Promise.all(people.map(person => person.join()));
  const lanes = people.map(async (person, i) => {
    while (going) {
      const { status } = await person.beat(joined[i].session);
      statuses[status] = (statuses[status] ?? 0) + 1;
      await pause(500);
    }
  });
  return {
    statuses,
    async stop() {
      going = false;
      await Promise.all(lanes);
      return statuses;
    },
  };
}

async function refusesWrites(person) {
  const answer = await person.beat('session-refused');
  assert.equal(answer.status, 503);
  assert.equal(answer.body.code, 'redis_unavailable');
  assert.ok(Number(answer.headers['retry-after']) > 0, 'Retry-After');
}

describe('Redis', { concurrency: 4 }, () => {
  for (const line of [
    '-LOADING Redis is loading the dataset in memory',
    '-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
    "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  ]) {
    const word = line.slice(1).split(' ')[0];
    it(`that answers ${word} makes nobody offline`, () =>
      withOwn({}, async stack => {
        const [u0, u1, u2, watcher] = await stack.room(4);
        const beating = await keepBeating([u0, u1, u2]);
        const others = await watcher.follow();
        stack.peer.answerAll(line);
        const readyz = await until(async () => {
          const answer = await stack.req('GET', '/readyz');
          return answer.status === 503 && answer.body.ready === false && answer;
        }, 'readyz says it');
        assert.ok(JSON.stringify(readyz.body).includes(word), JSON.stringify(readyz.body));
        assert.equal((await stack.req('GET', '/healthz')).status, 200);
        await refusesWrites(u0);
        await pause(atMost(4000));
        stack.peer.rule = null;
        await stack.ready();
        await until(async () => Object.keys(await watcher.sees()).length === 3, 'all are there');
        await pause(times.ttl * 1000);
        const statuses = await beating.stop();
        assert.deepEqual(others.changes, []);
        assert.deepEqual(Object.keys(statuses).sort(), ['200', '503']);
        await others.stop();
      }));
  }

  it('that is gone: no conversation is opened and then denied', () =>
    withOwn({}, async stack => {
      const [u0, u1] = await stack.room(2);
      const open = () => u0.ask('POST', 'dms', { body: { participants: [u1.user], name: 'Plans' } });
      stack.peer.accepting = 'close';
      stack.peer.drop();
      await until(async () => (await stack.req('GET', '/readyz')).status === 503, 'it is gone');
      const gone = await open();
      assert.deepEqual([gone.status, gone.body.code], [503, 'redis_unavailable']);
      assert.match(gone.body.detail, /nothing was changed/);
      stack.peer.accepting = 'pass';
      await stack.ready();
      assert.deepEqual((await u0.ask('GET', 'dms')).body.dms, []);
    }));

  it('that fails after a beat: nobody is told that nothing was changed', () =>
    withOwn({}, async stack => {
      const [u0] = await stack.room(1);
      const readsChanges = words => words[0] === 'EVALSHA' && words[2] === '3' && words.length === 9 && words[6].length === 16;
      stack.peer.rule = words => (readsChanges(words) ? { answer: '-BUSY Redis is busy running a script.' } : 'pass');
      const { status, body } = await u0.ask('POST', 'join', { body: { session: 'session-0' } });
      assert.deepEqual([status, body.code], [503, 'redis_unavailable']);
      assert.doesNotMatch(body.detail, /nothing was changed/);
      stack.peer.rule = null;
      await until(async () => (await u0.ask('GET', 'status')).status === 200, 'it can be read');
      assert.deepEqual(await u0.sees(), { u0: 'active' });
    }));

  it('that refuses: a conversation that was stored is not denied', () =>
    withOwn({}, async stack => {
      const [u0, u1] = await stack.room(2);
      stack.peer.answerAll('-BUSY Redis is busy running a script.');
      const { status, body } = await u0.ask('POST', 'dms', { body: { participants: [u1.user], name: 'Plans' } });
      assert.deepEqual([status, body.code], [503, 'redis_unavailable']);
      assert.match(body.detail, /is stored/);
      stack.peer.rule = null;
      await stack.ready();
      assert.equal((await until(() => u0.ask('GET', 'dms').then(answer => answer.body.dms), 'dms')).length, 1);
    }));

  it('that was flushed starts everyone again, at once, with what is true now', () =>
    withOwn({ proxy: false, conf: { ...times, wait: 20 } }, async stack => {
      const [u0, u1, u2, reader] = await stack.room(4);
      const { session } = await u0.join();
      for (let i = 0; i < 20; i++) await u0.beat(session, { status: i % 2 ? 'active' : 'away' });
      const old = await reader.cursor();
      await stack.redis('FLUSHALL');
      for (const one of [u0, u1, u2]) await one.join();
      const { body, ms } = await reader.poll({ since: old });
      assert.equal(body.resync, true);
      assert.deepEqual(body.changes.map(change => change.user).sort(), ['u0', 'u1', 'u2']);
      assert.ok(ms < atMost(8000), `after ${ms} ms`);
      assert.deepEqual((await reader.poll({ since: body.cursor, wait: 0 })).body.resync, false);
    }));

  it('that was flushed while polls are parked tells them of the new epoch', () =>
    withOwn({ proxy: false, conf: { ...times, ttl: 30, wait: 20 } }, async stack => {
      const [u0, reader] = await stack.room(2);
      await u0.join();
      const others = await reader.follow();
      await until(async () => (await stack.parked()) === 1, 'it is parked');
      await stack.redis('FLUSHALL');
      await u0.join();
      await until(
        () => others.resyncs === 1 && others.told('u0').at(-1) === 'active',
        'the parked poll is told',
      );
      await others.stop();
    }));

  it('that loses the key of all leases shows nobody for ever, and makes nobody offline who beats', () =>
    withOwn({ proxy: false }, async stack => {
      const [u0, u1, watcher] = await stack.room(3);
      const beating = await keepBeating([u0]);
      await u1.join();
      const others = await watcher.follow();
      assert.deepEqual(await watcher.sees(), { u0: 'active', u1: 'active' });
      for (const due of await stack.redis('KEYS', 'rollcall:*:due')) await stack.redis('DEL', due);
      await others.saw('u1', 'offline', 30000);
      await beating.stop();
      assert.deepEqual(others.told('u0'), []);
      assert.deepEqual(others.told('u1'), ['offline']);
      await others.stop();
    }));

  it('that kills the channel connection loses no change', () =>
    withOwn({}, async stack => {
      const [u0, reader] = await stack.room(2);
      const { session } = await u0.join();
      const others = await reader.follow();
      const expected = [];
      const change = async status => {
        assert.equal((await u0.beat(session, { status })).status, 200);
        expected.push(status);
      };
      for (const kill of [() => stack.redis('CLIENT', 'KILL', 'TYPE', 'pubsub'), () => stack.peer.drop(true)]) {
        await until(() => u0.beat(session).then(({ status }) => status === 200), 'beats work');
        await kill();
        for (const [after, status] of [
          [0, 'away'],
          [300, 'active'],
          [1500, 'away'],
          [0, 'active'],
        ]) {
          await pause(after);
          await until(() => change(status).then(() => true), `a beat with ${status} is taken`); // 503 while it reconnects is right
        }
        await until(
          () =>
            others.told('u0').at(-1) === 'active' &&
                        others.told('u0').length >= expected.filter((one, i) => one !== expected[i - 1]).length / 2,
          'the last one is told',
        );
      }
      const told = others.told('u0');
      told.forEach((status, i) => assert.notEqual(status, told[i - 1], `told twice: ${told}`));
      await others.stop();
    }));

  it('that cuts connections again and again for longer than a lease makes nobody offline', () =>
    withOwn({ proxy: false }, async stack => {
      const people = await stack.room(9);
      const watcher = people.pop();
      const beating = await keepBeating(people);
      const others = await watcher.follow();
      for (const end = Date.now() + atMost(7000); Date.now() < end; await pause(150))
        await stack.redis('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await stack.ready();
      await until(async () => Object.keys(await watcher.sees()).length === 8, 'all are there');
      await pause(times.ttl * 1000);
      await beating.stop();
      assert.deepEqual(others.changes, []);
      await others.stop();
    }));

  it('that was away when its workers were replaced makes nobody offline', () =>
    withOwn({ proxy: true, workers: 2 }, async stack => {
      const [u0, watcher] = await stack.room(2);
      const beating = await keepBeating([u0]);
      await watcher.cursor();
      const published = await stack.changesOf(u0.ws);
      stack.peer.accepting = 'close';
      stack.peer.drop();
      await pause((times.ttl + 1) * 1000);
      const before = stack.workers();
      stack.daemon.signal('SIGHUP');
      await until(() => stack.workers().every(pid => !before.includes(pid)), 'they are replaced');
      stack.peer.accepting = 'pass';
      await until(async () => (await watcher.ask('GET', 'status')).status === 200, 'Redis is back');
      const taken = beating.statuses[200];
      await until(() => beating.statuses[200] > taken + 3, 'beats are taken');
      await pause(times.ttl * 1000);
      assert.deepEqual(published.map(({ message }) => message), []);
      assert.deepEqual(await watcher.sees(), { u0: 'active' });
      await beating.stop();
    }));

  it('that dies between a subscription and its acknowledgement loses no change', () =>
    withOwn({}, async stack => {
      const [u0, reader] = await stack.room(2);
      const { session } = await u0.join();
      let cuts = 0;
      stack.peer.rule = words => (/^p?subscribe$/i.test(words[0]) && cuts++ < 3 ? { cut: 0 } : 'pass');
      stack.peer.drop(true);
      const others = new Promise(done => {
        until(() => reader.follow(), 'the room can be read', 20000).then(done);
      });
      await until(
        async () => (await u0.beat(session, { status: 'away' })).status === 200,
        'a beat is taken',
        20000,
      );
      const follower = await others;
      await u0.beat(session, { status: 'active' });
      await until(async () => (await reader.sees('u0')).u0 === 'active', 'it is seen');
      await until(() => follower.told('u0').at(-1) === 'active', 'it is told');
      assert.ok(cuts >= 3);
      await follower.stop();
    }));

  it('whose scripts are flushed under load refuses nothing', () =>
    withOwn({ workers: 2 }, async stack => {
      const people = await stack.room(4);
      const statuses = {};
      const sessions = await Promise.all(people.map(one => one.join()));
      for (let round = 0; round < 25; round++) {
        const beats = people.map((one, i) =>
          one.beat(sessions[i].session, { status: round % 2 ? 'active' : 'away' }),
        );
        await stack.redis('SCRIPT', 'FLUSH');
        for (const { status } of await Promise.all(beats)) statuses[status] = (statuses[status] ?? 0) + 1;
      }
      assert.deepEqual(statuses, { 200: 100 });
    }));

  it('that fails over to its replica starts again there, scripts and all', async () => {
    const port = await freePort();
    await withOwn({ redisArgs: ['--port', String(port)], conf: { ...times, ttl: 30 } }, async stack => {
      const [u0, reader] = await stack.room(2);
      const { session } = await u0.join();
      const others = await reader.follow();
      const replica = await startRedis('--replicaof', '127.0.0.1', port, '--repl-diskless-sync-delay', '0');
      try {
        await until(
          async () => (await replica.call('INFO', 'replication')).includes('master_link_status:up'),
          'the replica is in step',
          20000,
        );
        await replica.call('REPLICAOF', 'NO', 'ONE');
        stack.peer.upstream = replica.socket;
        stack.peer.drop();
        await stack.ready();
        for (let i = 0; i < 10; i++)
          assert.equal((await u0.beat(session, { status: i % 2 ? 'active' : 'away' })).status, 200);
        await until(() => others.told('u0').at(-1) === 'active', 'the last change is told');
        assert.deepEqual(
          others.told('u0').filter(status => status === 'offline'),
          [],
        );
        await others.stop();
        await stack.stopDaemon();
      } finally {
        await replica.stop();
      }
    });
  });

  it('that became a replica takes no writes, and no write is reported as done', () =>
    withOwn({ proxy: false, conf: { ...times, ttl: 30 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      const { session } = await u0.join({ status: 'active' });
      await stack.redis('REPLICAOF', '127.0.0.1', '1');
      for (let i = 0; i < 5; i++) {
        const { status } = await u0.beat(session, { status: 'away' });
        assert.equal(status, 503);
        await pause(100);
      }
      await stack.redis('REPLICAOF', 'NO', 'ONE');
      await stack.ready();
      assert.deepEqual(await u1.sees('u0'), { u0: 'active' });
      assert.equal((await u0.beat(session, { status: 'away' })).body.status, 'away');
    }));

  it('that evicts keys is made whole by the next beats, and nobody is told of it', () =>
    withOwn({ proxy: false, conf: { ...times, ttl: 20, heartbeat: 10 } }, async stack => {
      const [u0, u1, watcher] = await stack.room(3);
      const sessions = [await u0.join(), await u1.join({ status: 'away' })];
      const others = await watcher.follow();
      const hashes = () => stack.redis('KEYS', `rollcall:*:${u0.ws}:u:*`);
      assert.equal((await hashes()).length, 2);
      await stack.redis('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
      const used = Number((await stack.redis('INFO', 'memory')).match(/used_memory:(\d+)/)[1]);
      await stack.redis('CONFIG', 'SET', 'maxmemory', String(used + 200000));
      for (let i = 0; i < 500 && (await hashes()).length > 0; i++)
        await stack.redis('SET', `junk:${i}`, 'x'.repeat(10000), 'EX', '100000').catch(() => {});
      assert.deepEqual(await hashes(), [], 'they were evicted');
      await stack.redis('CONFIG', 'SET', 'maxmemory', '0');
      assert.equal((await u0.beat(sessions[0].session)).status, 200);
      assert.equal((await u1.beat(sessions[1].session, { status: 'away' })).status, 200);
      assert.equal((await hashes()).length, 2);
      assert.deepEqual(await watcher.sees(), { u0: 'active', u1: 'away' });
      assert.deepEqual(others.changes, []);
      await others.stop();
    }));

  it('that is out of memory refuses writes with 503, and makes nobody offline', () =>
    withOwn({ proxy: false }, async stack => {
      const [u0, u1, u2, watcher] = await stack.room(4);
      const beating = await keepBeating([u0, u1]);
      const { session } = await u2.join();
      const others = await watcher.follow();
      await stack.redis('CONFIG', 'SET', 'maxmemory', '1');
      await until(async () => (await u0.beat('session-more')).status === 503, 'writes are refused');
      await refusesWrites(u0);
      await pause(atMost(4000));
      await stack.redis('CONFIG', 'SET', 'maxmemory', '0');
      await stack.ready();
      await pause(atMost(1000)); // for as long as a lease, everybody has time to beat
      assert.deepEqual(await watcher.sees(), { u0: 'active', u1: 'active', u2: 'active' });
      assert.equal((await u2.beat(session)).body.revived, undefined);
      assert.deepEqual(others.changes, []);
      await pause(times.ttl * 1000);
      const statuses = await beating.stop();
      assert.deepEqual(Object.keys(statuses).sort(), ['200', '503']);
      for (const user of ['u0', 'u1']) assert.deepEqual(others.told(user), []);
      await others.stop();
    }));
});
