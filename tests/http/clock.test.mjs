// SPDX-License-Identifier: ISC
// What Rollcall knows of people's tabs stays true when Redis's clock leaps.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Clock, canMoveClocks } from '../lib/clock.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

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
      await until(() => others.told('u0').at(-1) === 'offline', 'it lapses', 12000);
      const lasted = performance.now() - polled;
      assert.ok(lasted > 6990, `${lasted} ms`);
    });
  });
});
