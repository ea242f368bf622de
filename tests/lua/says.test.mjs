// SPDX-License-Identifier: ISC
// What users say by hand: who sees what of it, when it ends, and that what is hidden leaves no trace.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { until } from '../lib/until.mjs';
import { NOTHING, Room, said } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

const [S1, S2] = ['session-one', 'session-two'];
const DND = ',"dnd":true';
const TEXT = ',"dnd":true,"text":"at \\"lunch\\"","emoji":"🍜","until":1900000000000';

const user = (room, name) => redis.call('HGET', room.state, name);
const record = (room, name) => redis.call('HGET', room.state, `\u0002${name}`);
const session = async (room, name, id) => redis.call('HGET', room.u(name), id);
const change = async (room, name) => (await room.changes()).changes.find(one => one.key === name);

/** Makes it END, in ms of Redis's clock: what waiting for it would come to. */
async function end(room, name, more) {
  const [first, ...lines] = (await record(room, name)).split('\n');
  lines[0] = lines[0].replace(/^\d+/, '1');
  await redis.call('HSET', room.state, `\u0002${name}`, [first, ...lines].join('\n'));
  await redis.call('ZADD', room.ends, 'XX', 1, `${room.ws} ${name}`);
  return room.expire(more);
}

/* ---- what follows from sessions and mode ---- */

test('the own status and the one that others see follow from the sessions and the mode', async () => {
  const table = { // mode: own and shown of offline, away, active
    '-': ['offline offline', 'away away', 'active active'],
    'i': ['offline offline', 'away offline', 'active offline'],
    'a': ['offline offline', 'away away', 'away away'],
    'r': ['offline offline', 'active active', 'active active'],
    'p': ['active active', 'away away', 'active active'],
    'ap': ['away away', 'away away', 'away away'],
    'ip': ['active offline', 'away offline', 'active offline'],
    'ia': ['offline offline', 'away offline', 'away offline'],
  };
  for (const [mode, expected] of Object.entries(table))
    for (const [i, status] of ['offline', 'away', 'active'].entries()) {
      const room = new Room(redis);
      if (status !== 'offline') await room.join('ann', S1, status);
      const got = await room.say('ann', said(100, [0, mode, DND]));
      assert.equal(`${got.own} ${got.shown}`, expected[i], `${status} ${mode}`);
      const { own, shown, rev } = await room.own('ann');
      assert.equal(`${own} ${shown} ${rev}`, `${expected[i]} 100`);
      assert.equal(await room.seen('ann'), expected[i].split(' ')[1]);
      assert.equal((await room.sessions('ann')).status, own);
      if (status !== 'offline') assert.equal((await room.beat('ann', S1)).own, own, `${status} ${mode}, a beat`);
    }
});

test('away by hand looks as by itself', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'active');
  const got = await room.say('ann', said(100, [0, 'a']));
  assert.deepEqual(got.change, { seq: 2, status: 'away', since: got.now, why: 'beat' });
  assert.equal(await user(room, 'ann'), `{"status":"away","since":${got.now},"why":"beat"}`);
});

test('a session that is active all the time hears the own status from its plain renewals', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'active');
  await room.join('ann', S2, 'away');
  await room.say('ann', said(100, [0, 'a']));
  for (const kind of ['heartbeat', 'poll'])
    for (const n of ['', 7, 8, '']) {
      const got = await room.beat('ann', S1, '', { kind, n, worker: 'w1' });
      assert.deepEqual([got.own, got.change], ['away', null]);
    }
  assert.match(await session(room, 'ann', S1), /^active - 8 \d+ w1 away$/);
  await room.leave('ann', S1, 'grace', { grace: 5000 });
  assert.match(await session(room, 'ann', S1), /^active l 8 \d+ w1 away$/);
  assert.equal((await room.beat('ann', S1)).own, 'away');
  await room.say('ann', said(132, NOTHING));
  assert.match(await session(room, 'ann', S1), /^active - 8 \d+ w1$/);
  assert.equal((await room.beat('ann', S1)).own, 'active');
});

