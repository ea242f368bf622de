// SPDX-License-Identifier: ISC
// The renewal of a session that stays away: what is plain, what it replies, and what it leaves to others.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { until } from '../lib/until.mjs';
import { NOTHING, Room, said } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

const [S1, S2] = ['session-one', 'session-two'];
const PLAIN = { hget: 2, hmget: 1, pexpire: 1, time: 1, zadd: 1 };
const HIDDEN = { ...PLAIN, hget: 3, hlen: 1 }; // of an invisible user

const record = (room, session = S1) => redis.call('HGET', room.u('ann'), session);

/** What DEED returns, and the commands that it makes Redis run. */
async function cost(deed) {
  await redis.call('CONFIG', 'RESETSTAT');
  const got = await deed();
  const stats = await redis.call('INFO', 'commandstats');
  const commands = Object.fromEntries([...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name, n]) => [name, Number(n)]));
  delete commands.config;
  delete commands.evalsha;
  return { ...got, commands };
}

/** A room where ann is away in S1, and OTHERS, statuses, in further sessions. */
async function away(options, ...others) {
  const room = new Room(redis, options);
  await room.join('ann', S1, 'away');
  for (const [i, status] of others.entries()) await room.join('ann', `session-${i}`, status);
  return room;
}

test('whoever stays away, alone or beside others, replies what others see, and changes nothing', async () => {
  for (const [others, own] of [[[], 'away'], [['away'], 'away'], [['active'], 'active'], [['away', 'active'], 'active']]) {
    const room = await away({}, ...others);
    const { changes } = await room.changes();
    const channel = await room.follow();
    for (const status of ['', 'away'])
      for (const kind of ['heartbeat', 'poll']) {
        await room.poll('ann', S1, status);
        const got = await cost(() => room.beat('ann', S1, status, { kind, n: kind === 'poll' ? '' : 0 }));
        assert.deepEqual([got.code, got.own, got.alive, got.change], ['ok', own, 1, null], `${others} ${kind}`);
        assert.deepEqual({ ...got.commands, hset: undefined }, { ...PLAIN, hset: undefined }, `${others} ${kind}`);
      }
    assert.deepEqual((await room.changes()).changes, changes);
    await room.mark('\u0001');
    await until(() => channel.messages.length, 'the channel is open');
    assert.equal(channel.messages.length, 1);
    channel.close();
  }
});

test('what changes is no plain renewal: to active, and from it', async () => {
  const room = await away();
  assert.equal((await room.beat('ann', S1, 'active')).change.status, 'active');
  assert.equal((await room.beat('ann', S1, 'away')).change.status, 'away');
  await room.join('ann', S2, 'active');
  assert.equal((await room.beat('ann', S1)).own, 'active');
  assert.equal((await room.leave('ann', S2)).change.status, 'away');
  assert.equal((await room.beat('ann', S1)).own, 'away');
});

test('a renewal takes back a grace and leases for as long as it says', async () => {
  for (const [mode, flag] of [['grace', 'l'], ['closed', 'c']]) {
    const room = await away();
    const { beat } = await room.poll('ann', S1);
    await room.leave('ann', S1, mode, { grace: 5, beat });
    assert.equal(await record(room), `away ${flag} 0 ${beat} w1`);
    const got = await cost(() => room.beat('ann', S1));
    assert.deepEqual(got.commands, { ...PLAIN, hset: 1 }, mode);
    assert.equal(await record(room), `away - 0 ${beat} w1`);
    assert.equal((await room.sessions('ann')).sessions[0].ends, got.now + room.lease);
  }
});

test('counts hold for who is away', async () => {
  const room = await away();
  const own = async (n, kind = 'heartbeat', status = '') => {
    const got = await room.beat('ann', S1, status, { n, kind });
    return [got.code, got.own, Number((await record(room)).split(' ')[2])];
  };
  assert.deepEqual(await own(5), ['ok', 'away', 5]);
  assert.deepEqual(await own(5), ['ok', 'away', 5]);
  assert.deepEqual(await own(7, 'poll'), ['ok', 'away', 7]);
  assert.deepEqual(await own(7, 'poll'), ['again', 'away', 7]);
  const held = await room.sessions('ann');
  assert.deepEqual(await own(6), ['ok', 'away', 7]);
  assert.deepEqual(await own(6, 'poll', 'away'), ['ok', 'away', 7]);
  assert.deepEqual((await room.sessions('ann')).sessions, held.sessions);
  assert.deepEqual(await own('', 'poll'), ['ok', 'away', 7]);
});

test('a poll of who is away that moves is told to the worker before, and is the same poll if that is dead', async () => {
  const room = await away();
  const told = await room.follow('rollcall:worker:w1');
  await room.poll('ann', S1, 'away', { worker: 'w1' });
  const got = await cost(() => room.poll('ann', S1, 'away', { worker: 'w2' }));
  assert.deepEqual([got.code, got.own], ['told', 'away']);
  assert.deepEqual(got.commands, { ...PLAIN, hset: 1, publish: 1 });
  await until(() => told.messages.length, 'it is told');
  assert.deepEqual(told.messages, [`${got.beat} ${room.ws} ${S1} ann`]);
  await room.poll('ann', S1, 'away', { worker: 'gone/1' });
  assert.equal((await room.poll('ann', S1, 'away', { worker: 'w1/1', wait: 25000 })).code, 'again');
  told.close();
});

