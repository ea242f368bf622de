// SPDX-License-Identifier: ISC
// What a beat does: sessions of one user, statuses, leases, the order of heartbeats, polls in several workers, limits.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { until } from '../lib/until.mjs';
import { Room } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

const [S1, S2, S3] = ['session-one', 'session-two', 'session-three'];

/** Every order of LIST. */
function orders(list) {
  if (list.length < 2) return [list];
  return list.flatMap((one, i) => orders(list.toSpliced(i, 1)).map(rest => [one, ...rest]));
}

const RANK = { offline: 0, away: 1, active: 2 };
const best = statuses => statuses.reduce((a, b) => (RANK[b] > RANK[a] ? b : a), 'offline');

test('the first beat is one change, told in the reply, to readers and on the channel', async () => {
  const room = new Room(redis);
  const channel = await room.follow();
  const got = await room.join('ann', S1);
  assert.equal(got.code, 'ok');
  assert.equal(got.alive, 0);
  assert.equal(got.own, 'active');
  assert.equal(got.epoch, 'freshEpoch000000');
  assert.equal(got.seq, 1);
  assert.deepEqual(got.change, { seq: 1, status: 'active', since: got.now, why: 'join' });
  const { changes, head } = await room.changes();
  assert.deepEqual(changes, [{ key: 'ann', seq: 1, status: 'active', since: got.now, why: 'join' }]);
  assert.equal(head, 1);
  await until(() => channel.messages.length, 'the message');
  assert.deepEqual(channel.messages, [`freshEpoch000000 1 active ${got.now} join ann`]);
  channel.close();
});

test('a renewal changes nothing', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  for (const status of ['', 'active', '']) {
    const got = await room.beat('ann', S1, status);
    assert.deepEqual([got.code, got.alive, got.own, got.seq, got.change], ['ok', 1, 'active', 1, null]);
  }
});

test('a renewal is five commands, and one more with a count, however many sessions the user has', async () => {
  const room = new Room(redis);
  for (let i = 0; i < 40; i++) await room.join('ann', `session-${i}`);
  await redis.call('CONFIG', 'RESETSTAT');
  for (const status of ['', 'active', '']) await room.beat('ann', 'session-7', status);
  await room.beat('ann', 'session-7', '', { n: 5 });
  const stats = await redis.call('INFO', 'commandstats');
  const counts = [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)];
  const calls = Object.fromEntries(counts.map(([, name, n]) => [name, Number(n)]));
  delete calls.config;
  assert.deepEqual(calls, { evalsha: 4, time: 4, hmget: 4, hget: 4, hset: 1, pexpire: 4, zadd: 4 });
});

test('the most active session wins, in every order of coming', async () => {
  for (const order of orders(['active', 'away', 'away', 'active'])) {
    const room = new Room(redis);
    const seen = [];
    for (const [i, status] of order.entries()) {
      const { own } = await room.beat('ann', `session-${i}`, status);
      seen.push(status);
      assert.equal(own, best(seen), `after ${seen}`);
      assert.equal(await room.seen('ann'), best(seen));
    }
    const { head } = await room.changes();
    assert.equal(head, order[0] === 'active' ? 1 : 2, `${order}: a change for each new best alone`);
  }
});

test('the best of the rest shows as sessions end, in every order', async () => {
  const statuses = { [S1]: 'active', [S2]: 'away', [S3]: 'active' };
  for (const order of orders([S1, S2, S3])) {
    const room = new Room(redis);
    for (const session of [S1, S2, S3]) await room.join('ann', session, statuses[session]);
    const left = { ...statuses };
    for (const [i, session] of order.entries()) {
      delete left[session];
      if (i === 2) await room.lapse('ann', session);
      else await room.leave('ann', session);
      assert.equal(await room.seen('ann'), best(Object.values(left)), `${order} after ${session}`);
    }
    const { changes } = await room.changes();
    assert.equal(changes[0].why, 'lapsed');
  }
});

