// SPDX-License-Identifier: ISC
// How sessions end: for good, after a grace, by a lost connection, by removal of the member.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { until } from '../lib/until.mjs';
import { Room } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

const [S1, S2] = ['session-one', 'session-two'];

test('leaving now is one change, and a late heartbeat or poll does not undo it', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  const left = await room.leave('ann', S1);
  assert.deepEqual([left.code, left.change.status, left.change.why], ['ok', 'offline', 'leave']);
  for (const kind of ['heartbeat', 'poll']) {
    const got = await room.beat('ann', S1, 'active', { kind });
    assert.deepEqual([got.code, got.own, got.alive, got.change], ['gone', 'offline', 0, null]);
  }
  assert.equal(await room.seen('ann'), 'offline');
  assert.deepEqual((await room.sessions('ann')).sessions.map(one => one.status), ['ended']);
});

test('the tombstone lasts one ttl', async () => {
  const room = new Room(redis, { ttl: 50 });
  await room.join('ann', S1);
  const { now } = await room.leave('ann', S1);
  assert.equal((await room.sessions('ann')).sessions[0].ends, now + 50);
  await until(async () => (await room.expire()).taken, 'the tombstone is due');
  assert.deepEqual((await room.allKeys()).filter(key => key.includes(':u:') || key.endsWith('due')), []);
  assert.equal((await room.beat('ann', S1)).code, 'ok');
});

test('the worker that has a stream of a session is told when the session leaves or lapses', async () => {
  const room = new Room(redis);
  const told = await room.follow('rollcall:worker:w1');
  const stream = async (session, more) => (await room.poll('ann', session, '', { worker: 'w1+', ...more })).beat;
  const left = await stream(S1);
  await room.leave('ann', S1);
  await stream(S2);
  const joined = await room.join('ann', S2, '', { worker: '' });
  await room.leave('ann', S2, 'grace');
  const lapsed = await stream('session-three', { lease: 1 });
  await until(async () => (await room.expire(), told.messages.length >= 3), 'the messages');
  assert.deepEqual(told.messages.sort(), [
    `lapsed ${lapsed} ${room.ws} session-three ann`,
    `left ${joined.beat} ${room.ws} ${S2} ann`,
    `left ${left} ${room.ws} ${S1} ann`,
  ].sort());
  told.close();
});

test('no worker is told to end the stream of a session whose stream is over, or that only polls', async () => {
  const room = new Room(redis);
  const told = await room.follow('rollcall:worker:w1');
  await room.poll('ann', S1, '', { worker: 'w1' });
  await room.leave('ann', S1);
  const { beat } = await room.poll('ann', S2, '', { worker: 'w1+' });
  await room.leave('ann', S2, 'closed', { beat });
  await room.poll('ann', 'session-three', '', { worker: 'w1', lease: 1 });
  await until(async () => (await room.expire(), (await room.sessions('ann')).status === 'offline'), 'all have lapsed');
  const last = await room.poll('ann', 'session-four', '', { worker: 'w1+' });
  await room.leave('ann', 'session-four');
  const ends = () => told.messages.filter(message => !message.startsWith('0 '));
  await until(() => ends().length > 0, 'a message');
  assert.deepEqual(ends(), [`left ${last.beat} ${room.ws} session-four ann`]);
  told.close();
});

test('a join starts an ended session again', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.leave('ann', S1);
  const got = await room.join('ann', S1, 'away');
  assert.deepEqual([got.code, got.alive, got.change.status, got.change.why], ['ok', 0, 'away', 'join']);
  assert.equal((await room.beat('ann', S1)).code, 'ok');
  assert.equal((await room.sessions('ann')).sessions.length, 1);
});

test('one session leaves and the other stays: others see nothing', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.join('ann', S2);
  const left = await room.leave('ann', S1);
  assert.deepEqual([left.code, left.change], ['ok', null]);
  assert.equal((await room.changes()).head, 1);
});

test('leaving twice, or from a session never seen, changes nothing', async () => {
  const room = new Room(redis);
  for (const mode of ['grace', 'closed']) assert.equal((await room.leave('ann', S1, mode)).code, 'none');
  assert.deepEqual((await room.allKeys()).filter(key => !key.endsWith(':meta')), []);
  const unknown = await room.leave('ann', S1, 'now');
  assert.deepEqual([unknown.code, unknown.change], ['none', null]);
  assert.equal((await room.beat('ann', S1)).code, 'gone', 'a heartbeat that the leave has overtaken');
  assert.equal((await room.leave('ann', S1, 'now')).code, 'none');
  assert.equal((await room.leave('ann', S1, 'grace')).code, 'none');
  assert.equal((await room.changes()).head, 0);
});

