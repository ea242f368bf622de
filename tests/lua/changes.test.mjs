// SPDX-License-Identifier: ISC
// The one read: order, pages, marks, pruning, what others wrote; and the removal of a workspace.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { until } from '../lib/until.mjs';
import { Room } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

const S1 = 'session-one';
const keysOf = got => got.changes.map(change => change.key);

test('a workspace nobody was in has an epoch and no changes', async () => {
  const room = new Room(redis);
  const got = await room.changes();
  assert.deepEqual([got.epoch, got.head, got.floor, got.changes], ['freshEpoch000000', 0, 0, []]);
  assert.equal((await new Room(redis, { fresh: 'x' }).redis.call('HGET', room.meta, 'epoch')), 'freshEpoch000000');
});

test('the epoch stays when others offer a fresh one', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  room.fresh = 'anotherEpoch0000';
  assert.equal((await room.changes()).epoch, 'freshEpoch000000');
  assert.equal((await room.join('ben', S1)).epoch, 'freshEpoch000000');
});

test('each user stands once, at its latest change, in the order of changes', async () => {
  const room = new Room(redis);
  for (const user of ['ann', 'ben', 'eve']) await room.join(user, S1);
  await room.beat('ann', S1, 'away');
  const got = await room.changes();
  assert.deepEqual(got.changes.map(({ key, seq, status }) => [key, seq, status]),
    [['ben', 2, 'active'], ['eve', 3, 'active'], ['ann', 4, 'away']]);
  assert.equal(got.head, 4);
  assert.deepEqual(keysOf(await room.changes(3)), ['ann']);
  assert.deepEqual(keysOf(await room.changes(4)), []);
  assert.deepEqual(keysOf(await room.changes(99)), []);
});

test('pages follow each other without a gap', async () => {
  const room = new Room(redis);
  for (let i = 1; i <= 10; i++) await room.join(`user${i}`, S1);
  const seen = [];
  for (let since = 0, page; (page = await room.changes(since, 3)).changes.length; since = page.changes.at(-1).seq) {
    seen.push(...keysOf(page));
  }
  assert.deepEqual(seen, Array.from({ length: 10 }, (_, i) => `user${i + 1}`));
});

test('marks take seqs among the changes, each with a message', async () => {
  const room = new Room(redis);
  const channel = await room.follow();
  await room.join('ann', S1);
  const { seq, now, epoch } = await room.mark('\u0001', '\u0001ann b');
  assert.equal(seq, 3);
  await room.mark('\u0001');
  const { changes } = await room.changes(1);
  assert.deepEqual(changes.map(({ key, seq: at, status, why }) => [key, at, status, why]),
    [['\u0001ann b', 3, '-', '-'], ['\u0001', 4, '-', '-']]);
  assert.equal(changes[0].since, now);
  await until(() => channel.messages.length >= 4, 'the messages');
  assert.deepEqual(channel.messages.slice(1, 3), [`${epoch} 2 - ${now} - \u0001`, `${epoch} 3 - ${now} - \u0001ann b`]);
  channel.close();
});

test('what others wrote into state is told as unreadable, and the rest is served', async () => {
  const room = new Room(redis);
  const garbage = ['', 'text', '{', '[]', '{}', 'null', '1', '{"status":"here","since":1,"why":"join"}',
    '{"status":"active","since":"x","why":"join"}', '{"status":"active","since":-1,"why":"join"}',
    '{"status":"active","since":1e300,"why":"join"}', '{"status":"active","since":1}',
    '{"status":["active"],"since":1,"why":"join"}', '{"status":"active","since":{},"why":"join"}',
    '{"status":"active","since":1,"why":"a b"}', '{"status":null,"since":null,"why":null}',
    '{"status":"-","since":1,"why":"-"}', '['.repeat(5000), Buffer.from([0xff, 0x00, 0xc0]),
    '{"status":"active","since":true,"why":"join"}'];
  for (const [i, json] of garbage.entries()) {
    await room.join(`user${i}`, S1);
    await redis.call('HSET', room.state, `user${i}`, json);
  }
  await room.join('ann', S1);
  await room.join('gone', S1);
  await redis.call('HDEL', room.state, 'gone');
  const { changes } = await room.changes();
  for (const { key, status } of changes) {
    assert.equal(status, key === 'ann' ? 'active' : '?', `${garbage[key.slice(4)]}`);
  }
  assert.equal(changes.length, garbage.length + 2);
});

