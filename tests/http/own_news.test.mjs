// SPDX-License-Identifier: ISC
// What a user says by hand is told to their own pages, by a revision in their cursors that nobody else sees.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Events } from '../lib/events.mjs';
import { query } from '../lib/person.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { atMost, until } from '../lib/until.mjs';

const hasRevision = cursor => /_m\d+$/.test(cursor);

describe('own news', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30, wait: 20 } });
  });
  after(() => stack?.stop());

  const put = async (person, body) =>
    assert.equal((await person.ask('PUT', 'me/status', { body })).status, 200, JSON.stringify(body));

  it('are in the cursors of who has said something, and in nobody else’s', async () => {
    const [u0, u1] = await stack.room(2);
    assert.ok(!hasRevision((await u0.join()).cursor));
    await put(u0, { dnd: true });
    assert.ok(hasRevision((await u0.join()).cursor));
    assert.ok(hasRevision((await u0.poll({ wait: 0 })).body.cursor));
    for (const what of ['status', 'members', 'dms', 'counts'])
      assert.ok(!hasRevision((await u0.ask('GET', what)).body.cursor), what);
    assert.ok(!hasRevision((await u1.join()).cursor));
    assert.ok(!hasRevision((await u1.poll({ wait: 0 })).body.cursor));
  });

  it('wake the polls of their user alone, at once', async () => {
    const [u0, u1] = await stack.room(2);
    await put(u0, { show: 'invisible' });
    const { cursor } = await u0.join();
    const other = await u1.cursor();
    const own = [u0.poll({ since: cursor, wait: 20 }), u0.poll({ since: cursor, user: 'u1', wait: 20 })];
    const others = u1.poll({ since: other, wait: 20 });
    const began = performance.now();
    await put(u0, { show: 'invisible', dnd: false, text: 'away', for: 600 });
    for (const { body } of await Promise.all(own)) {
      assert.deepEqual(body.refetch, ['me']);
      assert.ok(hasRevision(body.cursor));
      assert.notEqual(body.cursor, cursor);
    }
    assert.ok(performance.now() - began < atMost(8000));
    const { body } = await others;
    assert.deepEqual([body.refetch, body.changes.map(one => [one.user, one.status])], [undefined, [['u0', 'offline']]]);
  });

  it('are told once: with the new cursor a poll waits', async () => {
    const [u0] = await stack.room(2);
    await put(u0, { dnd: true });
    const first = (await u0.poll({ since: await u0.cursor(), wait: 0 })).body;
    assert.deepEqual(first.refetch, ['me']);
    const began = performance.now();
    const second = (await u0.poll({ since: first.cursor, wait: 1 })).body;
    assert.ok(performance.now() - began > 900, 'it waited');
    assert.deepEqual([second.refetch, second.cursor], [undefined, first.cursor]);
    assert.equal((await u0.poll({ since: first.cursor, wait: 0 })).body.cursor, first.cursor);
  });

  it('go on while others change', async () => {
    const [u0, u1] = await stack.room(2);
    await put(u0, { dnd: true });
    const { cursor } = await u0.join();
    await u1.join();
    const { body } = await u0.poll({ since: cursor, wait: 5 });
    assert.equal(body.refetch, undefined);
    assert.equal(body.cursor.split('_')[1], cursor.split('_')[1]);
  });

  it('come when a time is over, too', async () => {
    const [u0] = await stack.room(1);
    await put(u0, { text: 'back soon', for: 3 });
    const { cursor } = await u0.join();
    const { body } = await u0.poll({ since: cursor, wait: 20 });
    assert.deepEqual(body.refetch, ['me']);
    assert.equal((await u0.ask('GET', 'me/status')).body.text, undefined);
  });

  it('come to who was removed and added again: nothing is said any more', async () => {
    const [u0] = await stack.room(1);
    await put(u0, { text: 'away' });
    const { cursor } = await u0.join();
    const path = `/workspaces/${u0.ws}/members/u0`;
    assert.equal((await stack.adm('DELETE', path)).status, 204);
    assert.equal((await stack.adm('PUT', path, { body: {} })).status, 201);
    const first = (await u0.poll({ since: cursor, wait: 0 })).body;
    assert.ok(first.refetch.includes('me'), JSON.stringify(first));
    const second = (await u0.poll({ since: first.cursor, wait: 0 })).body;
    assert.deepEqual([second.refetch, hasRevision(second.cursor)], [undefined, false]);
  });

  it('come to who was removed and added again and says something else, however often they had said something', async () => {
    const [u0] = await stack.room(1);
    for (const text of ['a', 'b', 'c']) await put(u0, { text });
    const { cursor } = await u0.join();
    const { rev } = (await u0.ask('GET', 'me/status')).body;
    const path = `/workspaces/${u0.ws}/members/u0`;
    assert.equal((await stack.adm('DELETE', path)).status, 204);
    assert.equal((await stack.adm('PUT', path, { body: {} })).status, 201);
    await put(u0, { text: 'd' });
    const { body: me } = await u0.ask('GET', 'me/status');
    assert.ok(me.rev > rev, `${me.rev} after ${rev}`);
    const { body } = await u0.poll({ since: cursor, wait: 0 });
    assert.ok(body.refetch?.includes('me'), JSON.stringify(body));
    assert.ok(body.cursor.endsWith(`_m${me.rev}`), body.cursor);
  });

  it('are told by events', async () => {
    const [u0] = await stack.room(2);
    const stream = await Events.open(u0, { since: await u0.cursor() });
    await put(u0, { show: 'invisible' });
    const { data, id } = await stream.next('changes', 0);
    assert.deepEqual([data.changes, data.refetch, id], [[], ['me'], data.cursor]);
    await put(u0, { show: 'auto' });
    assert.deepEqual((await stream.next('changes', 1)).data.refetch, ['me']);
    stream.close();
    const again = await Events.open(u0, { since: (await u0.cursor()).replace(/_.*/, '') });
    assert.deepEqual((await again.next('changes', 0)).data.refetch, ['me'], 'an older cursor');
    again.close();
  });

  it('of a cursor that claims too much are neither believed nor told again and again', async () => {
    const [u0] = await stack.room(1);
    await put(u0, { dnd: true });
    const { cursor } = await u0.join();
    const forged = `${cursor.split('_')[0]}_m9007199254740991`;
    const { body } = await u0.poll({ since: forged, wait: 0 });
    assert.equal(body.cursor, cursor);
    const other = await u0.poll({ since: `${await u0.cursor()}_m0`, wait: 0 });
    assert.equal(other.body.resync, true, 'not a cursor');
  });
});