test('the word for plain renewals is with new sessions, with those that move, and ends with what it is for', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'active');
  await room.say('ann', said(100, [9e12, 'a'], NOTHING));
  await room.join('ann', S2);
  assert.match(await session(room, 'ann', S2), / away$/);
  assert.equal((await room.poll('ann', S2, '', { worker: 'w2' })).own, 'away');
  assert.match(await session(room, 'ann', S2), /^active - 0 \d+ w2 away$/);
  await end(room, 'ann');
  for (const one of [S1, S2]) assert.match(await session(room, 'ann', one), /^active - 0 \d+ \S+$/);
});

/* ---- notes ---- */

test('a note is told with the change, in the reply, on the channel and in the list', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'active');
  const channel = await room.follow();
  const got = await room.say('ann', said(100, [0, '-', TEXT]));
  const { since } = await change(room, 'ann');
  assert.deepEqual(got.change, { seq: 2, status: 'active', since, why: 'join', note: TEXT });
  assert.deepEqual(await change(room, 'ann'), { key: 'ann', ...got.change });
  await until(() => channel.messages.length, 'it is told');
  assert.deepEqual(channel.messages, [`${got.epoch} 2 active ${since} join ann\n${TEXT}`]);
  channel.close();
});

test('since stays if only the note changes; the note stays if only the status changes', async () => {
  const room = new Room(redis);
  const { change: { since } } = await room.join('ann', S1, 'active');
  await until(async () => (await room.own('ann')).now > since, 'a millisecond is over');
  assert.equal((await room.say('ann', said(100, [0, '-', DND]))).change.since, since);
  const away = await room.beat('ann', S1, 'away');
  assert.deepEqual(away.change, { seq: 3, status: 'away', since: away.now, why: 'beat', note: DND });
  const left = await room.leave('ann', S1);
  assert.deepEqual(left.change, { seq: 4, status: 'offline', since: left.now, why: 'leave', note: DND });
  const cleared = await room.say('ann', said(132, NOTHING));
  assert.deepEqual(cleared.change, { seq: 5, status: 'offline', since: left.now, why: 'leave' });
});

test('a note of somebody never seen is told without a time, and leaves nobody who was seen', async () => {
  const room = new Room(redis);
  const got = await room.say('ann', said(100, [0, '-', DND]));
  assert.deepEqual(got.change, { seq: 1, status: 'offline', since: 0, why: 'leave', note: DND });
  assert.deepEqual((await room.say('ann', said(132, NOTHING))).change, { seq: 2, status: 'offline', since: 0, why: 'leave' });
  assert.equal((await room.prune(1)).pruned, 1);
  assert.deepEqual(await redis.call('HKEYS', room.state), ['\u0002ann']);
  assert.equal(await redis.call('EXISTS', room.changed), 0);
});

test('who was removed and says something is not called removed any more', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.evict('ann');
  assert.equal((await room.say('ann', said(100, [0, '-', DND]))).change.why, 'leave');
});

test('the same thing said again is no change', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.say('ann', said(100, [0, 'a', TEXT]));
  assert.equal((await room.say('ann', said(132, [0, 'a', TEXT]))).change, null);
  assert.equal((await room.changes()).head, 2);
});

/* ---- invisible ---- */