test('two devices in different states are quiet', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'active');
  await room.join('ann', S2, 'away');
  for (let i = 0; i < 5; i++) {
    assert.equal((await room.beat('ann', S1, 'active')).change, null);
    assert.equal((await room.poll('ann', S2, 'away')).change, null);
  }
  assert.equal((await room.changes()).head, 1);
});

test('a session that goes away and comes back is two changes, and a beat without a status keeps the last', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  assert.deepEqual((await room.beat('ann', S1, 'away')).change?.status, 'away');
  assert.equal((await room.beat('ann', S1)).own, 'away');
  assert.equal((await room.poll('ann', S1)).own, 'away');
  const got = await room.poll('ann', S1, 'active');
  assert.deepEqual([got.change.status, got.change.why, got.change.seq], ['active', 'beat', 3]);
});

test('a lapsed session that beats again is back as one change', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  assert.equal((await room.lapse('ann', S1)).changes, 1);
  const got = await room.beat('ann', S1, 'active');
  assert.deepEqual([got.alive, got.own, got.change.why], [0, 'active', 'beat']);
  assert.equal((await room.changes()).head, 3);
});

test('the latest beat decides how long the lease is', async () => {
  const room = new Room(redis);
  for (const lease of [60000, 40000, 60000]) {
    const { now } = await room.beat('ann', S1, '', { lease });
    const { sessions } = await room.sessions('ann');
    assert.equal(sessions[0].ends, now + lease);
  }
});

test('a heartbeat with a lower n is heard as alive and changes nothing', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.beat('ann', S1, 'away', { n: 7 });
  const [held] = (await room.sessions('ann')).sessions;
  const late = await room.beat('ann', S1, 'active', { n: 6, lease: 1 });
  assert.deepEqual([late.code, late.alive, late.own, late.change], ['ok', 1, 'away', null]);
  assert.deepEqual((await room.sessions('ann')).sessions, [held]);
  assert.equal((await room.beat('ann', S1, 'active', { n: 7 })).own, 'active', 'the same n again is a retry');
  await room.poll('ann', S1, 'away');
  assert.equal((await room.beat('ann', S1, 'active', { n: 6 })).own, 'away', 'a poll in between does not forget it');
});

test('n may be as large as it gets', async () => {
  const room = new Room(redis);
  await room.beat('ann', S1, 'away', { n: '9007199254740991' });
  assert.equal((await room.beat('ann', S1, 'active', { n: '9007199254740990' })).own, 'away');
  assert.equal((await room.sessions('ann')).sessions[0].n, 9007199254740991);
});

test('a join starts n again', async () => {
  const room = new Room(redis);
  await room.beat('ann', S1, '', { n: 900 });
  assert.equal((await room.join('ann', S1)).alive, 1);
  assert.equal((await room.beat('ann', S1, 'away', { n: 1 })).own, 'away');
  await room.beat('ann', S1, '', { n: 900 });
  assert.equal((await room.join('ann', S1, 'active', { n: 5 })).own, 'active');
});

test('a poll with an n that has been passed says nothing, whatever it says', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'away');
  const { beat } = await room.poll('ann', S1, 'away', { n: 1, lease: 40000 });
  await room.beat('ann', S1, 'active', { n: 2 });
  const [held] = (await room.sessions('ann')).sessions;
  const again = await room.poll('ann', S1, 'away', { n: 1, lease: 90000, worker: 'w2' });
  assert.deepEqual([again.code, again.alive, again.own, again.change, again.beat], ['ok', 1, 'active', null, 0]);
  assert.deepEqual((await room.sessions('ann')).sessions, [held]);
  assert.ok(beat > 0);
});

test('a poll that is sent again is the same poll: the lease does not grow, the new worker holds it', async () => {
  const room = new Room(redis);
  const told = await room.follow('rollcall:worker:w2');
  await room.join('ann', S1);
  const { beat } = await room.poll('ann', S1, 'active', { n: 5, lease: 40000 });
  const [held] = (await room.sessions('ann')).sessions;
  const again = await room.poll('ann', S1, 'active', { n: 5, lease: 90000, worker: 'w2' });
  assert.deepEqual([again.code, again.alive, again.change, again.beat], ['again', 1, null, beat]);
  assert.deepEqual((await room.sessions('ann')).sessions, [held]);
  const next = await room.poll('ann', S1, 'active', { n: 6, lease: 40000 });
  await until(() => told.messages.length, 'the second worker is told of the next poll');
  assert.deepEqual(told.messages, [`${next.beat} ${room.ws} ${S1} ann`]);
  told.close();
});

