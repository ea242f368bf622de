// SPDX-License-Identifier: ISC
// Claims: what an integration, or another page, says of a user for a while, under a name of its own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';

const long = { ttl: 60, heartbeat: 30, wait: 20 };
const inAnHour = { for: 3600 };

describe('a claim', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: long });
  });
  after(() => stack?.stop());

  /** u0 is here; SEEN() is what u1 reads of them. */
  async function scene() {
    const people = await stack.room(3);
    const { session } = await people[0].join();
    const seen = async () => {
      const { status, dnd, text } = await people[1].entryOf('u0');
      return [status, dnd, text];
    };
    return { people, session, seen };
  }

  it('lies over the base, and is not put back: what is below shows when it ends', async () => {
    const { people: [u0], seen } = await scene();
    await u0.say({ show: 'away' });
    assert.equal((await u0.ask('PUT', 'me/claims/call', { body: { show: 'active', dnd: true, ...inAnHour } })).status, 201);
    assert.deepEqual(await seen(), ['active', true, undefined]);
    await u0.say({ dnd: true });
    assert.equal((await u0.ask('DELETE', 'me/claims/call')).status, 204);
    assert.deepEqual(await seen(), ['away', true, undefined]);
    await u0.say({ show: 'auto' });
    assert.deepEqual(await seen(), ['active', true, undefined]);
  });

  it('lies by its priority: meeting, call, meeting, base', async () => {
    const { people: [u0], seen } = await scene();
    const text = async () => (await seen())[2];
    await u0.say({ text: 'base' });
    await u0.claim('meeting', { text: 'meeting', priority: 5, ...inAnHour });
    assert.equal(await text(), 'meeting');
    await u0.claim('call', { text: 'call', priority: 6, ...inAnHour });
    assert.equal(await text(), 'call');
    await u0.byAdmin('DELETE', 'claims/call');
    assert.equal(await text(), 'meeting');
    await u0.byAdmin('DELETE', 'claims/meeting');
    assert.equal(await text(), 'base');
  });

  it('of usual priority does not hide what its user says for a while', async () => {
    const { people: [u0], seen } = await scene();
    await u0.say({ text: 'on leave', for: 14 * 86400 });
    const said = await u0.claim('meeting', { text: 'In a meeting', dnd: true, priority: 5, ...inAnHour });
    assert.deepEqual(await seen(), ['active', true, 'on leave']);
    const wins = Object.fromEntries(said.layers.map(({ layer, wins: won }) => [layer, won]));
    assert.ok(wins.claim.includes('dnd') && !wins.temporary.includes('dnd'), JSON.stringify(said));
    await u0.say({ text: 'on leave', dnd: false, for: 14 * 86400 });
    assert.deepEqual(await seen(), ['active', undefined, 'on leave'], 'not to be disturbed is denied by its user');
    await u0.claim('alarm', { text: 'Fire', priority: 9, dnd: true, ...inAnHour });
    assert.deepEqual(await seen(), ['active', undefined, 'Fire']);
  });

  it('that its user deletes is gone, and stays so until the end that it had, however often it is renewed', async () => {
    const { people: [u0, u1, u2], seen } = await scene();
    const eye = await u1.follow();
    const renew = () => u0.byAdmin('PUT', 'claims/calendar', { text: 'In a meeting', for: 8 });
    const end = Date.now() + 8000;
    assert.ok([200, 201].includes((await renew()).status));
    await eye.shows('u0', ({ text }) => text === 'In a meeting');
    assert.equal((await u0.ask('DELETE', 'me/claims/calendar')).status, 204);
    assert.deepEqual(await seen(), ['active', undefined, undefined]);
    await eye.shows('u0', ({ text }) => !text);
    while (Date.now() < end - 4000) {
      assert.ok([200, 201].includes((await renew()).status));
      assert.deepEqual(await seen(), ['active', undefined, undefined]);
      await pause(150);
    }
    await eye.settle(u2);
    assert.equal(eye.of('u0').length, 2, JSON.stringify(eye.of('u0')));
    await until(async () => (await renew()) && (await seen())[2] === 'In a meeting', 'a later one is another', 20000);
  });

  it('that is renewed goes on, and lets go if it is not', async () => {
    const { people: [u0, u1, u2], seen } = await scene();
    const eye = await u1.follow();
    for (let i = 0; i < 4; i++) {
      const { status } = await u0.ask('PUT', 'me/claims/call', { body: { dnd: true, for: 5 } });
      assert.equal(status, i === 0 ? 201 : 200);
      await pause(1000);
      assert.equal((await seen())[1], true);
    }
    await eye.shows('u0', ({ dnd }) => !dnd, 15000);
    await eye.settle(u2);
    assert.deepEqual(eye.of('u0').map(({ dnd }) => dnd), [true, undefined], 'renewals are not told');
  });

  it('can raise away to active, and lower it, and make nobody online', async () => {
    const { people: [u0], session, seen } = await scene();
    await u0.beat(session, { status: 'away' });
    await u0.claim('call', { show: 'active', ...inAnHour });
    assert.deepEqual(await seen(), ['active', undefined, undefined]);
    assert.equal((await u0.beat(session, { status: 'away' })).body.status, 'active');
    await u0.claim('call', { show: 'away', ...inAnHour });
    assert.equal((await seen())[0], 'away');
    await u0.claim('call', { show: 'active', ...inAnHour });
    await u0.leaveNow(session);
    assert.equal((await seen())[0], 'offline');
  });

  it('that says present makes online, for as long as it lasts', async () => {
    const { people: [, u1, u2] } = await scene();
    const eye = await u1.follow();
    await u2.byAdmin('PUT', 'claims/desk', { show: 'active', present: true, for: 4 });
    await eye.shows('u2', ({ status }) => status === 'active');
    assert.equal((await eye.shows('u2', ({ status }) => status === 'offline')).why, 'leave');
  });

  it('of an administrator for somebody offline changes neither status nor since', async () => {
    const { people: [u0, u1], session } = await scene();
    await u0.leaveNow(session);
    const { since } = await u1.entryOf('u0');
    for (const what of [['PUT', 'claims/call', { show: 'active', dnd: true, ...inAnHour }], ['PUT', 'status', { show: 'away', text: 'ill' }]]) {
      assert.ok([200, 201].includes((await u0.byAdmin(...what)).status));
      const entry = await u1.entryOf('u0');
      assert.deepEqual([entry.status, entry.since, entry.dnd], ['offline', since, true], JSON.stringify(entry));
    }
    assert.equal((await u0.byAdmin('DELETE', 'claims/call')).status, 204);
    assert.equal((await u0.byAdmin('DELETE', 'status')).status, 204);
    assert.deepEqual(await u1.entryOf('u0'), { user: 'u0', status: 'offline', since });
  });

  it('that begins and ends while its user is offline makes them online at no time', async () => {
    const { people: [u0, u1, u2], session } = await scene();
    await u0.leaveNow(session);
    const eye = await u1.follow();
    await u0.byAdmin('PUT', 'claims/meeting', { show: 'active', for: 4 });
    await u0.byAdmin('PUT', 'claims/lunch', { show: 'away', text: 'at lunch', for: 4 });
    await eye.shows('u0', ({ text }) => text);
    await eye.shows('u0', ({ text }) => !text);
    await eye.settle(u2);
    assert.deepEqual([...new Set(eye.told('u0'))], ['offline']);
  });

  it('shows the reader nothing of its name or kind', async () => {
    const { people: [u0, u1] } = await scene();
    await u0.claim('secret-name', { text: 'In a call', dnd: true, ...inAnHour });
    for (const what of ['status', 'stream', 'members', 'counts']) {
      const { bytes } = await u1.ask('GET', what, { raw: true });
      assert.ok(!bytes.includes('secret-name') && !bytes.includes('claim'), what);
    }
  });
});