test('nothing that an invisible user does is told to others', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'active');
  const hidden = await room.say('ann', said(100, [0, 'i']));
  assert.deepEqual(hidden.change, { seq: 2, status: 'offline', since: hidden.now, why: 'leave' });
  const channel = await room.follow();
  const [before, kept] = [await room.changes(), await user(room, 'ann')];
  const deeds = {
    'a heartbeat': () => room.beat('ann', S1),
    'away': () => room.beat('ann', S1, 'away'),
    'away again': () => room.beat('ann', S1, 'away'),
    'active': () => room.beat('ann', S1, 'active'),
    'a poll': () => room.poll('ann', S1),
    'a poll elsewhere': () => room.poll('ann', S1, '', { worker: 'w2' }),
    'a second tab': () => room.join('ann', S2, 'away'),
    'a reload': () => room.join('ann', S1, 'active'),
    'a leave by a grace': () => room.leave('ann', S2, 'grace', { grace: 5 }),
    'its lapse': () => room.lapse('ann', S2),
    'a lapse': () => room.lapse('ann', S1),
    'a join after all': () => room.join('ann', S1),
    'what is said again': () => room.say('ann', said(132, [0, 'i'])),
    'a leave': () => room.leave('ann', S1),
    'an adoption': () => room.adopt(),
  };
  for (const [name, deed] of Object.entries(deeds)) {
    const got = await deed();
    assert.ok(!got.change && !got.changes, name);
    const now = await room.changes();
    assert.deepEqual([now.head, now.changes], [before.head, before.changes], name);
    assert.equal(await user(room, 'ann'), kept, name);
  }
  await room.join('bob', S1);
  await until(() => channel.messages.length, 'the channel is open');
  assert.deepEqual(channel.messages.map(text => text.split(' ')[5]), ['bob']);
  channel.close();
});

test('the replies to an invisible user say what they are', async () => {
  const room = new Room(redis);
  await room.say('ann', said(100, [0, 'i']));
  assert.equal((await room.join('ann', S1, 'away')).own, 'away');
  assert.equal((await room.beat('ann', S1)).own, 'away');
  assert.equal((await room.join('ann', S2)).own, 'active');
  assert.equal((await room.beat('ann', S1)).own, 'active');
  assert.equal((await room.poll('ann', S2)).own, 'active');
  await room.leave('ann', S2);
  assert.equal((await room.poll('ann', S1)).own, 'away');
});

test('coming back is one change as of a join, and none without a session', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'away');
  await room.say('ann', said(100, [0, 'i']));
  const back = await room.say('ann', said(132, NOTHING));
  assert.deepEqual(back.change, { seq: 3, status: 'away', since: back.now, why: 'join' });
  const gone = await room.say('ann', said(164, [0, 'i']));
  await room.leave('ann', S1);
  assert.equal((await room.say('ann', said(196, NOTHING))).change, null);
  assert.equal((await change(room, 'ann')).since, gone.now);
});

test('who was never seen stays never seen while they are invisible', async () => {
  const room = new Room(redis);
  assert.equal((await room.say('ann', said(100, [0, 'i', ',"seen":"hidden"']))).change, null);
  await room.join('ann', S1);
  await room.beat('ann', S1, 'away');
  await room.leave('ann', S1);
  assert.deepEqual((await room.changes()).changes, []);
  assert.equal(await user(room, 'ann'), null);
  assert.equal((await room.say('ann', said(132, NOTHING))).change, null);
  assert.deepEqual((await room.changes()).changes, []);
  assert.equal(await user(room, 'ann'), null);
  assert.equal(await redis.call('EXISTS', room.changed), 0);
});

test('who was never seen is seen when that ends, if a session is live', async () => {
  const room = new Room(redis);
  await room.say('ann', said(100, [9e12, 'i'], NOTHING));
  await room.join('ann', S1);
  const got = await end(room, 'ann');
  assert.equal(got.changes, 1);
  assert.deepEqual(await change(room, 'ann'), { key: 'ann', seq: 1, status: 'active', since: got.now, why: 'join' });
});

