// SPDX-License-Identifier: ISC
// Last seen: since when somebody who is offline has been so.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { query } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';

describe('last seen', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30 } });
  });
  after(() => stack?.stop());

  it('is the same in each answer, to the millisecond', async () => {
    const [u0, u1] = await stack.room(2);
    const began = (await u1.join()).cursor;
    await u0.leaveNow((await u0.join()).session);
    const status = (await u1.ask('GET', `status${query({ user: 'u0' })}`)).body.users[0];
    const members = (await u1.ask('GET', 'members')).body.members.find(one => one.user === 'u0');
    const change = (await u1.ask('GET', `stream${query({ since: began, wait: 0 })}`)).body.changes.at(-1);
    assert.equal(status.status, 'offline');
    assert.ok(Number.isInteger(status.since));
    assert.equal(members.since, status.since);
    assert.deepEqual([change.user, change.since], ['u0', status.since]);
  });

  it('comes with the time by which it counts', async () => {
    const [u0] = await stack.room(2);
    const { changes, now } = await u0.join();
    const paths = ['status', 'members', 'dms', 'stream?wait=0'];
    const times = [now];
    for (const path of paths) times.push((await u0.ask('GET', path)).body.now);
    for (const time of times) assert.ok(time - changes[0].since <= 60000 && time >= changes[0].since - 1000, `${time}`);
    const nothing = await u0.ask('GET', `stream${query({ since: await u0.cursor(), wait: 0 })}`);
    assert.deepEqual([nothing.body.changes, nothing.body.now], [[], undefined]);
  });
});
