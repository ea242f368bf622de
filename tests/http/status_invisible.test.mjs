// SPDX-License-Identifier: ISC
// Invisible is offline: to everybody else, at once, whatever the user does meanwhile and whatever becomes of Redis.
// That nothing differs by a byte is in status_alike.test.mjs.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Events } from '../lib/events.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const long = { ttl: 60, heartbeat: 30, wait: 20 };
const seenOnline = (eye, user) => eye.of(user).filter(({ status }) => status !== 'offline');

describe('somebody invisible', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: long });
  });
  after(() => stack?.stop());

  it('is gone for all who watch within half a second, as one who left', async () => {
    const [u0, ...others] = await stack.room(4);
    await u0.join();
    const eyes = await Promise.all(others.map(one => one.follow()));
    const began = Date.now();
    const said = await u0.say({ show: 'invisible' });
    assert.deepEqual([said.status, said.shown, said.invisible], ['active', 'offline', true]);
    for (const eye of eyes) {
      const gone = await eye.saw('u0', 'offline');
      assert.ok(gone.at - began <= atMost(4000), `after ${gone.at - began} ms`);
      assert.equal(gone.why, 'leave');
    }
    const sinces = await Promise.all(others.map(async one => (await one.entryOf('u0')).since));
    assert.equal(new Set(sinces).size, 1);
    assert.ok(Math.abs(sinces[0] - began) < 60000);
  });

  it('is not told of, whatever they do, and comes back as by a join', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const { session, cursor } = await u0.join();
    const eye = await u1.follow();
    await u0.say({ show: 'invisible' });
    const { since } = await eye.saw('u0', 'offline');
    const before = await u1.cursor();
    for (const status of ['away', 'active', 'away'])
      assert.equal((await u0.beat(session, { status })).body.status, status, 'their own tab knows');
    const other = await u0.join();
    await u0.poll({ since: cursor, session: other.session, wait: 0 });
    await u0.claim('call', { show: 'active', dnd: true, text: 'In a call', for: 600 });
    await u0.ask('DELETE', 'me/claims/call');
    await u0.leaveNow(other.session);
    assert.equal(await u1.cursor(), before);
    assert.deepEqual(await u1.entryOf('u0'), { user: 'u0', status: 'offline', since });
    await u0.say({ show: 'auto' });
    const back = await eye.shows('u0', ({ status }) => status !== 'offline');
    assert.deepEqual([back.status, back.why, back.since > since], ['away', 'join', true]);
    await eye.settle(u2);
    assert.equal(eye.of('u0').length, 2, JSON.stringify(eye.of('u0')));
  });

  it('does not come back if no session is live', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const { session } = await u0.join();
    const eye = await u1.follow();
    await u0.say({ show: 'invisible' });
    const { since } = await eye.saw('u0', 'offline');
    await u0.leaveNow(session);
    await u0.say({ show: 'auto' });
    await eye.settle(u2);
    assert.deepEqual(eye.of('u0').map(one => one.since), [since]);
    assert.deepEqual(await u1.entryOf('u0'), { user: 'u0', status: 'offline', since });
  });

  it('who was offline changes nothing, and who was never seen stays so', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const { session } = await u0.join();
    await u0.leaveNow(session);
    const eye = await u1.follow();
    const before = [await u1.entryOf('u0'), await u1.entryOf('u2')];
    await u0.say({ show: 'invisible' });
    await u2.say({ show: 'invisible' });
    await u0.join();
    const tab = await u2.join();
    await u2.beat(tab.session, { status: 'away' });
    await u2.leaveNow(tab.session);
    assert.deepEqual([await u1.entryOf('u0'), await u1.entryOf('u2')], before);
    assert.deepEqual(before[1], { user: 'u2', status: 'offline' });
    assert.deepEqual([eye.changes, await u1.cursor()], [[], eye.cursor]);
    assert.equal((await u2.me()).invisible, true);
  });

  it('for a while comes back when that ends', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    const eye = await u1.follow();
    await u0.say({ show: 'invisible', for: 4 });
    await eye.saw('u0', 'offline');
    const { status, why } = await eye.shows('u0', one => one.status !== 'offline');
    assert.deepEqual([status, why], ['active', 'join']);
  });

  it('shows their message, as somebody offline does, and a claim of before until its end', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    await u0.claim('call', { dnd: true, for: 5 });
    await u0.say({ text: 'on leave', show: 'invisible' });
    const entry = await u1.entryOf('u0');
    assert.deepEqual([entry.status, entry.text, entry.dnd], ['offline', 'on leave', true]);
    await u0.ask('DELETE', 'me/claims/call');
    assert.equal((await u1.entryOf('u0')).dnd, true, 'to hang up would show that they are here');
    await until(async () => !(await u1.entryOf('u0')).dnd, 'it ends');
    assert.equal((await u1.entryOf('u0')).text, 'on leave');
  });

  it('is so on all of their tabs, which know it', async () => {
    const [u0, u1] = await stack.room(2);
    const tab = await u0.join();
    const parked = u0.poll({ since: tab.cursor, session: tab.session });
    const stream = await Events.open(u0, { since: tab.cursor });
    try {
      await pause(200);
      const { rev } = await u0.say({ show: 'invisible', dnd: true });
      const { body } = await parked;
      assert.ok(body.refetch?.includes('me'), JSON.stringify(body));
      assert.ok(body.cursor.endsWith(`_m${rev}`), body.cursor);
      await until(() => stream.of('changes').some(({ data }) => data.refetch?.includes('me')), 'the stream is told');
      assert.ok((await u0.join()).cursor.endsWith(`_m${rev}`));
      assert.ok(!(await u1.poll()).body.cursor.includes('_m'), 'others have no such cursor');
    } finally {
      stream.close();
    }
  });

  it('is seen by administrators as they are', async () => {
    const [u0] = await stack.room(1);
    await u0.join();
    await u0.say({ show: 'invisible' });
    const { body } = await stack.adm('GET', `/workspaces/${u0.ws}/explain/u0`);
    assert.deepEqual([body.status, body.shown, body.invisible], ['active', 'offline', true]);
    assert.equal((await u0.sessionsOf('u0')).length, 1);
  });
});