test('that somebody hides typing is kept of them, and told to nobody', async () => {
  const room = new Room(redis);
  const typing = ',"typing":false';
  await room.join('ann', S1, 'active');
  for (const [rev, name] of [[100, 'ann'], [100, 'eve']])
    assert.equal((await room.say(name, said(rev, [0, '-', typing]))).change, null, name);
  assert.equal((await room.say('ann', said(132, [0, '-', `,"seen":"day"${typing},"dnd":true`]))).change.note, ',"seen":"day","dnd":true');
  assert.equal((await room.say('ann', said(164, [0, '-', ',"seen":"day","dnd":true']))).change, null);
  await room.say('ann', said(196, [0, '-', `${typing},"dnd":true`]));
  assert.equal((await room.leave('ann', S1)).change.note, DND);
  assert.equal(await record(room, 'ann'), `196 0\n0 - ${typing},"dnd":true`);
});

/* ---- ask ---- */

test('a beat of a user of whom nothing is kept asks, and changes nothing', async () => {
  const room = new Room(redis);
  await room.join('bob', S1);
  const keys = await room.allKeys();
  const renewal = ' 5 9000000000000 1';
  for (const kind of ['join', 'heartbeat', 'poll', 'renew']) {
    const got = await room.beat('ann', S1, '', { kind, said: null, renewal });
    assert.deepEqual([got.code, got.own, got.seq, got.change], ['ask', 'offline', 1, null], kind);
    assert.deepEqual(await room.allKeys(), keys);
    assert.equal(await redis.call('ZCARD', room.due), 1);
  }
});

test('it does not ask if something is known of the user', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.leave('ann', S1);
  await room.say('bob', said(100, [0, 'i']));
  for (const [name, kind] of [['ann', 'join'], ['bob', 'join'], ['bob', 'heartbeat']])
    assert.equal((await room.beat(name, S1, '', { kind, said: null })).code, 'ok', name);
});

test('it asks about a member who was removed and is back', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.evict('ann');
  assert.equal((await room.join('ann', S1, '', { said: null })).code, 'ask');
  assert.equal((await room.join('ann', S1, '', { said: said(100, [0, 'i']) })).change, null);
  assert.equal(await room.seen('ann'), 'offline');
});

test('what the worker then says counts before the beat does', async () => {
  const room = new Room(redis);
  const got = await room.join('ann', S1, '', { said: said(100, [9e12, 'i', DND], NOTHING) });
  assert.deepEqual([got.code, got.own, got.change], ['ok', 'active', null]);
  assert.equal(Number(await redis.call('ZSCORE', room.ends, `${room.ws} ann`)), 9e12);
  const away = await room.join('bob', S1, '', { said: said(100, [0, 'a']) });
  assert.deepEqual([away.own, away.change.status, away.change.why], ['away', 'away', 'join']);
  assert.equal((await room.beat('bob', S1)).own, 'away');
});

test('what is over by then is not said any more', async () => {
  const room = new Room(redis);
  const got = await room.join('ann', S1, '', { said: said(100, [5, 'i'], NOTHING) });
  assert.deepEqual([got.change.status, await record(room, 'ann')], ['active', said(100, NOTHING).replace(' 0', ' 1')]);
});

test('after a flush nobody sees an invisible user who beats', async () => {
  const own = await startRedis();
  try {
    const room = new Room(own);
    await room.join('ann', S1);
    await room.say('ann', said(100, [0, 'i']));
    await own.call('FLUSHALL');
    const channel = await room.follow();
    assert.equal((await room.beat('ann', S1, '', { said: null })).code, 'ask');
    await room.leave('ann', S2);
    assert.equal((await room.beat('ann', S1, '', { said: said(100, [0, 'i']) })).change, null);
    await room.join('bob', S1);
    await until(() => channel.messages.length, 'the channel is open');
    assert.deepEqual(channel.messages.map(text => text.split(' ')[5]), ['bob']);
    channel.close();
  } finally {
    await own.stop();
  }
});