test('leaving with ever new names is remembered up to a limit, and costs nothing more after it', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  for (let i = 0; i < 300; i++) assert.equal((await room.leave('ann', `unknown-${i}`)).code, 'none');
  assert.equal(await redis.call('HLEN', room.u('ann')), 200);
  assert.equal((await room.beat('ann', 'unknown-0')).code, 'gone');
  assert.equal(await room.seen('ann'), 'active');
  assert.equal((await room.changes()).head, 1);
  const left = await room.leave('ann', S1);
  assert.deepEqual([left.code, left.change.status], ['ok', 'offline'], 'a session that was there is ended for good');
  assert.equal((await room.beat('ann', S1)).code, 'gone');
});

test('where a session is does not count as a record', async () => {
  const room = new Room(redis, { maxTombstones: 2 });
  await room.join('ann', S1);
  await room.at('ann', S1, 'hall');
  await room.leave('ann', S2);
  assert.equal((await room.beat('ann', S2)).code, 'gone');
  await room.leave('ann', 'session-three');
  assert.equal((await room.beat('ann', 'session-three')).code, 'ok', 'there were two records');
});

test('a leave with grace that nothing takes back is the end for good', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  const left = await room.leave('ann', S1, 'grace', { grace: 30 });
  assert.deepEqual([left.code, left.change], ['ok', null]);
  assert.equal(await room.seen('ann'), 'active');
  await until(async () => (await room.expire()).changes, 'the grace is over');
  const [change] = (await room.changes()).changes;
  assert.deepEqual([change.status, change.why], ['offline', 'leave']);
  assert.equal((await room.beat('ann', S1)).code, 'gone');
});

test('any beat takes a grace back', async () => {
  for (const kind of ['join', 'heartbeat', 'poll']) {
    for (const mode of ['grace', 'closed']) {
      const room = new Room(redis);
      const { beat } = await room.join('ann', S1);
      await room.leave('ann', S1, mode, { grace: 1, beat });
      const got = await room.beat('ann', S1, '', { kind });
      assert.deepEqual([got.code, got.alive, got.change], ['ok', 1, null]);
      const [one] = (await room.sessions('ann')).sessions;
      assert.deepEqual([one.flag, one.ends], ['-', got.now + room.lease]);
      await room.lapse('ann', S1);
      assert.equal((await room.changes()).changes[0].why, 'lapsed');
      assert.equal((await room.beat('ann', S1)).code, 'ok');
    }
  }
});

test('page to page in one tab, twenty times, is no change', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  for (let i = 0; i < 20; i++) {
    await room.leave('ann', S1, 'grace', { grace: 5000 });
    await room.expire();
    await room.join('ann', S1);
  }
  assert.equal((await room.changes()).head, 1);
});

test('a grace never lengthens a lease', async () => {
  const room = new Room(redis);
  const { now, beat } = await room.join('ann', S1, '', { lease: 30000 });
  for (const mode of ['grace', 'closed']) {
    await room.leave('ann', S1, mode, { grace: 50000, beat });
    assert.equal((await room.sessions('ann')).sessions[0].ends, now + 30000);
  }
});

test('a lost connection cuts the lease only if its beat is the latest', async () => {
  const room = new Room(redis);
  const first = await room.poll('ann', S1, '', { worker: 'w1' });
  const second = await room.poll('ann', S1, '', { worker: 'w2' });
  assert.equal((await room.leave('ann', S1, 'closed', { beat: first.beat })).code, 'stale');
  assert.equal((await room.sessions('ann')).sessions[0].ends, second.now + room.lease);
  const closed = await room.leave('ann', S1, 'closed', { grace: 0, beat: second.beat });
  assert.equal(closed.code, 'ok');
  assert.equal((await room.expire()).changes, 1);
  assert.equal((await room.changes()).changes[0].why, 'closed');
  assert.equal((await room.beat('ann', S1)).code, 'ok', 'a lost connection is not for good');
});

test('a heartbeat between a poll and the loss of its connection keeps nobody online', async () => {
  for (const status of ['active', 'away']) {
    const room = new Room(redis);
    await room.join('ann', S1);
    const { beat } = await room.poll('ann', S1);
    await room.beat('ann', S1, status);
    const closed = await room.leave('ann', S1, 'closed', { grace: 0, beat });
    assert.equal(closed.code, 'ok');
    assert.equal((await room.expire()).changes, 1);
    assert.equal((await room.changes()).changes[0].why, 'closed');
  }
});

