// SPDX-License-Identifier: ISC
// Last seen: since when somebody who is offline has been so.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { query } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';
import { pause } from '../lib/until.mjs';

const HOUR_MS = 3600000;
const LONG_MS = 20000; // more than all of this takes

describe('last seen', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30 } });
    const left = HOUR_MS - Date.now() % HOUR_MS;
    if (left < LONG_MS) await pause(left + 1000); // when an hour is over, what is told to the hour is another one
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

  /** Sets the policy of PERSON's workspace. */
  const setPolicy = (person, last_seen) => stack.adm('PUT', `/workspaces/${person.ws}`, { body: { last_seen } });

  const setOwn = async (person, last_seen) =>
    assert.equal((await person.ask('PUT', 'me/settings', { body: { last_seen } })).status, 200);

  /** Since when USER is offline, as PERSON is told: by status, members and the stream, which must agree. */
  async function sinceOf(person, user) {
    const [status] = (await person.ask('GET', `status${query({ user })}`)).body.users;
    const member = (await person.ask('GET', 'members')).body.members.find(one => one.user === user);
    const { changes } = (await person.poll({ since: `${(await person.cursor()).split('-')[0]}-0`, user, wait: 0 })).body;
    assert.equal(member.since, status.since);
    assert.deepEqual([...new Set(changes.map(one => one.since))], [status.since]);
    return status.since;
  }

  /** The same by dms. */
  const sinceInDms = async (person, user) =>
    (await person.ask('GET', 'dms')).body.dms[0].participants.find(one => one.user === user).since;

  async function wentOffline(person) {
    await person.leaveNow((await person.join()).session);
    const exact = await sinceOf(person, person.user);
    assert.ok(exact > 0);
    return exact;
  }

  const isGraded = (since, exact, step) => since % step === 0 && exact - since >= step && exact - since < 3 * step;

  for (const [grade, step] of [
    ['hour', HOUR_MS],
    ['day', 86400000],
  ])
    it(`is told to the ${grade} if the workspace says so`, async () => {
      const [u0, u1] = await stack.room(2);
      const exact = await wentOffline(u0);
      await setPolicy(u1, grade);
      const since = await sinceOf(u1, 'u0');
      assert.ok(isGraded(since, exact, step), `${exact} as ${since}`);
      await setPolicy(u1, 'exact');
      assert.equal(await sinceOf(u1, 'u0'), exact);
    });

  it('is left out if the workspace hides it, of those who are offline only', async () => {
    const [u0, u1, u2] = await stack.room(3);
    await wentOffline(u0);
    await u2.join();
    await setPolicy(u1, 'hidden');
    assert.equal(await sinceOf(u1, 'u0'), undefined);
    assert.ok((await sinceOf(u1, 'u2')) > 0);
  });

  it('is told as strictly as the user says, and that user is told no more of others', async () => {
    const [u0, u1] = await stack.room(2);
    const exact = await wentOffline(u0);
    const other = await wentOffline(u1);
    await setOwn(u0, 'hour');
    assert.ok(isGraded(await sinceOf(u1, 'u0'), exact, HOUR_MS));
    assert.ok(isGraded(await sinceOf(u0, 'u1'), other, HOUR_MS));
    await setOwn(u0, 'hidden');
    assert.equal(await sinceOf(u1, 'u0'), undefined);
    assert.equal(await sinceOf(u0, 'u1'), undefined);
    await setOwn(u0, 'exact');
    assert.equal(await sinceOf(u1, 'u0'), exact);
    assert.equal(await sinceOf(u0, 'u1'), other);
  });

  it('is exact to those who share a DM, unless one of them says otherwise', async () => {
    const [u0, u1] = await stack.room(2);
    const exact = await wentOffline(u0);
    assert.equal((await u1.ask('POST', 'dms', { body: { participants: ['u0'] } })).status, 201);
    await setPolicy(u1, 'hidden');
    assert.equal(await sinceOf(u1, 'u0'), undefined);
    assert.equal(await sinceInDms(u1, 'u0'), exact);
    await setOwn(u0, 'day');
    assert.ok(isGraded(await sinceInDms(u1, 'u0'), exact, 86400000));
    await setOwn(u0, 'exact');
    await setOwn(u1, 'hidden');
    assert.equal(await sinceInDms(u1, 'u0'), undefined);
  });

  it('is not exact to somebody who was never seen and hides theirs', async () => {
    const [u0, u1] = await stack.room(2);
    const exact = await wentOffline(u0);
    await setOwn(u1, 'hour');
    assert.ok(isGraded(await sinceOf(u1, 'u0'), exact, HOUR_MS));
    await setOwn(u1, 'hidden');
    assert.equal(await sinceOf(u1, 'u0'), undefined);
    await setOwn(u1, 'exact');
    assert.equal(await sinceOf(u1, 'u0'), exact);
  });

  it('is told again to those who follow, when a setting makes it stricter', async () => {
    const [u0, u1] = await stack.room(2);
    await wentOffline(u0);
    const follower = await u1.follow();
    await setOwn(u0, 'hidden');
    assert.equal((await follower.saw('u0', 'offline')).since, undefined);
    await follower.stop();
  });
});