test('after a flush what an invisible user had said is told when it is said again, and not when they beat', async () => {
  const room = new Room(redis);
  const text = said(100, [0, 'i', DND]);
  await room.join('ann', S1, '', { said: text });
  for (const kind of ['heartbeat', 'poll', 'join'])
    assert.equal((await room.beat('ann', S1, 'away', { kind, said: null })).change, null, kind);
  await room.leave('ann', S1);
  await room.join('ann', S2);
  assert.equal((await room.lapse('ann', S2)).changes, 0);
  const channel = await room.follow();
  const told = { status: 'offline', since: 0, why: 'leave', note: DND };
  assert.deepEqual((await room.say('ann', text)).change, { seq: 1, ...told });
  assert.deepEqual((await room.say('bob', text)).change, { seq: 2, ...told }, 'as of somebody offline');
  assert.equal((await room.say('ann', text)).change, null, 'once');
  await until(() => channel.messages.length === 2, 'both are told');
  channel.close();
});

test('who lost their state is not shown by what others of their sessions do', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.join('ann', S2, 'away');
  await redis.call('DEL', room.state);
  assert.equal((await room.lapse('ann', S1)).changes, 0);
  assert.equal((await room.beat('ann', S2, '', { said: null })).code, 'ask');
});

/* ---- ends ---- */

test('an end comes when it is due, and not before', async () => {
  const room = new Room(redis);
  const { now } = await room.join('ann', S1);
  await room.say('ann', said(100, [now + 60, 'a', TEXT], NOTHING), { held: 1 }); // in force, though it may have ended already
  const got = await until(async () => {
    const one = await room.expire();
    assert.equal(one.taken > 0, one.now >= now + 60, 'taken exactly when due');
    return one.taken ? one : null;
  }, 'it ends');
  assert.deepEqual([got.taken, got.ended, got.changes], [1, 1, 1]);
  assert.deepEqual(await change(room, 'ann'), { key: 'ann', seq: 3, status: 'active', since: got.now, why: 'beat' });
  assert.equal(await record(room, 'ann'), '100 1\n0 - ');
  assert.equal(await redis.call('EXISTS', room.ends), 0);
});

test('a message and do not disturb that end together are one change, also for who is offline', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  const { now } = await room.leave('ann', S1);
  await room.say('ann', said(100, [9e12, '-', TEXT], NOTHING));
  assert.equal((await end(room, 'ann')).changes, 1);
  assert.deepEqual(await change(room, 'ann'), { key: 'ann', seq: 4, status: 'offline', since: now, why: 'leave' });
});

test('what follows an end is in force then, and the rev counts the ends', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.say('ann', said(100, [8e12, 'i', TEXT], [9e12, 'a', DND], NOTHING));
  const own = await room.follow('rollcall:own');
  await end(room, 'ann');
  assert.equal(await record(room, 'ann'), `100 1\n9000000000000 a ${DND}\n0 - `);
  assert.equal(Number(await redis.call('ZSCORE', room.ends, `${room.ws} ann`)), 9e12);
  assert.equal((await change(room, 'ann')).status, 'away');
  assert.equal((await room.own('ann')).rev, 101);
  await end(room, 'ann');
  assert.deepEqual([(await change(room, 'ann')).status, (await room.own('ann')).rev], ['active', 102]);
  await until(() => own.messages.length === 2, 'the own polls are told');
  assert.deepEqual(own.messages, [`${room.ws} 101 ann`, `${room.ws} 102 ann`]);
  own.close();
});

test('an end that nobody sees is told to nobody but its user', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.say('ann', said(100, [8e12, 'i'], [0, 'ia']));
  assert.equal((await end(room, 'ann')).changes, 0);
  assert.equal((await room.changes()).head, 2);
  assert.deepEqual(await room.own('ann').then(({ own, rev }) => [own, rev]), ['away', 101]);
});

test('several ends that are past are one change', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.say('ann', said(100, [8e12, 'a'], [2, 'i'], [3, '-', TEXT], [0, '-', DND]));
  assert.equal((await end(room, 'ann')).changes, 1);
  assert.equal((await change(room, 'ann')).note, DND);
  assert.equal((await room.own('ann')).rev, 103);
});