test('a poll without a count whose worker has died is that poll, sent again', async () => {
  const room = new Room(redis);
  const wait = 25000;
  await room.join('ann', S1);
  const { beat } = await room.poll('ann', S1, 'active', { wait, lease: 40000, worker: 'gone/2' });
  await room.beat('ann', S1, 'away');
  const [held] = (await room.sessions('ann')).sessions;
  const again = await room.poll('ann', S1, 'active', { wait, lease: 90000, worker: 'w2/2' });
  assert.deepEqual([again.code, again.own, again.change, again.beat], ['again', 'away', null, beat + 1]);
  assert.deepEqual((await room.sessions('ann')).sessions, [{ ...held, beat: beat + 1 }]);
  assert.equal((await room.poll('ann', S1, 'active', { wait, worker: 'w2/2' })).own, 'active', 'the next one is new');
});

test('a poll without a count is a new one if anything about it is', async () => {
  const wait = 25000;
  const cases = { 'another status': { worker: 'w2/1' }, 'a count': { worker: 'w2', n: 1 },
    'its worker lives': { from: 'alive/2' }, 'the last one is over': { wait: 0 }, 'the same worker': { from: 'w2/2' } };
  const room = new Room(redis);
  const alive = await room.follow('rollcall:worker:alive');
  for (const [what, { from = 'gone/2', ...more }] of Object.entries(cases)) {
    await room.join(what, S1);
    const { beat } = await room.poll(what, S1, 'active', { wait, worker: from });
    await room.beat(what, S1, 'away');
    const status = more.worker === 'w2/1' ? 'away' : 'active';
    const next = await room.poll(what, S1, status, { wait, worker: 'w2/2', ...more });
    assert.equal(next.own, status, what);
    assert.ok(next.beat > beat + 1, what);
  }
  const polls = alive.messages.filter(message => !message.startsWith('0 '));
  assert.equal(polls.length, 1, 'one poll is told of once');
  alive.close();
});

test('a poll that is sent again takes back no grace and no leave', async () => {
  for (const mode of ['grace', 'closed', 'now']) {
    const room = new Room(redis);
    await room.join('ann', S1);
    const { beat } = await room.poll('ann', S1, '', { n: 5 });
    await room.leave('ann', S1, mode, { grace: 1000, beat });
    const before = (await room.sessions('ann')).sessions;
    assert.equal((await room.poll('ann', S1, 'active', { n: 5 })).code, mode === 'now' ? 'gone' : 'again');
    assert.deepEqual((await room.sessions('ann')).sessions, before, mode);
  }
});

test('heartbeats and polls count together, and 0 is no count yet', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'away');
  for (const n of [0, 0]) assert.equal((await room.poll('ann', S1, 'away', { n })).beat > 0, true);
  assert.equal((await room.poll('ann', S1, 'active', { n: 1 })).own, 'active');
  assert.equal((await room.beat('ann', S1, 'away', { n: 2 })).own, 'away');
  assert.equal((await room.poll('ann', S1, 'active', { n: 3 })).own, 'active');
  assert.equal((await room.poll('ann', S1, 'active', { n: 4 })).beat > 0, true, 'the plain renewal of a poll');
  assert.equal((await room.beat('ann', S1, 'away', { n: 3 })).own, 'active');
  assert.equal((await room.poll('ann', S1, 'away')).own, 'away', 'without a count it is believed');
});