test('a heartbeat after the connection was lost takes the session back; a join makes the loss stale', async () => {
  const room = new Room(redis);
  const { beat } = await room.poll('ann', S1);
  await room.leave('ann', S1, 'closed', { grace: 0, beat });
  const { now } = await room.beat('ann', S1);
  assert.equal((await room.sessions('ann')).sessions[0].ends, now + room.lease);
  await room.join('ann', S1);
  assert.equal((await room.leave('ann', S1, 'closed', { grace: 0, beat })).code, 'stale');
});

test('a lost connection cuts no lease whose record was evicted: who knows what came after', async () => {
  const room = new Room(redis);
  const { beat } = await room.poll('ann', S1);
  await redis.call('DEL', room.u('ann'));
  assert.equal((await room.leave('ann', S1, 'closed', { grace: 0, beat })).code, 'stale');
  assert.equal((await room.expire()).taken, 0);
});

/** Two sessions of ann, of which S1 (active) has a lease that ended by MS ago and was not taken yet. */
async function oneIsOver(room, ms) {
  await room.join('ann', S1, 'active');
  const { now } = await room.join('ann', S2, 'away');
  await redis.call('ZADD', room.due, 'XX', now - ms, `${room.ws} ${S1} ann`);
  return now;
}

test('a session whose lease is over counts for nothing, though nobody has taken it yet', async () => {
  const ways = {
    leave: room => room.leave('ann', S2),
    expire: async room => {
      await redis.call('ZADD', room.due, 'XX', -1, `${room.ws} ${S2} ann`);
      room.batch = 1;
      await room.expire();
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    const room = new Room(redis);
    const channel = await room.follow();
    await oneIsOver(room, 20);
    await way(room);
    await room.expire();
    await until(() => channel.messages.length >= 2, 'the messages');
    assert.deepEqual(channel.messages.map(message => message.split(' ')[2]), ['active', 'offline'], name);
    channel.close();
  }
  const room = new Room(redis);
  await oneIsOver(room, 20);
  assert.equal((await room.beat('ann', S2, 'active')).own, 'active');
  assert.equal((await room.beat('ann', S2, 'away')).own, 'away', 'a beat');
  await room.expire();
  assert.equal((await room.changes()).head, 2);
});

test('a session whose lease is over is not taken for one that was lost: a new one says how its user is', async () => {
  const room = new Room(redis);
  const { now } = await room.join('ann', S1, 'active');
  await redis.call('ZADD', room.due, 'XX', now - 20, `${room.ws} ${S1} ann`);
  assert.equal((await room.join('ann', S2, 'away')).own, 'away');
  await room.expire();
  assert.deepEqual((await room.sessions('ann')).sessions.map(one => one.session), [S2]);
  assert.equal((await room.changes()).head, 2);
});

test('a session that is over is taken with it: its next beat, however plain, brings its user back', async () => {
  const ways = { leave: room => room.leave('ann', S2), beat: room => room.beat('ann', S2, 'active') };
  for (const [name, way] of Object.entries(ways)) {
    const room = new Room(redis);
    await oneIsOver(room, 20);
    await room.beat('ann', S2, 'active');
    await room.beat('ann', S2, 'away');
    await way(room);
    await room.leave('ann', S2);
    assert.equal(await room.seen('ann'), 'offline', name);
    const got = await room.beat('ann', S1, 'active');
    assert.deepEqual([got.alive, got.own, got.change?.status], [0, 'active', 'active'], name);
    await room.expire();
    assert.equal(await room.seen('ann'), 'active', name);
  }
});

test('a session whose grace after leaving is over is ended for good, whichever script takes it', async () => {
  const room = new Room(redis);
  const now = await oneIsOver(room, -10000);
  await room.leave('ann', S1, 'grace', { grace: 5000 });
  await redis.call('ZADD', room.due, 'XX', now - 20, `${room.ws} ${S1} ann`);
  await room.leave('ann', S2);
  assert.equal(await room.seen('ann'), 'offline');
  assert.equal((await room.beat('ann', S1, 'active')).code, 'gone');
});

test('a session whose lease is over leaves its place to another', async () => {
  const room = new Room(redis, { maxSessions: 2 });
  await oneIsOver(room, 20);
  assert.equal((await room.join('ann', 'session-three')).code, 'ok');
});

test('no lease is over while nobody may be judged, nor by a clock that leapt, nor if the lease was lost', async () => {
  const cases = { held: () => ({ held: 1 }), leapt: now => ({ asked: now - 1000 }), unknown: () => ({ asked: '' }) };
  for (const [name, more] of Object.entries(cases)) {
    const room = new Room(redis);
    const now = await oneIsOver(room, 500);
    await room.leave('ann', S2, 'now', more(now));
    assert.equal(await room.seen('ann'), 'active', name);
  }
  const room = new Room(redis);
  await oneIsOver(room, 20);
  await redis.call('DEL', room.due);
  await room.leave('ann', S2);
  assert.equal(await room.seen('ann'), 'active', 'lost');
});

test('a page that said goodbye has left, though its connection closes too', async () => {
  const room = new Room(redis);
  const { beat } = await room.poll('ann', S1);
  await room.leave('ann', S1, 'grace', { grace: 0 });
  await room.leave('ann', S1, 'closed', { grace: 0, beat });
  await room.expire();
  assert.equal((await room.changes()).changes[0].why, 'leave');
  assert.equal((await room.beat('ann', S1)).code, 'gone');
});

test('a removed member is gone with all sessions, as one change', async () => {
  const room = new Room(redis);
  const channel = await room.follow();
  await room.join('ann', S1);
  await room.join('ann', S2, 'away');
  await room.join('ben', S1);
  const got = await room.evict('ann');
  assert.deepEqual([got.code, got.change], ['ok', { seq: 3, status: 'offline', since: got.now, why: 'removed' }]);
  assert.equal(await redis.call('EXISTS', room.u('ann')), 0);
  assert.deepEqual(await redis.call('ZRANGE', room.due, 0, -1), [`${room.ws} ${S1} ben`]);
  assert.equal((await room.evict('ann')).code, 'none');
  await until(() => channel.messages.length >= 3, 'the message');
  assert.equal(channel.messages.at(-1), `${got.epoch} 3 offline ${got.now} removed ann`);
  channel.close();
});

test('a tombstone left by a removed member goes when it is removed again', async () => {
  const room = new Room(redis);
  await room.evict('ann');
  await room.leave('ann', S1);
  assert.equal((await room.evict('ann')).code, 'ok');
  assert.equal(await redis.call('EXISTS', room.u('ann'), room.due), 0);
});

test('a removed member who was offline or never seen is a change too, once', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.leave('ann', S1);
  for (const user of ['ann', 'never']) {
    const first = await room.evict(user);
    assert.deepEqual([first.code, first.change.why], ['ok', 'removed']);
    assert.equal((await room.evict(user)).code, 'none');
  }
});

