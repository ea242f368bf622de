// SPDX-License-Identifier: ISC
// How leases lapse: once each, by whichever worker; never because of a clock; and what others wrote does no harm.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { until } from '../lib/until.mjs';
import { Room, said } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

const [S1, S2] = ['session-one', 'session-two'];

test('a lease lapses when it has run out, and not before', async () => {
  const room = new Room(redis);
  const { now } = await room.join('ann', S1, '', { lease: 50 });
  const lapsed = await until(async () => {
    const got = await room.expire();
    assert.equal(got.taken > 0, got.now >= now + 50, 'taken exactly when due');
    return got.taken ? got : null;
  }, 'the lease lapses');
  assert.deepEqual([lapsed.taken, lapsed.changes], [1, 1]);
  const [change] = (await room.changes()).changes;
  assert.deepEqual([change.status, change.why, change.since], ['offline', 'lapsed', lapsed.now]);
  assert.equal(await redis.call('EXISTS', room.u('ann'), room.due), 0);
});

test('a renewed lease is not taken', async () => {
  const room = new Room(redis);
  const { now } = await room.join('ann', S1, '', { lease: 1 });
  await room.beat('ann', S1);
  await until(async () => (await room.expire()).now > now + 1, 'time passes');
  assert.equal((await room.expire()).taken, 0);
});

test('each lease lapses once with three workers at it', async () => {
  const room = new Room(redis, { batch: 7 });
  const users = Array.from({ length: 300 }, (_, i) => `user ${i}`);
  const channel = await room.follow();
  await Promise.all(users.map(user => room.join(user, S1, '', { lease: 1 })));
  const workers = await Promise.all([1, 2, 3].map(() => redis.connect()));
  let taken = 0;
  let changes = 0;
  await Promise.all(workers.map(client => until(async () => {
    const got = await room.expire({ client });
    taken += got.taken;
    changes += got.changes;
    return taken >= 300;
  }, 'all lapse')));
  for (const client of workers) client.close();
  assert.deepEqual([taken, changes], [300, 300]);
  await until(() => channel.messages.length >= 600, 'all messages');
  const offline = channel.messages.filter(message => message.includes(' offline '));
  assert.equal(new Set(offline.map(message => message.split(' ').slice(5).join(' '))).size, 300);
  const seqs = channel.messages.map(message => Number(message.split(' ')[1]));
  assert.deepEqual(seqs, Array.from({ length: 600 }, (_, i) => i + 1));
  channel.close();
});

test('two sessions that lapse together are one change', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'active');
  await room.join('ann', S2, 'away');
  await redis.call('ZADD', room.due, 1, `${room.ws} ${S1} ann`, 2, `${room.ws} ${S2} ann`);
  assert.equal((await room.expire()).changes, 1);
  assert.equal((await room.changes()).head, 2);
});

test('in a crowd that lapses together, what is said by hand is kept and shown as ever', async () => {
  const room = new Room(redis, { batch: 20 });
  const NOTE = ',"dnd":true';
  const users = Array.from({ length: 20 }, (_, i) => `user ${i}`);
  for (const user of users) await room.join(user, S1);
  await room.say(users[3], said(100, [0, '-', NOTE]));
  await room.say(users[4], said(100, [0, 'i', NOTE]));
  await room.say(users[5], said(100, [0, 'p', NOTE]));
  for (const user of users) await redis.call('ZADD', room.due, 'XX', 1, `${room.ws} ${S1} ${user}`);
  const { taken, changes } = await room.expire();
  assert.deepEqual([taken, changes], [20, 18], 'others saw user 4 as offline before, and still see user 5');
  const seen = Object.fromEntries((await room.changes()).changes.map(one => [one.key, one]));
  assert.deepEqual([seen[users[3]].status, seen[users[3]].why, seen[users[3]].note], ['offline', 'lapsed', NOTE]);
  assert.deepEqual([seen[users[4]].status, seen[users[4]].why], ['offline', 'leave']);
  assert.deepEqual([seen[users[5]].status, seen[users[5]].note], ['active', NOTE]);
  assert.deepEqual([seen[users[6]].status, seen[users[6]].why, seen[users[6]].note], ['offline', 'lapsed', undefined]);
});

test('no more than a batch is taken', async () => {
  const room = new Room(redis, { batch: 10 });
  for (let i = 0; i < 25; i++) await room.join(`user${i}`, S1, '', { lease: 1 });
  const taken = [];
  await until(async () => {
    taken.push((await room.expire()).taken);
    return taken.reduce((a, b) => a + b) === 25;
  }, 'all lapse');
  assert.ok(taken.every(n => n <= 10));
});