test('beat numbers grow with each poll and join, whatever the clock does, and heartbeats leave them', async () => {
  const room = new Room(redis);
  assert.equal((await room.beat('ann', S1)).beat, 0);
  let last = 0;
  for (let i = 0; i < 20; i++) {
    const { beat } = await room.beat('ann', S1, '', { kind: i % 2 ? 'join' : 'poll' });
    assert.ok(beat > last);
    last = beat;
    assert.equal((await room.beat('ann', S1, i % 3 ? 'active' : 'away')).beat, beat);
  }
  const ahead = String(last + 3600e6); // as left by a clock that was an hour ahead
  for (const worker of ['-', 'w1']) {
    await redis.call('HSET', room.u('ann'), S1, `active - 0 ${ahead} ${worker}`);
    assert.equal((await room.beat('ann', S1)).beat, Number(ahead));
    assert.equal((await room.poll('ann', S1)).beat, Number(ahead) + 1);
  }
});

test('a poll in another worker ends the older one there', async () => {
  const room = new Room(redis);
  const told = await room.follow('rollcall:worker:w1', 'rollcall:worker:-', 'rollcall:worker:');
  await room.join('ann', S1, '', { worker: '' });
  await room.poll('ann', S1, '', { worker: 'w1' });
  await room.poll('ann', S1, '', { worker: 'w1' });
  await room.beat('ann', S1, '', { worker: '' });
  const { beat } = await room.poll('ann', S1, '', { worker: 'w2' });
  await room.poll('ann', S1, '', { worker: 'w2' });
  await until(() => told.messages.length, 'the message');
  assert.deepEqual(told.messages, [`${beat} ${room.ws} ${S1} ann`]);
  told.close();
});

test('a stream in another worker ends as a poll does, and one that follows a poll of its own worker is nothing new', async () => {
  const room = new Room(redis);
  const told = await room.follow('rollcall:worker:w1', 'rollcall:worker:w1+', 'rollcall:worker:w2');
  await room.poll('ann', S1, '', { worker: 'w1' });
  await room.poll('ann', S1, '', { worker: 'w1+' });
  await room.beat('ann', S1, '', { worker: '' });
  await room.poll('ann', S1, '', { worker: 'w1' });
  await room.poll('ann', S1, '', { worker: 'w1+' });
  const second = await room.poll('ann', S1, '', { worker: 'w2+' });
  const third = await room.poll('ann', S1, '', { worker: 'w1' });
  await until(() => told.messages.length >= 2, 'the messages');
  assert.deepEqual(told.messages, [second, third].map(({ beat }) => `${beat} ${room.ws} ${S1} ann`));
  told.close();
});

test('a poll in another worker costs one command more than one in the same', async () => {
  const room = new Room(redis);
  const told = await room.follow('rollcall:worker:w1');
  await room.poll('ann', S1, '', { worker: 'w1' });
  await redis.call('CONFIG', 'RESETSTAT');
  await room.poll('ann', S1, 'active', { worker: 'w2' });
  const stats = await redis.call('INFO', 'commandstats');
  const calls = Object.fromEntries([...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name, n]) => [name, Number(n)]));
  delete calls.config;
  assert.deepEqual(calls, { evalsha: 1, time: 1, hmget: 1, hget: 1, hset: 1, pexpire: 1, zadd: 1, publish: 1 });
  told.close();
});

test('a worker is told of all that happens elsewhere to a session whose latest poll it has, but of no plain renewal', async () => {
  const room = new Room(redis);
  const told = await room.follow('rollcall:worker:w1');
  const deeds = {
    'a plain heartbeat': [() => room.beat('ann', S1), 0],
    'a heartbeat with the same status': [() => room.beat('ann', S1, 'active'), 0],
    'a heartbeat with another status': [() => room.beat('ann', S1, 'away'), 1],
    'a join': [() => room.join('ann', S1, 'active'), 1],
    'a leave with a grace': [() => room.leave('ann', S1, 'grace', { grace: 5000 }), 1],
    'a leave that came too late': [() => room.leave('ann', S1, 'grace', { grace: 5000, n: 1 }), 0],
    'a leave for good': [() => room.leave('ann', S1), 1],
  };
  for (const [what, [deed, count]] of Object.entries(deeds)) {
    await room.join('ann', S1, 'active');
    await room.poll('ann', S1, 'active', { n: 2 });
    await room.poll('bob', S2, '', { worker: 'w2' });
    await room.poll('bob', S2, '', { worker: 'w1' });
    await room.poll('bob', S2, '', { worker: 'w2' });
    await until(() => told.messages.at(-1)?.endsWith('bob'), 'what came before was told');
    const before = told.messages.length;
    await deed();
    await room.poll('bob', S2, '', { worker: 'w1' });
    await room.poll('bob', S2, '', { worker: 'w2' });
    await until(() => told.messages.length > before && told.messages.at(-1).endsWith('bob'), 'what came after is told');
    assert.deepEqual(told.messages.slice(before, -1), Array(count).fill(`0 ${room.ws} ${S1} ann`), what);
  }
  told.close();
});

