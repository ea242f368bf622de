// SPDX-License-Identifier: ISC
// What Rollcall knows of people's tabs stays true when Redis's clock leaps.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Clock, canMoveClocks } from '../lib/clock.mjs';
import { beAt, readAt, typeAt, Watcher } from '../lib/places.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { atMost, until } from '../lib/until.mjs';

describe('after Redis\'s clock leapt by less than two minutes', { skip: !canMoveClocks() }, () => {
  let stack;
  let people;
  before(async () => {
    const clock = new Clock();
    const beforeRedis = one => (one.redisEnv = { ...process.env, ...clock.env });
    stack = await startStack({ beforeRedis, conf: { ttl: 60, heartbeat: 30, wait: 20 } });
    people = await stack.room(4);
    const [u0, u1, u2] = people;
    u0.tabs = [await u0.join(), await u0.join({ status: 'away' })];
    for (const person of [u1, u2]) person.tabs = [await person.join({ status: 'away' })];
    await u0.beat(u0.tabs[0].session, { n: 7 });
    await u1.say({ show: 'invisible' });
    await u2.say({ show: 'away' });
    clock.step(80);
    await until(() => stack.log().includes('expiry is held'), 'it is noticed');
  });
  after(() => stack?.stop());

  it('a tab that is away is so still, though another was active', async () => {
    const [u0, , , u3] = people;
    const [first, second] = u0.tabs;
    await u0.beat(second.session);
    await u0.beat(first.session, { n: 6, status: 'away' });
    assert.equal((await u3.sees('u0')).u0, 'active', 'an overtaken heartbeat is known as one');
    await u0.leaveNow(first.session);
    assert.equal((await u3.sees('u0')).u0, 'away');
  });

  it('a tab of somebody invisible, or of somebody who says that they are away, is what it was', async () => {
    for (const person of people.slice(1, 3)) {
      const { body } = await person.beat(person.tabs[0].session);
      assert.equal(body.status, 'away', person.user);
      await person.unsay({ all: true });
      assert.equal((await people[3].sees(person.user))[person.user], 'away', person.user);
    }
  });
});

describe('what Redis\'s clock ends by a leap', { skip: !canMoveClocks() }, () => {
  it('goes on for as long as the longest lease, be it that of a poll', () => {
    const clock = new Clock();
    const beforeRedis = one => (one.redisEnv = { ...process.env, ...clock.env });
    return withStack({ beforeRedis, conf: { ttl: 3, heartbeat: 1, wait: 2, gap: 5 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      const { session } = await u0.join();
      const others = await u1.follow();
      const polled = performance.now();
      await u0.poll({ session, wait: 0 });
      clock.step(80);
      await until(() => others.told('u0').at(-1) === 'offline', 'it lapses');
      const lasted = performance.now() - polled;
      assert.ok(lasted > 6990, `${lasted} ms`);
    });
  });
});

describe('places after Redis\'s clock was set back', { skip: !canMoveClocks() }, () => {
  it('have nothing that was over, and what goes on ends when it was said to', () => {
    const clock = new Clock();
    const beforeRedis = one => (one.redisEnv = { ...process.env, ...clock.env });
    return withStack({ workers: 2, beforeRedis, conf: { ttl: 60, heartbeat: 30, wait: 20 } }, async stack => {
      const people = await stack.room(3);
      const [u0, u1, u2] = people;
      for (const person of people) person.at = (await person.join()).session;
      const watcher = await Watcher.start(u0, ['p']);
      await typeAt(u1, u1.at, 'p', { for: 2 });
      await beAt(u1, u1.at, 'q', { for: 2 }); // which nobody reads
      await watcher.knows('p', 'u1: typing');
      await watcher.knows('p', '', 5000);
      const said = performance.now();
      await beAt(u2, u2.at, 'p', { for: 8 });
      const answered = performance.now();
      await watcher.knows('p', 'u2: viewing');
      clock.step(-300);
      await until(() => stack.log().includes('expiry is held'), 'it is noticed');
      assert.equal(await readAt(u0, 'q'), '');
      assert.equal(await readAt(u0, 'p'), 'u2: viewing');
      const ended = await watcher.knows('p', '', 14000);
      assert.ok(ended > said + 7900, `it ended ${ended - said} ms after it was said`);
      assert.ok(ended < answered + 8000 + atMost(5000), `it ended ${ended - answered} ms after that was answered`);
      assert.deepEqual(watcher.of('p'), ['u1: typing', '', 'u2: viewing', '']);
      await watcher.stop();
    });
  });
});