test('ends are held like leases: by a hold, and when the clock leaps', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.say('ann', said(100, [9e12, 'a'], NOTHING));
  assert.deepEqual([await end(room, 'ann', { hold: 1 })].map(({ taken, ended }) => [taken, ended]), [[0, 0]]);
  const { now } = await room.own('ann');
  const leapt = await room.expire({ expected: now - 3600000, tolerance: 2000 });
  assert.deepEqual([leapt.leap, leapt.taken, await room.seen('ann')], [1, 0, 'away']);
  assert.equal((await room.expire()).changes, 1);
});

test('what is past when it is said counts only while leases may lapse', async () => {
  const text = said(100, [5, 'i'], [6, '-', DND], [0, 'a']);
  for (const [more, status, rev] of [[{}, 'away', 102], [{ held: 1 }, 'offline', 100], [{ asked: '' }, 'offline', 100]]) {
    const room = new Room(redis);
    await room.join('ann', S1);
    const got = await room.say('ann', text, more);
    assert.deepEqual([got.shown, got.rev], [status, rev]);
    assert.equal((await room.expire()).changes, rev === 102 ? 0 : 1);
    assert.equal(await room.seen('ann'), 'away');
  }
});

test('what had ended before leases were held is over', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  const { now } = await room.own('ann');
  const text = (rev, ended) => said(rev, [ended, 'i'], [9e15, 'a'], NOTHING);
  assert.equal((await room.say('ann', text(100, now - 3000), { held: now - 2000 })).shown, 'away');
  assert.equal((await room.say('ann', text(200, now - 1000), { held: now - 2000 })).shown, 'offline');
  assert.equal((await room.beat('bob', S2, '', { held: now - 2000, said: text(100, now - 3000) })).own, 'away');
});

test('what is said after the clock was set back has not ended, though nobody may be judged since a later time', async () => {
  const room = new Room(redis);
  const { now } = await room.join('ann', S1, 'active');
  const ahead = now + 3600000;
  const got = await room.say('ann', said(100, [now + 60000, 'i'], NOTHING), { held: ahead });
  assert.deepEqual([got.shown, got.rev], ['offline', 100]);
  const join = await room.join('eve', S1, '', { said: said(100, [now + 60000, 'i'], NOTHING), held: ahead });
  assert.equal(join.change, null);
});

test('no more than a batch is taken of leases and ends together, and 5,000 at one instant are all told', async () => {
  const room = new Room(redis);
  const users = Array.from({ length: 5000 }, (_, i) => `user ${i}`);
  const text = said(100, [5, '-', TEXT], NOTHING);
  await Promise.all(users.map(name => room.say(name, text, { held: 1 })));
  await room.join('ann', S1);
  await redis.call('ZADD', room.due, 'XX', 1, `${room.ws} ${S1} ann`);
  const seen = [];
  let got;
  do {
    got = await room.expire();
    seen.push(got.taken);
  } while (got.taken === room.batch);
  assert.deepEqual(seen, [...Array(19).fill(256), 5001 - 19 * 256]);
  const { changes } = await room.changes(0, 10000);
  assert.equal(changes.filter(({ note }) => !note).length, 5001);
});

test('an entry of ends that says something else is put right, and what nobody wrote is removed', async () => {
  const room = new Room(redis);
  await room.say('ann', said(100, [9e12, 'a'], NOTHING));
  await room.say('bob', said(100, [0, 'a']));
  await redis.call('SET', `${room.prefix}odd:state`, 'text');
  const odd = ['', ' ', 'one', 'two ', `${room.ws} nobody`, `.. ann`, `${room.ws} a\u0001b`, `${room.ws} ${'x'.repeat(200)}`, 'odd ann'];
  for (const member of [...odd, `${room.ws} ann`, `${room.ws} bob`]) await redis.call('ZADD', room.ends, 1, member);
  const got = await room.expire();
  assert.deepEqual([got.taken, got.ended, got.changes, got.malformed], [11, 11, 0, 8]);
  assert.deepEqual(await redis.call('ZRANGE', room.ends, 0, -1, 'WITHSCORES'), [`${room.ws} ann`, '9000000000000']);
});