describe('invisibility', { concurrency: 4 }, () => {
  it('outlives a Redis that forgets: nobody sees them for a moment', { timeout: 60000 }, () =>
    withStack({ workers: 2, conf: { ...long, ttl: 4, heartbeat: 1 } }, async stack => {
      const [u0, u1, u2, u3] = await stack.room(4);
      const tabs = [];
      for (const one of [u0, u1, u2, u3]) tabs.push((await one.join()).session);
      await u0.say({ show: 'invisible', text: 'hidden' });
      await u3.say({ show: 'invisible', for: 600 });
      const eyes = [await u1.follow(), await u2.follow()];
      const online = new Set();
      let isOver = false;
      const often = async (ms, ask) => {
        for (; !isOver; await pause(ms)) await ask().catch(() => {});
      };
      const busy = [u0, u1, u2, u3].flatMap((one, i) => [
        often(40, () => one.beat(tabs[i], { status: 'active' })),
        ...(i % 3 === 0 ? [often(40, () => one.join({ session: tabs[i] }))] : []),
      ]);
      busy.push(often(30, async () => {
        const { body } = await u1.ask('GET', 'status');
        for (const { user, status } of body?.users ?? []) if (status !== 'offline') online.add(user);
      }));
      try {
        for (let round = 0; round < 4; round++) {
          await stack.redis('FLUSHALL');
          await until(async () => (await u1.sees()).u1 === 'active', 'they are here again');
          await pause(600);
        }
        await stack.restart();
        await until(async () => (await u1.sees()).u2 === 'active', 'they are here again');
        await pause(600);
      } finally {
        isOver = true;
        await Promise.all(busy);
      }
      for (const eye of eyes) assert.deepEqual([...seenOnline(eye, 'u0'), ...seenOnline(eye, 'u3')], []);
      assert.deepEqual([...online].sort(), ['u1', 'u2']);
      assert.deepEqual([(await u0.me()).invisible, (await u0.me()).text], [true, 'hidden']);
    }));

  it('is not betrayed by when a message comes back that Redis forgot: as those of people who are offline', () =>
    withStack({ workers: 2, conf: long }, async stack => {
      const [u0, ...others] = await stack.room(9);
      const [hidden, gone] = [others.slice(4), others.slice(0, 4)];
      for (const one of gone) await one.say({ text: 'on leave' });
      for (const one of hidden) await one.say({ text: 'on leave', show: 'invisible' });
      const tabs = await Promise.all(hidden.map(one => one.join()));
      const eye = await u0.follow();
      const beats = () => Promise.all(hidden.map((one, i) => one.beat(tabs[i].session, { status: 'active' })));
      for (let round = 0; round < 3; round++) {
        eye.changes.length = 0;
        await stack.redis('FLUSHALL');
        await beats();
        await until(() => eye.changes.length >= others.length, 'all are told again');
        /* In the order of their ids, or from somewhere in it on: Redis may have been emptied while a worker still told it of all. */
        const told = eye.changes.map(({ user }) => user);
        const from = others.findIndex(({ user }) => user === told[0]);
        assert.deepEqual(told, [...others.slice(from), ...others.slice(0, from)].map(({ user }) => user));
        assert.ok(eye.changes.every(({ status }) => status === 'offline'));
      }
    }));
});