/** The lease of the only session of ann, and what else is kept of it. */
const kept = async room => (await room.sessions('ann')).sessions[0];

test('a renewal leases from the moment of its poll, and takes no number', async () => {
  const room = new Room(redis);
  await room.poll('ann', S1, 'away', { n: 4 });
  const poll = await room.poll('ann', S1, 'away', { n: 5 });
  const got = await room.renew('ann', S1, poll, 700, { n: 6 });
  assert.deepEqual([got.code, got.own, got.change], ['ok', 'away', null]);
  assert.deepEqual(await kept(room), { session: S1, status: 'away', flag: '-', n: 6, beat: poll.beat, ends: got.now + room.lease - 700 });
  assert.equal((await room.poll('ann', S1, 'away', { n: 6 })).code, 'again', 'the same poll, if it is sent again');
});

test('a renewal that comes twice does the same once', async () => {
  const room = new Room(redis);
  const poll = await room.poll('ann', S1);
  const first = await room.renew('ann', S1, poll, 1000);
  const again = await room.renew('ann', S1, poll, 1050);
  const came = Math.max(first.now - 1000, again.now - 1050);
  assert.equal((await kept(room)).ends, came + room.lease);
});

test('what came after its poll stands, whatever a renewal says', async () => {
  const deeds = {
    'a poll elsewhere': room => room.poll('ann', S1, 'away', { worker: 'w2' }),
    'a join': room => room.join('ann', S1, 'away'),
    'a heartbeat with a higher count': room => room.beat('ann', S1, '', { n: 9, lease: 90000 }),
    'a leave with a grace': room => room.leave('ann', S1, 'grace', { grace: 5000 }),
    'a lost connection': room => room.leave('ann', S1, 'closed', { grace: 5000, beat: 2 ** 52 }),
    'a leave for good': room => room.leave('ann', S1),
    'a removal': room => room.evict('ann'),
  };
  for (const [what, deed] of Object.entries(deeds)) {
    const room = new Room(redis);
    const poll = await room.poll('ann', S1, 'active', { n: 5 });
    await deed(room);
    const [before, seen] = [await room.sessions('ann'), await room.seen('ann')];
    const got = await room.renew('ann', S1, poll, 700, { n: 6 });
    assert.equal(got.change, null, what);
    assert.deepEqual((await room.sessions('ann')).sessions, before.sessions, what);
    assert.equal(await room.seen('ann'), seen, what);
  }
});

test('a heartbeat without a count that came after its poll decides the lease; one before it does not', async () => {
  for (const [before, after] of [[3000, 90000], [90000, 3000]])
    for (const isAfter of [false, true]) {
      const room = new Room(redis, { ttl: isAfter ? after : before, lease: 40000 });
      const poll = await room.poll('ann', S1);
      const beat = await room.beat('ann', S1, '', { lease: room.ttl });
      let got;
      do got = await room.beat('bob', S2); while (got.now === beat.now);
      const age = isAfter ? got.now - beat.now + 15000 : 0;
      got = await room.renew('ann', S1, poll, age);
      const { ends } = await kept(room);
      assert.equal(ends, isAfter ? beat.now + room.ttl : got.now + 40000 - age, `${room.ttl}, ${isAfter}`);
    }
});