describe('own news after Redis was lost', () => {
  let stack;
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30, wait: 20 } });
  });
  after(() => stack?.stop());

  it('are told to all who might have missed some, once', async () => {
    const [u0, u1] = await stack.room(2);
    assert.equal((await u0.ask('PUT', 'me/status', { body: { dnd: true } })).status, 200);
    const { cursor } = await u0.join();
    const own = u0.poll({ since: cursor, wait: 20 });
    const stream = await Events.open(u0, { since: cursor });
    const other = u1.poll({ since: await u1.cursor(), wait: 6 });
    await until(async () => (await stack.parked()) === 3, 'all wait');
    for (const type of ['pubsub', 'normal']) await stack.redis('CLIENT', 'KILL', 'TYPE', type);
    const { body } = await own;
    assert.deepEqual([body.changes, body.refetch], [[], ['me']]);
    assert.deepEqual((await stream.next('changes', 0)).data.refetch, ['me']);
    stream.close();
    assert.equal((await other).body.refetch, undefined);
    assert.equal((await u0.poll({ since: body.cursor, wait: 0 })).body.refetch, undefined);
    assert.equal((await u0.ask('GET', `status${query({ user: 'u0' })}`)).body.users[0].dnd, true);
  });
});

describe('own news that a worker hears from a cursor before Redis tells it', () => {
  const slow = stack => (stack.peer.messagesLateMs = 700);

  it('wake the polls that wait there', () =>
    withStack({ workers: 2, proxy: true, beforeDaemon: slow, conf: { ttl: 60, heartbeat: 30, wait: 60 } }, async stack => {
      const [u0] = await stack.room(1);
      await u0.say({ dnd: true });
      const { cursor } = await u0.join();
      const began = performance.now();
      const polls = Array.from({ length: 16 }, () => u0.poll({ since: cursor })); // at both workers
      await until(async () => (await stack.parked()) === 16, 'they wait');
      await u0.say({ dnd: false });
      const asked = polls.map(async poll => {
        const { body } = await poll;
        await Promise.all(polls.map(() => u0.poll({ since: body.cursor, wait: 0 })));
        return body.refetch;
      });
      for (const refetch of await Promise.all(asked)) assert.deepEqual(refetch, ['me']);
      assert.ok(performance.now() - began < 40000, 'none of them had to wait for its end');
    }));
});