test('a member who was taken in again is shown by the next beat, and can be removed again', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.evict('ann');
  const got = await room.beat('ann', S1);
  assert.deepEqual([got.code, got.alive, got.change.status], ['ok', 0, 'active']);
  assert.equal((await room.evict('ann')).code, 'ok');
});

test('a leave with a count that has been passed changes nothing: its page, or the next one, is there', async () => {
  for (const mode of ['grace', 'now']) {
    const room = new Room(redis);
    await room.join('ann', S1);
    await room.poll('ann', S1, '', { n: 5 });
    const before = (await room.sessions('ann')).sessions;
    const late = await room.leave('ann', S1, mode, { n: 4 });
    assert.deepEqual([late.code, late.change], ['none', null], mode);
    assert.deepEqual((await room.sessions('ann')).sessions, before, mode);
    assert.equal((await room.leave('ann', S1, mode, { n: 5 })).code, 'told', mode);
  }
});

test('what was sent before a leave with a count does not take it back, what was sent after it does', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.poll('ann', S1, '', { n: 5 });
  await room.leave('ann', S1, 'grace', { n: 7, grace: 1000 });
  const left = (await room.sessions('ann')).sessions;
  for (const kind of ['heartbeat', 'poll'])
    for (const n of [5, 6]) {
      const got = await room.beat('ann', S1, 'active', { kind, n });
      assert.deepEqual([got.code, got.change, (await room.sessions('ann')).sessions], ['ok', null, left], `${kind} ${n}`);
    }
  await room.poll('ann', S1, 'active', { n: 8 });
  const [back] = (await room.sessions('ann')).sessions;
  assert.deepEqual([back.flag, back.n], ['-', 8]);
  assert.equal((await room.leave('ann', S1, 'grace', { n: 7 })).code, 'none', 'the same leave, sent again');
  assert.deepEqual((await room.sessions('ann')).sessions, [back]);
});

test('a leave with a count ends a session without one, and one without a count ends any', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  assert.equal((await room.leave('ann', S1, 'now', { n: 1 })).code, 'ok');
  assert.equal((await room.leave('ann', S2, 'now', { n: 1 })).code, 'none');
  assert.equal((await room.beat('ann', S2)).code, 'gone', 'a heartbeat that the leave has overtaken');
  await room.join('ann', S1);
  await room.beat('ann', S1, '', { n: 9 });
  assert.equal((await room.leave('ann', S1, 'grace')).code, 'ok');
  assert.equal((await room.sessions('ann')).sessions.find(one => one.session === S1).n, 9);
});