test('the renewal of an invisible user says what they are', async () => {
  const room = await away();
  await room.say('ann', said(100, [0, 'i']));
  const alone = await cost(() => room.beat('ann', S1, 'away'));
  assert.deepEqual([alone.own, alone.change, alone.commands], ['away', null, HIDDEN]);
  await room.join('ann', S2, 'active');
  assert.equal((await room.beat('ann', S1, 'away')).own, 'active');
  await room.beat('ann', S2, 'away');
  assert.equal((await room.beat('ann', S1, 'away')).own, 'away');
  await room.leave('ann', S2);
  assert.equal((await room.poll('ann', S1)).own, 'away');
  assert.equal(await room.seen('ann'), 'offline');
  await room.say('ann', said(132, NOTHING));
  assert.deepEqual((await cost(() => room.beat('ann', S1))).commands, PLAIN);
});

test('who is invisible and was never seen is not seen by a renewal', async () => {
  const room = new Room(redis);
  await room.say('ann', said(100, [0, 'i']));
  await room.join('ann', S1, 'away');
  assert.deepEqual(await room.beat('ann', S1).then(({ own, change }) => [own, change]), ['away', null]);
  assert.equal(await room.seen('ann'), 'offline');
});

test('who is raised to active hears that from a plain renewal, invisible too, until it ends', async () => {
  const room = await away();
  await room.say('ann', said(100, [9e12, 'r'], [0, 'a']));
  assert.match(await record(room), /^away - 0 \d+ - active$/);
  const raised = await cost(() => room.beat('ann', S1, 'away'));
  assert.deepEqual([raised.own, raised.commands], ['active', PLAIN]);
  await room.say('ann', said(132, [0, 'ir']));
  const hidden = await cost(() => room.beat('ann', S1, 'away'));
  assert.deepEqual([hidden.own, hidden.commands], ['active', HIDDEN]);
  await room.say('ann', said(164, [0, 'a']));
  assert.match(await record(room), /^away - 0 \d+ -$/);
  assert.equal((await room.beat('ann', S1)).own, 'away');
});

test('the word of a record follows its status', async () => {
  for (const [mode, whenAway, whenActive] of [['r', ' active', ''], ['a', '', ' away'], ['ia', '', ' away'], ['-', '', '']]) {
    const room = await away();
    await room.say('ann', said(100, [0, mode, ',"dnd":true']));
    for (const [status, word] of [['away', whenAway], ['active', whenActive], ['away', whenAway]]) {
      await room.beat('ann', S1, status);
      assert.equal((await record(room)).replace(/^(\S+ ){4}\S+/, ''), word, `${mode} ${status}`);
      await room.poll('ann', S1, status);
      assert.equal((await record(room)).replace(/^(\S+ ){4}\S+/, ''), word, `${mode} ${status}, a poll`);
    }
    await room.join('ann', S1, 'active');
    assert.equal((await record(room)).replace(/^(\S+ ){4}\S+/, ''), whenActive, `${mode}, a join`);
  }
});

test('after a flush a renewal asks, and a lost record or state is no plain renewal', async () => {
  const own = await startRedis();
  try {
    const room = new Room(own);
    await room.join('ann', S1, 'away');
    await own.call('FLUSHALL');
    assert.equal((await room.beat('ann', S1, 'away', { said: null })).code, 'ask');
    await room.beat('ann', S1, 'away');
    await own.call('DEL', room.state);
    assert.equal((await room.beat('ann', S1, 'away', { said: null })).code, 'ask');
    assert.equal((await room.beat('ann', S1, 'away')).change.status, 'away');
    await own.call('HDEL', room.u('ann'), S1);
    const back = await room.beat('ann', S1);
    assert.deepEqual([back.code, back.own, back.change], ['ok', 'away', null]);
    await own.call('DEL', room.meta);
    assert.equal((await room.beat('ann', S1, '', { fresh: 'anotherEpoch0000' })).epoch, 'anotherEpoch0000');
  } finally {
    await own.stop();
  }
});

test('what others see wrongly is put right by the next renewal', async () => {
  for (const wrong of ['{"status":"offline","since":5,"why":"lapsed"}', '{"status":"gone"}', '?']) {
    const room = await away();
    await redis.call('HSET', room.state, 'ann', wrong);
    assert.equal((await room.beat('ann', S1)).change.status, 'away', wrong);
  }
  const room = await away();
  await room.say('ann', said(100, [0, 'r']));
  await redis.call('HSET', room.state, 'ann', '{"status":"away","since":5,"why":"beat"}');
  assert.equal((await room.beat('ann', S1)).change.status, 'active');
});

test('what comes late renews nothing', async () => {
  const room = await away();
  const before = await room.sessions('ann');
  const got = await room.beat('ann', S1, 'away', { asked: before.now - 60000, lease: 5 });
  assert.deepEqual([got.code, got.own], ['late', 'away']);
  assert.deepEqual((await room.sessions('ann')).sessions, before.sessions);
});
