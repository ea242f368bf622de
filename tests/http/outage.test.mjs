// SPDX-License-Identifier: ISC
// Redis out of reach for long: waiting clients are told within ten seconds, spread over some time, and nobody goes
// offline. Waiting clients do not notice a failover of a second or two.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withStack } from '../lib/stack.mjs';
import { atMost, pause, quickOnce, until } from '../lib/until.mjs';

const times = { ttl: 60, heartbeat: 30, wait: atMost(25), gap: 10 };
const many = 40;

const withOwn = fn => withStack({ proxy: true, web: 'lighttpd', conf: times }, fn);

/* MANY polls, every other one with a session, all parked: promises of their answers. */
async function parkMany(stack, people) {
  const since = await people[0].cursor();
  const { session } = await people[1].join();
  const after = await people[0].cursor();
  assert.notEqual(since, after);
  const polls = people.map((one, i) => one.poll({ since: after, ...(i === 1 && { session }) }));
  await until(async () => (await stack.parked()) === people.length, 'all are parked');
  return { polls, session, since: after };
}

const breaks = {
  'that is gone': stack => {
    stack.peer.accepting = 'close';
    stack.peer.drop();
  },
  'that says nothing': stack => (stack.peer.rule = () => 'hang'),
  'that refuses everything': stack => stack.peer.answerAll('-BUSY Redis is busy running a script.'),
};

function mend(stack) {
  stack.peer.accepting = 'pass';
  stack.peer.rule = null;
  stack.peer.drop();
}

describe('a Redis', { concurrency: 3 }, () => {
  for (const [name, breakIt] of Object.entries(breaks))
    it(`${name}: waiting polls end within ten seconds, new ones do not wait, nobody goes offline`, () =>
      withOwn(async stack => {
        const people = await stack.room(many);
        const { polls, session, since } = await parkMany(stack, people);
        const began = performance.now();
        breakIt(stack);
        const answers = await Promise.all(polls);
        const took = performance.now() - began;
        const codes = new Set(answers.map(({ status, body }) => `${status} ${body.code}`));
        assert.deepEqual([...codes], ['503 redis_unavailable']);
        assert.ok(took > 3000 && took < atMost(20000), `after ${took} ms, of the 25 s that they would wait`);
        const retries = answers.map(({ headers }) => Number(headers['retry-after']));
        assert.ok(retries.every(s => s >= 1 && s <= 16));
        assert.ok(new Set(retries).size > 1, `not all at once: ${retries}`);
        for (const params of [{ since }, { since, session }]) {
          await quickOnce(async () => {
            const { status, ms } = await people[1].poll(params);
            assert.equal(status, 503);
            return ms;
          }, 6000, { loose: 12000 });
        }
        assert.equal((await people[2].poll({ since, wait: 0 })).status, 200, 'what is known is still read');
        assert.equal((await people[2].ask('GET', 'status')).status, 200);
        mend(stack);
        await stack.ready(30000);
        await until(async () => {
          const { status, body } = await people[2].poll({ since, wait: 1 });
          assert.ok(status === 503 || body.changes.length === 0, 'nothing has changed');
          return status === 200;
        }, 'polls wait again');
        assert.deepEqual(await people[2].sees(), { u1: 'active' });
        assert.equal((await people[1].beat(session)).body.revived, undefined);
      }));

  /* Stops the process of Redis while FN runs. */
  async function still(stack, fn) {
    const { pid } = stack.redisServer;
    process.kill(pid, 'SIGSTOP');
    try {
      return await fn();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  const holds = stack => stack.metric('rollcall_expiry_holds_total');
  async function hold(stack) {
    await still(stack, () => pause(3000));
    await until(async () => (await holds(stack)) > 0, 'expiry is held');
  }
  const stillnesses = {
    'at once': { before: () => {}, askedAfter: 0 },
    'after some time': { before: () => {}, askedAfter: 4000 }, // then it waits for less than Redis stands still
    'while expiry is held': { before: hold, askedAfter: 0 },
  };
  for (const [when, { before, askedAfter }] of Object.entries(stillnesses))
    it(`that stands still does not do afterwards what it was asked ${when} and was answered 503`, () =>
      withStack({ conf: times }, async stack => {
        const [u0] = await stack.room(1);
        const { session } = await u0.join({ status: 'away' });
        await before(stack);
        const { status } = await still(stack, async () => {
          await pause(askedAfter);
          return u0.beat(session, { status: 'active' });
        });
        assert.equal(status, 503);
        await stack.ready(30000);
        assert.deepEqual((await u0.sessionsOf('u0')).map(one => one.status), ['away']);
      }));

  it('that is away for a moment ends no polls', () =>
    withOwn(async stack => {
      const people = await stack.room(many);
      const { polls, session } = await parkMany(stack, people);
      let ended = 0;
      for (const poll of polls) poll.then(() => ended++);
      const began = performance.now();
      stack.peer.accepting = 'close';
      stack.peer.drop();
      await until(async () => (await stack.req('GET', '/readyz')).status === 503, 'it is away');
      mend(stack);
      await stack.ready();
      if (performance.now() - began > 3000) return; // a machine so busy that it was more than a moment
      assert.equal(ended, 0);
      assert.equal(await stack.parked(), many);
      await people[1].beat(session, { status: 'away' });
      for (const { status, body } of await Promise.all(polls)) {
        assert.equal(status, 200);
        assert.deepEqual(body.changes.map(change => change.status), ['away']);
      }
    }));
});

describe('rooms', () => {
  it('are not all compared with Redis at the same moment, though one reconnect has asked about them all', () =>
    withOwn(async stack => {
      const rooms = 200;
      const seen = [];
      for (let i = 0; i < rooms; i++) {
        const [one] = await stack.room(1);
        assert.equal((await one.ask('GET', 'status')).status, 200);
      }
      stack.peer.drop();
      await stack.ready();
      const isCheck = words => words[0] === 'EVALSHA' && words[2] === '3' && words.length === 9 && words[6].length === 16;
      await until(async () => (await stack.metric('rollcall_view_reads_total')) >= 2 * rooms, 'all were asked about');
      stack.peer.rule = words => {
        if (isCheck(words)) seen.push({ at: performance.now(), key: words[3] });
        return 'pass';
      };
      await until(() => new Set(seen.map(({ key }) => key)).size === rooms, 'all are checked', 20000);
      const busiest = Math.max(
        ...seen.map(({ at }) => seen.filter(other => other.at >= at && other.at < at + 200).length),
      );
      assert.ok(busiest < rooms / 2, `${busiest} of ${rooms} within 200 ms`);
    }));
});