test('a clock that leapt, either way, lapses nobody', async () => {
  const room = new Room(redis);
  const joined = await room.join('ann', S1, '', { lease: 1 });
  const { now } = await until(async () => {
    const got = await room.expire({ hold: 1 });
    return got.now > joined.now + 1 && got;
  }, 'time passes');
  for (const step of [3600000, -3600000, 40000, -40000]) {
    const got = await room.expire({ expected: now - step, tolerance: 20000 });
    assert.deepEqual([got.leap, got.taken, got.changes], [1, 0, 0]);
  }
  assert.deepEqual((await room.expire({ hold: 1 })).taken, 0);
  assert.equal(await room.seen('ann'), 'active');
  const got = await room.expire({ expected: now + 1, tolerance: 60000 });
  assert.deepEqual([got.leap, got.taken, got.changes], [0, 1, 1]);
});

test('after the clock was set back, no lease runs longer than a lease can', async () => {
  const room = new Room(redis);
  const { now } = await room.join('ann', S1);
  const ben = await room.join('ben', S1);
  await redis.call('ZADD', room.due, now + 3600000, `${room.ws} ${S1} ann`);
  const got = await room.expire();
  assert.equal(got.taken, 0);
  const [one] = (await room.sessions('ann')).sessions;
  assert.equal(one.ends, got.now + room.maxLease);
  assert.equal((await room.sessions('ben')).sessions[0].ends, ben.now + room.lease);
});

test('a deadline of infinity is brought near', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await redis.call('ZADD', room.due, 'inf', `${room.ws} ${S1} ann`);
  const { now } = await room.expire();
  assert.equal((await room.sessions('ann')).sessions[0].ends, now + room.maxLease);
});

test('what no worker wrote is removed and counted, and the others lapse all the same', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  const long = 'x'.repeat(200);
  const foreign = ['', ' ', '  ', 'one', 'one two', 'one two ', ' one two', `${room.ws}  ann`, `.. ${S1} ann`,
    `a:b ${S1} ann`, `${room.ws} a:b ann`, `${room.ws} ${S1} a\u0001b`, `${room.ws} ${S1} \u0001`, `${long} ${S1} ann`,
    `${room.ws} ${long} ann`, `${room.ws} ${S1} ${long}`, Buffer.from([0xff, 0xfe, 0x00]), '%s %d %f', '\n',
    `${room.ws} ${S1} a\nb`];
  for (const member of foreign) await redis.call('ZADD', room.due, '-inf', member);
  await redis.call('ZADD', room.due, 'XX', 1, `${room.ws} ${S1} ann`);
  const got = await room.expire();
  assert.deepEqual([got.taken, got.malformed, got.changes], [foreign.length + 1, foreign.length, 1]);
  assert.equal(await redis.call('EXISTS', room.due), 0);
  assert.equal((await room.changes()).head, 2);
});

test('a key of another kind keeps nobody else online', async () => {
  const room = new Room(redis);
  for (const user of ['ann', 'ben', 'eve']) await room.join(user, S1);
  await redis.call('SET', room.u('ben'), 'text');
  for (const user of ['ann', 'ben', 'eve']) await redis.call('ZADD', room.due, 1, `${room.ws} ${S1} ${user}`);
  const got = await room.expire();
  assert.deepEqual([got.taken, got.changes, got.malformed], [3, 2, 1]);
  assert.equal(await redis.call('ZCARD', room.due), 0);
});

test('a lease of a user never seen, put there by hand, changes nothing', async () => {
  const room = new Room(redis);
  await redis.call('ZADD', room.due, 1, `${room.ws} ${S1} nobody`);
  const got = await room.expire();
  assert.deepEqual([got.taken, got.changes, got.malformed], [1, 0, 0]);
  assert.deepEqual(await room.allKeys(), []);
});

test('100,000 sessions that beat once leave nothing behind', { timeout: 300000 }, async () => {
  const own = await startRedis();
  const room = new Room(own, { ttl: 50, lease: 50, maxLease: 50 });
  for (let i = 0; i < 100; i++) {
    await Promise.all(Array.from({ length: 1000 }, (_, j) => room.join(`user ${i}.${j}`, `session-${j}`)));
  }
  for (let changes = 0; changes < 100000;) changes += (await room.expire()).changes;
  assert.deepEqual(await room.allKeys(), [room.changed, room.meta, room.state].sort());
  const cutoff = (await room.changes(0, 1)).now + 1;
  let at = 0;
  let pruned = 0;
  while (at >= 0) {
    const got = await room.prune(cutoff, at);
    at = got.next;
    pruned += got.pruned;
  }
  assert.equal(pruned, 100000);
  assert.deepEqual(await room.allKeys(), [room.meta]);
  assert.equal(await room.drop(), 0);
  assert.equal(await own.call('DBSIZE'), 0);
  await own.stop();
});