test('a renewal of a session that Redis has lost brings it back as it was', async () => {
  const room = new Room(redis);
  const poll = await room.poll('ann', S1, 'away', { n: 5 });
  await redis.call('DEL', room.u('ann'), room.due, room.state, room.changed, room.meta);
  const renewal = ` ${poll.beat} ${poll.now + room.lease} 700`;
  const got = await room.beat('ann', S1, 'away', { kind: 'renew', lease: room.lease - 700, n: 6, renewal });
  assert.equal(got.change.status, 'away');
  assert.deepEqual(await kept(room), { session: S1, status: 'away', flag: '-', n: 6, beat: poll.beat, ends: got.now + room.lease - 700 });
});

test('a renewal counts for a Redis that knows an older poll only', async () => {
  const room = new Room(redis);
  const old = await room.poll('ann', S1, '', { worker: 'w2' });
  const got = await room.renew('ann', S1, { beat: old.beat + 1000, now: old.now + 1 }, 200);
  const { beat, ends } = await kept(room);
  assert.deepEqual([beat, ends], [old.beat + 1000, got.now + room.lease - 200]);
});

test('a new session above the limit is refused, those that live go on', async () => {
  const room = new Room(redis, { maxSessions: 3 });
  for (const session of [S1, S2, S3]) assert.equal((await room.join('ann', session)).code, 'ok');
  const got = await room.join('ann', 'session-four', 'away');
  assert.deepEqual([got.code, got.own, got.alive, got.change], ['full', 'active', 0, null]);
  assert.equal((await room.beat('ann', S1)).code, 'ok');
  assert.equal((await room.join('ann', S2)).code, 'ok');
  assert.equal((await room.join('ben', 'session-four')).code, 'ok', 'each user has a limit of its own');
  await room.leave('ann', S1);
  assert.equal((await room.join('ann', 'session-four')).code, 'ok');
});

test('joining and leaving in a loop is remembered up to a limit', async () => {
  const room = new Room(redis, { maxTombstones: 5 });
  for (let i = 0; i < 20; i++) {
    await room.join('ann', `session-${i}`);
    await room.leave('ann', `session-${i}`);
  }
  const ended = (await room.sessions('ann')).sessions.map(one => one.session).sort();
  assert.deepEqual(ended, [15, 16, 17, 18, 19].map(i => `session-${i}`));
  assert.equal(await redis.call('ZCARD', room.due), 5);
});

test('leaving by a grace in a loop is remembered up to the same limit', async () => {
  const room = new Room(redis, { maxTombstones: 5 });
  for (let i = 0; i < 20; i++) {
    await room.join('ann', `session-${i}`);
    await room.leave('ann', `session-${i}`, 'grace');
    await room.expire();
  }
  assert.ok((await room.sessions('ann')).sessions.length <= 6);
});

test('a user\'s key outlives its leases by a ttl, and whatever was last done by two minutes', async () => {
  const room = new Room(redis, { ttl: 20000, lease: 20000 });
  const deeds = {
    'a join': () => room.join('ann', S1),
    'a second session': () => room.join('ann', S2, 'away'),
    'a change of status': () => room.beat('ann', S1, 'away'),
    'a leave by a grace': () => room.leave('ann', S2, 'grace'),
    'a leave at once': () => room.leave('ann', S2),
    'the adoption of a lease': async () => {
      await redis.call('DEL', room.due);
      await room.adopt();
    },
  };
  const left = user => redis.call('PTTL', room.u(user));
  for (const [name, deed] of Object.entries(deeds)) {
    await deed();
    assert.ok(await left('ann') > 110000 && await left('ann') <= 120000, name);
    await redis.call('PEXPIRE', room.u('ann'), 60000);
  }
  await room.leave('ben', S1);
  assert.ok(await left('ben') > 110000, 'a tombstone of someone never seen');
  const long = new Room(redis, { ttl: 100000 });
  for (const [lease, least] of [[100000, 200000], [300000, 400000]])
    for (const kind of ['join', 'poll']) {
      await long.beat('ann', S1, '', { kind, lease });
      const ms = await redis.call('PTTL', long.u('ann'));
      assert.ok(ms > least - 10000 && ms <= least, `${kind} ${lease}`);
    }
  await long.leave('ann', S2);
  assert.ok(await redis.call('PTTL', long.u('ann')) > 390000, 'one session\'s leave does not shorten the life of another\'s');
});
