// SPDX-License-Identifier: ISC
// Nonsense by the hundred a second, slow senders, slow readers, and one user who tries everything: people beside them are answered
// and told as fast as ever, and memory is bounded and given back. bench/flood.mjs and bench/abuse.mjs do the same in full size.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { abuses } from '../lib/abuse.mjs';
import { Crowd } from '../lib/crowd.mjs';
import { startFlood } from '../lib/flood.mjs';
import { startNuisance } from '../lib/nuisance.mjs';
import { unmeasured } from '../lib/program.mjs';
import { startStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';
import { databaseMib, processVitals, redisVitals } from '../lib/vitals.mjs';

const PEOPLE = { rooms: 2, size: 100 };
const BEATS = 40;
const FLIP_MS = 250;
const FLOOD_MS = 6000;
const ABUSE_MS = 3000;
/* What a machine that does other things too may need; alone it is a few ms. */
const BOUND_MS = { beat: 1000, wake: 1500 };
const GROWN_MIB = { worker: 40, redis: 1.5, database: 8 };
const KEPT_MIB = 12;
const ATTEMPTS = 3; // a busy machine may stand still in one

describe('a flood', () => {
  let stack, crowd, tokens, flips, calm;
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30, wait: 25, gap: 10, rate_limit: 20 } });
    const users = await stack.people('harm', 'h', 10);
    tokens = users.map(user => stack.tokens.get(user));
    const lines = Array.from({ length: 1000 }, (_, i) => JSON.stringify({ user: `m${i}`, name: `Member ${i}` })).join('\n');
    const imported = await stack.admDone('POST', '/workspaces/harm/members', { body: lines, headers: { 'Content-Type': 'application/x-ndjson' } });
    assert.equal(imported.status, 200);
    crowd = new Crowd(stack, PEOPLE);
    await crowd.come();
    crowd.start(BEATS);
    await until(async () => (await stack.parked()) === crowd.people.length, 'all wait', 30000);
    flips = setInterval(() => crowd.flip(), FLIP_MS);
    await pause(1000);
    calm = await vitals();
  });
  after(async () => {
    clearInterval(flips);
    crowd?.stop();
    await stack?.stop();
  });

  const vitals = async () => ({
    worker: processVitals(stack.workers()[0]).rss,
    redis: (await redisVitals(stack)).memory,
    database: databaseMib(stack),
  });

  /* Runs HARM beside the people, who are told all of it in time, and checks what it costs: as little as it may in one of some attempts. */
  async function harms(harm) {
    const costly = [];
    const first = calm;
    while (costly.length < ATTEMPTS) {
      /* What Redis and the database keep of an attempt is no fault of the next one. */
      const { redis, database } = await vitals();
      calm = { ...calm, redis, database };
      const { lap, most } = await beside(harm);
      if (unmeasured) return;
      assert.ok(lap.beats > 0 && lap.wakes > 0, JSON.stringify(lap));
      const isSmall = Object.entries(GROWN_MIB).every(
        ([what, allowed]) => most[what] - calm[what] <= allowed && most[what] - first[what] <= ATTEMPTS * allowed,
      );
      if (isSmall && lap.beatP99 <= BOUND_MS.beat && lap.wakeP99 <= BOUND_MS.wake) break;
      costly.push({ lap, most });
    }
    assert.ok(costly.length < ATTEMPTS, `each time, from ${JSON.stringify(first)}: ${JSON.stringify(costly)}`);
    await until(async () => (await vitals()).worker - calm.worker <= KEPT_MIB, 'its memory is given back', 20000);
  }

  /* Runs HARM beside the people: how long they waited, and the most that everything held. */
  async function beside(harm) {
    const [worker] = stack.workers();
    const most = { ...calm };
    crowd.lap();
    let over = false;
    const watching = (async () => {
      while (!over) {
        for (const [what, value] of Object.entries(await vitals())) most[what] = Math.max(most[what], value);
        await pause(250);
      }
    })();
    try {
      await harm();
    } finally {
      over = true;
      await watching;
    }
    const lap = crowd.lap();
    const { counts } = crowd;
    assert.deepEqual([Object.keys(counts.beats), Object.keys(counts.polls)], [['200'], ['200']], JSON.stringify(counts));
    assert.deepEqual([counts.untrue, counts.untold, counts.odd], [0, 0, 0]);
    assert.deepEqual(stack.workers(), [worker]);
    return { lap, most };
  }

  it('of nonsense, slow senders and slow readers keeps nobody waiting and leaves nothing behind', () =>
    harms(async () => {
      const nuisance = startNuisance({ port: stack.port, address: stack.address, ws: 'harm', tokens, rate: 300, senders: 50, readers: 50 });
      await nuisance.began;
      await pause(FLOOD_MS);
      const answers = await nuisance.stop();
      assert.ok(answers.sent > 300 * FLOOD_MS / 1000 / 3, `it was a flood: ${JSON.stringify(answers)}`);
      assert.deepEqual(Object.keys(answers).filter(status => status >= '500' && status < '600' && status !== '501'), [], JSON.stringify(answers));
    }));

  it('of one user, in every way there is, grows nothing past its cap', () =>
    harms(async () => {
      const { body } = await stack.req('POST', '/v1/workspaces/harm/join', { token: tokens[0], body: { session: 'session-f' } });
      const all = abuses({ ws: 'harm', token: tokens[0], since: body.cursor });
      // All ways with few connections in turn, then all with many.
      for (const connections of new Set(all.map(one => one.connections))) {
        const requests = all.filter(one => one.connections === connections).map(one => one.requests);
        const turns = 20; // of each way: bodies may be long
        const mixed = Array.from({ length: turns }, (_, i) => requests.map(list => list[i % list.length])).flat();
        let refused = 0;
        for (let attempt = 0; refused <= 100 && attempt < (unmeasured ? 1 : ATTEMPTS); attempt++) {
          const flood = startFlood(stack.port, mixed, connections);
          await flood.began;
          await pause(ABUSE_MS);
          const answers = await flood.stop();
          refused += answers[429] ?? 0;
          assert.deepEqual(Object.keys(answers).filter(status => status >= '500'), [], JSON.stringify(answers));
        }
        assert.ok(refused > 100 || unmeasured, `${refused} were refused`);
      }
      const { body: kept } = await stack.adm('GET', '/workspaces/harm/sessions?user=h0');
      const live = kept.sessions.filter(one => one.status !== 'ended');
      assert.ok(live.length <= 50 && kept.sessions.length <= 250, `${live.length} of ${kept.sessions.length} sessions`);
    }));
});
