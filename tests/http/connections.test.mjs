// SPDX-License-Identifier: ISC
// Connections by the thousand, and connections that go away: nothing crashes, nothing is held, and the session whose poll
// was lost is given a short grace.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const descriptors = pid => readdirSync(`/proc/${pid}/fd`).length;

/* How many connections to the Unix socket at PATH process PID has accepted. */
function accepted(pid, path) {
  const sockets = readFileSync('/proc/net/unix', 'utf8').split('\n').map(line => line.trim().split(/\s+/));
  const theirs = new Set(sockets.filter(fields => fields[7] === path).map(fields => `socket:[${fields[6]}]`));
  const leadsTo = fd => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return null; // it was closed just now
    }
  };
  const listening = 1;
  return readdirSync(`/proc/${pid}/fd`).filter(fd => theirs.has(leadsTo(fd))).length - listening;
}

/* Whether process PID waits for connections, and is woken by one that wakes no other. EPOLLEXCLUSIVE is 1 << 28. */
const isWokenAlone = pid =>
  readdirSync(`/proc/${pid}/fdinfo`).some(fd =>
    /^tfd: .* events: 1[0-9a-f]{7} /m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')));

function limitDescriptors(pid, count) {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
}

/* A poll of PERSON, sent on a connection of its own and not waited for. */
async function park(stack, person, params, keep = false) {
  const connection = await fcgi.Connection.open(stack.address);
  const target = `/v1/workspaces/${person.ws}/stream?${new URLSearchParams(params)}`;
  connection.send(
    fcgi.requestBytes({ keep, params: fcgi.variables('GET', target, { token: stack.tokens.get(person.user) }) }),
  );
  return connection;
}

describe('connections', () => {
  for (const listen of ['unix', 'tcp']) {
    it(`past 1,024 descriptors are parked and all answered, on a ${listen} socket`, () =>
      withStack({ listen, conf: { ttl: 60, heartbeat: 30, wait: 40, gap: 10 } }, async stack => {
        const [u0, ...others] = await stack.room(31); // 50 polls each: fewer than a user may have
        const [worker] = stack.workers();
        const before = descriptors(worker);
        const since = await u0.cursor();
        const parked = [];
        for (let i = 0; i < 1500; i++) {
          parked.push(await park(stack, others[i % others.length], { since }));
          if (i % 100 === 99)
            await until(() => descriptors(worker) >= before + i - 5, 'the worker has accepted them');
        }
        const { ms } = await u0.ask('POST', 'join', { body: {} });
        assert.ok(ms < atMost(8000), `a join beside them took ${ms} ms`);
        for (const connection of parked) {
          const answer = await connection.answer();
          assert.deepEqual(
            answer.body.changes.map(change => change.user),
            ['u0'],
          );
        }
        await until(() => descriptors(worker) <= before + 2, 'the descriptors are given back');
        assert.deepEqual(stack.workers(), [worker]);
      }));
  }

  it('wake one of the workers each, and both have their turn', () =>
    withStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 40, gap: 10 } }, async stack => {
      const [u0, ...others] = await stack.room(3);
      const workers = stack.workers();
      for (const pid of workers) await until(() => isWokenAlone(pid), `worker ${pid} is woken by what wakes no other`);
      const since = await u0.cursor();
      const parked = [];
      let taken = [0];
      /* If one of them is suspended, the other takes all. */
      while (Math.min(...taken) < 8 && parked.length < 120) {
        parked.push(await park(stack, others[parked.length % 2], { since }));
        await until(async () => (await stack.parked()) === parked.length, 'it is parked');
        taken = workers.map(pid => accepted(pid, stack.address));
      }
      assert.ok(Math.min(...taken) >= 8, `${taken} connections`);
      for (const connection of parked) connection.destroy();
    }));

  it('that are kept go to one worker after the other', () =>
    withStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 40, gap: 10 } }, async stack => {
      const workers = stack.workers();
      await until(() => workers.every(isWokenAlone), 'both wait for connections');
      const kept = [];
      let taken = [];
      /* A worker that is suspended between its answer and the end of its turn takes the next one, too. */
      while (!taken.length || (Math.min(...taken) < 5 && kept.length < 100)) {
        const connection = await fcgi.Connection.open(stack.address);
        connection.send(fcgi.requestBytes({ keep: true, params: fcgi.variables('GET', '/healthz') }));
        assert.equal((await connection.answer()).status, 200);
        kept.push(connection);
        taken = workers.map(pid => accepted(pid, stack.address));
      }
      assert.ok(Math.min(...taken) >= 5, `${taken} connections`);
      for (const connection of kept) connection.destroy();
    }));

  it('that a worker was woken for and cannot take are taken by another', () =>
    withStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 40, gap: 10 } }, async stack => {
      await until(async () => await stack.metric('rollcall_redis_up') === 2, 'both have what they need'); // or they end
      for (const worker of stack.workers()) {
        limitDescriptors(worker, 10);
        try {
          const connection = await fcgi.Connection.open(stack.address);
          const began = performance.now();
          connection.send(fcgi.requestBytes({ params: fcgi.variables('GET', '/healthz') }));
          assert.equal((await connection.answer()).status, 200);
          assert.ok(performance.now() - began < atMost(8000), `after ${performance.now() - began} ms`);
          connection.destroy();
        } finally {
          limitDescriptors(worker, 1024);
        }
      }
    }));

  it('that close before, in the middle of, and after the first byte of their answer leave nothing behind', () =>
    withStack({}, async stack => {
      const [u0, u1] = await stack.room(2);
      const [worker] = stack.workers();
      const many = Array.from({ length: 3000 }, (_, i) =>
        JSON.stringify({ user: `member-${i}`, name: `Member ${i}` }),
      ).join('\n');
      assert.equal(
        (
          await stack.adm('POST', `/workspaces/${u0.ws}/members`, {
            body: many,
            headers: { 'Content-Type': 'application/x-ndjson' },
          })
        ).status,
        200,
      );
      const big = fcgi.requestBytes({
        params: fcgi.variables('GET', `/v1/workspaces/${u0.ws}/members?limit=1000`, {
          token: stack.tokens.get('u0'),
        }),
      });
      await u1.sees();
      const before = descriptors(worker);
      for (let i = 0; i < 100; i++) {
        const connection = await fcgi.Connection.open(stack.address);
        connection.send(big);
        if (i % 3 === 0) connection.destroy();
        else {
          connection.socket.once('data', () => connection.destroy());
          await connection.closed;
        }
        connection.destroy();
      }
      await until(() => descriptors(worker) <= before + 1, 'the descriptors are given back');
      assert.deepEqual(stack.workers(), [worker], 'no SIGPIPE death');
      assert.deepEqual(await u1.sees('u0'), { u0: 'offline' });
    }));

  it('that are lost in a poll end its session after the short grace, and say so', () =>
    withStack({ conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10, closed_grace: 1 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      const others = await u1.follow();
      for (const how of ['close', 'abort']) {
        const { session, cursor } = await u0.join();
        const connection = await park(stack, u0, { since: cursor, session }, true);
        await until(async () => (await stack.parked()) === 2, 'it waits, as does who follows');
        const lost = Date.now();
        if (how === 'close') connection.destroy();
        else connection.abort();
        const index = how === 'close' ? 0 : 1;
        const change = await until(
          () => others.changes.filter(one => one.status === 'offline')[index],
                    `offline after ${how}`,
                    12000,
        );
        assert.equal(change.why, 'closed', how);
        assert.ok(change.at - lost >= 900 && change.at - lost < atMost(10000), `${change.at - lost} ms after ${how}`);
        connection.destroy();
      }
      await others.stop();
    }));

  it('that are lost cut no lease which a newer poll or join holds', () =>
    withStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10, closed_grace: 2 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      const { session, cursor } = await u0.join();
      const before = await u1.cursor();
      let held = await park(stack, u0, { since: cursor, session });
      for (let i = 0; i < 4; i++) {
        await until(async () => (await stack.parked()) === 1, 'the latest poll waits alone');
        const newer = await park(stack, u0, { since: cursor, session });
        held.destroy();
        held = newer;
      }
      const last = await park(stack, u0, { since: cursor, session });
      assert.equal((await held.answer()).status, 200, 'the last poll has ended the one before');
      held.destroy();
      held = last;
      await until(async () => (await stack.parked()) === 1, 'the last poll waits');
      await u0.join({ session });
      held.destroy();
      await pause(3000); // past the grace that would have been
      assert.equal(await u1.cursor(), before);
    }));

  it('of 200 clients that were killed and poll again leave each session one poll', () =>
    withStack({ conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      const before = await u1.cursor();
      const sessions = await Promise.all(Array.from({ length: 40 }, () => u0.join()));
      for (const poll of [0, 1, 2, 3, 4]) {
        // 40 sessions, five times: 200 polls through a server that does not tell
        const polls = sessions.map(({ session, cursor }) => u0.poll({ since: cursor, session }));
        await until(async () => (await stack.parked()) === 40, `round ${poll}: one poll a session`);
        if (poll < 4) polls.forEach(one => one.abort());
        else {
          await u1.join();
          for (const one of polls)
            assert.deepEqual(
              (await one).body.changes.map(change => change.user),
              ['u1'],
            );
        }
      }
      assert.notEqual(before, await u1.cursor());
      await until(async () => (await stack.parked()) === 0, 'none waits any more');
    }));
});