test('a Redis without memory ends nothing, and takes nothing that is said', async () => {
  const own = await startRedis();
  try {
    const room = new Room(own);
    await room.join('ann', S1);
    await room.say('ann', said(100, [5, 'a'], NOTHING), { held: 1 });
    await own.call('CONFIG', 'SET', 'maxmemory', '1');
    await assert.rejects(room.expire(), /OOM/);
    await assert.rejects(room.say('ann', said(132, [0, 'i'])), /OOM/);
    assert.equal(await room.seen('ann'), 'away');
    assert.equal((await room.own('ann')).rev, 100);
    await own.call('CONFIG', 'SET', 'maxmemory', '0');
    assert.equal((await room.expire()).changes, 1);
  } finally {
    await own.stop();
  }
});

/* ---- order ---- */

test('of two that say something the higher rev stands, and ends are made whole', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.say('ann', said(200, [9e12, 'a', DND], NOTHING));
  await redis.call('DEL', room.ends);
  for (const rev of [100, 168, 200]) {
    const own = await room.follow('rollcall:own');
    const got = await room.say('ann', said(rev, [0, 'i', TEXT]));
    assert.deepEqual([got.code, got.own, got.shown, got.rev, got.change], ['ok', 'away', 'away', 200, null]);
    assert.deepEqual(own.messages, []);
    own.close();
  }
  assert.equal(Number(await redis.call('ZSCORE', room.ends, `${room.ws} ann`)), 9e12);
  assert.equal((await room.say('ann', said(232, [0, 'i', TEXT]))).shown, 'offline');
  assert.equal(await redis.call('EXISTS', room.ends), 0);
});

test('who says nothing any more does not say again what came before', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.say('ann', said(132, NOTHING));
  const heard = await room.follow('rollcall:own');
  for (const [rev, what] of [[100, [0, 'i', TEXT]], [132, NOTHING]]) {
    const got = await room.say('ann', said(rev, what));
    assert.deepEqual([got.code, got.own, got.shown, got.rev, got.change], ['ok', 'active', 'active', 132, null]);
  }
  await room.leave('ann', S1);
  await room.prune(9e12);
  assert.equal((await room.join('ann', S1, '', { said: null })).change.status, 'active', 'and it is known without asking');
  assert.deepEqual(heard.messages, []);
  heard.close();
});

test('what comes late is not done', async () => {
  const room = new Room(redis);
  const { now } = await room.join('ann', S1);
  const got = await room.say('ann', said(100, [0, 'i']), { asked: now - 60000 });
  assert.deepEqual([got.code, got.own, got.shown, got.change], ['late', 'active', 'active', null]);
  assert.equal(await record(room, 'ann'), null);
});

test('what no user can say is refused', async () => {
  const room = new Room(redis);
  for (const text of ['', 'x', '100', '100 0', '100 0\n', '100 0\nx - ', '100 0\n0 z ', '-1 0\n0 - '])
    await assert.rejects(room.say('ann', text), /by hand/, text);
  assert.equal(await record(room, 'ann'), null);
});