test('a state in other words of JSON is read', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await redis.call('HSET', room.state, 'ann', '{ "why": "join", "since": 17, "status": "away", "more": [1] }');
  const [{ status, since, why }] = (await room.changes()).changes;
  assert.deepEqual([status, since, why], ['away', 17, 'join']);
});

test('what others wrote into changed does not disturb the order', async () => {
  const room = new Room(redis);
  for (const user of ['ann', 'ben', 'eve']) await room.join(user, S1);
  await redis.call('ZADD', room.changed, 'inf', 'a', '-inf', 'b', 99, 'c', 2.5, 'd', 1, 'zoe', -4, 'e');
  const state = '{"status":"away","since":1,"why":"beat"}';
  for (const user of ['a', 'b', 'c', 'd', 'zoe', 'e']) await redis.call('HSET', room.state, user, state);
  const { changes, head } = await room.changes();
  assert.equal(head, 3);
  const readable = changes.filter(one => one.status !== '?').map(one => [one.key, one.seq]);
  assert.deepEqual(readable, [['ann', 1], ['ben', 2], ['eve', 3]]);
});

test('unreadable state is put right by the next join', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await redis.call('HSET', room.state, 'ann', 'text');
  const got = await room.join('ann', S1);
  assert.deepEqual([got.alive, got.change.status], [1, 'active']);
  await redis.call('HDEL', room.state, 'ann');
  assert.equal((await room.join('ann', S1)).change.status, 'active');
});

test('unreadable arguments are no error', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  for (const since of ['', 'x', '-5', '0.5']) assert.deepEqual(keysOf(await room.changes(since)), ['ann'], since);
  assert.deepEqual(keysOf(await room.changes(0, '')), []);
});

test('pruning forgets who has been offline for long, and raises the floor', async () => {
  const room = new Room(redis, { batch: 2 });
  for (const user of ['ann', 'ben', 'eve', 'joe']) await room.join(user, S1);
  await room.mark('\u0001');
  await room.leave('ann', S1);
  await room.leave('eve', S1);
  await room.beat('joe', S1, 'away');
  const { now } = await room.changes();
  assert.deepEqual(await room.prune(now - 3600000), { next: -1, pruned: 0 });
  assert.deepEqual(keysOf(await room.changes()), ['ben', '\u0001', 'ann', 'eve', 'joe']);
  let pruned = 0;
  for (let at = 0, got; at >= 0; at = got.next) {
    got = await room.prune(now + 1, at);
    pruned += got.pruned;
  }
  assert.equal(pruned, 3);
  const left = await room.changes();
  assert.deepEqual([keysOf(left), left.floor, left.head], [['ben', 'joe'], 7, 8]);
  assert.deepEqual((await redis.call('HKEYS', room.state)).sort(), ['ben', 'joe']);
});

test('pruning forgets what cannot be read, and its user comes back', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await redis.call('HSET', room.state, 'ann', 'text');
  assert.equal((await room.prune(1)).pruned, 1);
  assert.equal((await room.join('ann', S1)).change.seq, 2);
});

test('pruning an empty workspace makes no key', async () => {
  const room = new Room(redis);
  assert.deepEqual(await room.prune(Date.now()), { next: -1, pruned: 0 });
  assert.deepEqual(await room.allKeys(), []);
});

test('a dropped workspace leaves nothing, and others of its partition all', async () => {
  const room = new Room(redis, { batch: 10 });
  const other = Object.assign(new Room(redis), { due: room.due });
  await other.join('ann', S1);
  for (let i = 0; i < 25; i++) await room.join(`user ${i}`, S1);
  await room.leave('user 3', S1);
  await room.mark('\u0001');
  let calls = 1;
  while (await room.drop() === 1) calls++;
  assert.equal(calls, 3);
  assert.deepEqual(await room.allKeys(), [room.due]);
  assert.deepEqual(await redis.call('ZRANGE', room.due, 0, -1), [`${other.ws} ${S1} ann`]);
  assert.equal(await room.drop(), 0);
});