test('own polls hear of each rev, on one channel for all, and others of nothing', async () => {
  const room = new Room(redis);
  await room.join('ann b', S1);
  const [own, others] = [await room.follow('rollcall:own'), await room.follow()];
  await room.say('ann b', said(100, [9e12, '-', ',"seen":"day"'], NOTHING));
  await room.say('ann b', said(132, [0, '-', ',"seen":"day"']));
  await room.say('ann b', said(164, NOTHING));
  await until(() => own.messages.length === 3, 'all are told');
  assert.deepEqual(own.messages, [100, 132, 164].map(rev => `${room.ws} ${rev} ann b`));
  await room.join('bob', S1);
  await until(() => others.messages.length > 2, 'the channel is open');
  assert.equal(others.messages.length, 3, 'the setting came and went');
  own.close();
  others.close();
});

/* ---- upkeep ---- */

test('pruning keeps whose note others see, and what all say by hand', async () => {
  const room = new Room(redis);
  for (const name of ['ann', 'bob', 'eve', 'joe']) {
    await room.join(name, S1);
    await room.leave(name, S1);
  }
  await room.say('ann', said(100, [0, '-', TEXT]));
  await room.say('bob', said(100, [0, '-', ',"seen":"hidden"']));
  await room.say('eve', said(100, [0, 'i']));
  const { now } = await room.own('ann');
  assert.deepEqual(await room.prune(now + 1), { next: -1, pruned: 3 });
  assert.deepEqual((await room.changes()).changes.map(one => one.key), ['ann']);
  assert.deepEqual((await redis.call('HKEYS', room.state)).sort(), ['\u0002ann', '\u0002bob', '\u0002eve', 'ann']);
  await room.join('eve', S1, '', { said: null });
  assert.equal(await room.seen('eve'), 'offline', 'still invisible');
});

test('a note that is cleared of somebody long offline does not raise the floor to the head', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.leave('ann', S1);
  await room.say('ann', said(100, [0, '-', DND]));
  const { now } = await room.own('ann');
  await until(async () => (await room.own('ann')).now > now + 1, 'time passes');
  await room.join('bob', S1);
  await room.leave('bob', S1);
  await room.say('ann', said(132, NOTHING));
  assert.equal((await room.prune(now + 1)).pruned, 0);
  assert.equal((await room.changes()).floor, 0);
  assert.equal((await room.prune(now + 60000)).pruned, 2);
});

test('a removal and the end of a workspace leave nothing of what was said', async () => {
  const room = new Room(redis, { batch: 10 });
  for (const name of ['ann', 'bob']) await room.join(name, S1);
  await room.say('ann', said(100, [9e12, 'i', TEXT], NOTHING));
  const { change: gone } = await room.evict('ann');
  assert.deepEqual([gone.status, gone.why, gone.note], ['offline', 'removed', undefined]);
  assert.equal(await record(room, 'ann'), null);
  assert.equal(await redis.call('EXISTS', room.ends), 0);
  for (let i = 0; i < 300; i++) await room.say(`never seen ${i}`, said(100, [9e12, 'i'], NOTHING));
  await room.join('never seen 7', S1);
  for (let calls = 0; await room.drop() === 1; calls++) assert.ok(calls < 100);
  assert.deepEqual(await room.allKeys(), []);
});

test('nobody stands in for the sessions of who is here without one', async () => {
  const room = new Room(redis);
  await room.say('ann', said(100, [0, 'p']));
  assert.equal((await change(room, 'ann')).why, 'join');
  assert.equal((await room.adopt()).adopted, 0);
  await room.join('ann', S1, 'away');
  assert.deepEqual((await room.sessions('ann')).sessions.map(one => one.session), [S1]);
  await room.leave('ann', S1);
  assert.equal(await room.seen('ann'), 'active');
  assert.equal((await room.say('ann', said(132, NOTHING))).change.status, 'offline');
});

test('a session whose record was lost comes back as active if what others see is by hand', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.say('ann', said(100, [0, 'a']));
  await redis.call('DEL', room.u('ann'));
  assert.deepEqual(await room.beat('ann', S1).then(({ own, change: made }) => [own, made]), ['away', null]);
  assert.equal((await room.say('ann', said(132, NOTHING))).shown, 'active');
});
