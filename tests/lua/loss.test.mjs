// SPDX-License-Identifier: ISC
// What Redis loses or refuses: a flush, evicted keys, no memory, no rights. None of it makes anyone offline who is not.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { until } from '../lib/until.mjs';
import { Room } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

const [S1, S2] = ['session-one', 'session-two'];

test('after a flush a new epoch begins at the first change', async () => {
  const own = await startRedis();
  try {
    const room = new Room(own);
    for (let i = 0; i < 5; i++) await room.join(`user${i}`, S1);
    await own.call('FLUSHALL');
    room.fresh = 'anotherEpoch0000';
    const got = await room.beat('user0', S1);
    assert.deepEqual([got.epoch, got.seq, got.alive, got.change?.status], ['anotherEpoch0000', 1, 0, 'active']);
    assert.equal((await room.changes(5)).changes.length, 0);
  } finally {
    await own.stop();
  }
});

test('a lost meta key is a new epoch above the seqs that are left', async () => {
  const room = new Room(redis);
  for (let i = 0; i < 5; i++) await room.join(`user${i}`, S1);
  const losses = [['DEL'], ['HSET', 'epoch', 'short'], ['HSET', 'seq', 'x'], ['HDEL', 'seq'], ['HDEL', 'epoch']];
  for (const [i, [command, ...rest]] of losses.entries()) {
    await redis.call(command, room.meta, ...rest);
    room.fresh = `epochNumber${i}`.padEnd(16, '0');
    const got = await room.changes();
    assert.deepEqual([got.epoch, got.head, got.floor, got.changes.length], [room.fresh, 5, 0, 5]);
  }
  assert.equal((await room.join('new', S1)).change.seq, 6);
});

test('an evicted user is restored by the next beat without a change', async () => {
  for (const [status, said] of [['active', ''], ['active', 'active'], ['away', ''], ['away', 'away']]) {
    const room = new Room(redis);
    await room.join('ann', S1, status);
    const { head } = await room.changes();
    await redis.call('DEL', room.u('ann'));
    const got = await room.beat('ann', S1, said);
    assert.deepEqual([got.code, got.alive, got.own, got.change], ['ok', 1, status, null]);
    assert.equal((await room.changes()).head, head);
    const { sessions } = await room.sessions('ann');
    assert.deepEqual(sessions.filter(({ session }) => session === S1).map(one => one.status), [status]);
  }
});

test('two sessions of an evicted user do not flicker, whichever beats first', async () => {
  for (const [first, then] of [['active', 'away'], ['away', 'active']]) {
    const room = new Room(redis, { ttl: 50, maxLease: 50 });
    const session = { active: S1, away: S2 };
    await room.join('ann', S1, 'active');
    await room.join('ann', S2, 'away');
    await redis.call('DEL', room.u('ann'));
    for (const status of [first, then, first, then]) {
      assert.equal((await room.beat('ann', session[status], status)).own, 'active');
    }
    await until(async () => {
      await room.beat('ann', S1, 'active');
      await room.beat('ann', S2, 'away');
      await room.expire();
      return (await redis.call('ZCARD', room.due)) === 2 && (await redis.call('PTTL', room.u('ann'))) > 0;
    }, 'what stood for lost records lapses');
    assert.equal((await room.changes()).head, 1);
  }
});

test('an evicted user who went away is seen so within a ttl', async () => {
  const room = new Room(redis, { ttl: 50 });
  await room.join('ann', S1, 'active');
  await redis.call('DEL', room.u('ann'));
  await room.beat('ann', S1, 'away');
  await until(async () => { await room.expire(); return await room.seen('ann') === 'away'; }, 'away shows');
  assert.equal((await room.changes()).head, 2);
});

test('an evicted user who does not beat again lapses in the ordinary way', async () => {
  const room = new Room(redis);
  await room.join('ann', S1);
  await room.join('ann', S2, 'away');
  await redis.call('DEL', room.u('ann'));
  assert.equal(await room.seen('ann'), 'active');
  await redis.call('ZADD', room.due, 1, `${room.ws} ${S1} ann`, 2, `${room.ws} ${S2} ann`);
  assert.equal((await room.expire()).changes, 1);
  assert.equal((await room.changes()).changes[0].why, 'lapsed');
});

test('an evicted session can leave, by a grace too', async () => {
  for (const mode of ['now', 'grace']) {
    const room = new Room(redis);
    await room.join('ann', S1);
    await redis.call('DEL', room.u('ann'));
    assert.equal((await room.leave('ann', S1, mode)).code, 'ok');
    await room.expire();
    assert.equal(await room.seen('ann'), 'active', 'other sessions may have been lost with it');
    await room.lapse('ann', '?');
    assert.equal(await room.seen('ann'), 'offline');
    assert.equal((await room.beat('ann', S1)).code, 'gone');
  }
});

test('a user who is shown without a lease gets one, once, and lapses with it', async () => {
  const losses = {
    due: room => redis.call('DEL', room.due),
    'due and sessions': room => redis.call('DEL', room.due, room.u('ann'), room.u('ben')),
  };
  for (const [name, lose] of Object.entries(losses)) {
    const room = new Room(redis, { maxLease: 100, batch: 2 });
    for (const user of ['ann', 'ben', 'cyd', 'dan']) await room.join(user, S1, user === 'ben' ? 'away' : 'active');
    await room.join('ann', S2, 'away');
    await room.mark('\u0001');
    await room.leave('dan', S1);
    const { head } = await room.changes();
    await lose(room);
    await room.beat('cyd', S1);
    await room.leave('cyd', S1);
    assert.equal((await room.expire()).taken, 0, name);
    const walk = async () => {
      let adopted = 0;
      for (let step = { next: 0, last: '' }; step.next >= 0;) {
        step = await room.adopt(step.next, step.last);
        adopted += step.adopted;
      }
      return adopted;
    };
    assert.equal(await walk(), 2, name);
    assert.equal(await walk(), 0, 'each once');
    assert.deepEqual([await room.seen('ann'), await room.seen('ben')], ['active', 'away']);
    let changes = 0;
    await until(async () => { changes += (await room.expire()).changes; return changes === 2; }, 'they lapse');
    assert.deepEqual([await room.seen('ann'), await room.seen('ben')], ['offline', 'offline']);
    assert.equal((await room.changes()).head, head + 3, 'nobody more than once');
    assert.equal(await walk(), 0);
  }
});

test('who beats after the loss of a lease is never offline, and a session that never comes back counts no longer', async () => {
  const room = new Room(redis, { maxLease: 100 });
  await room.join('ann', S1, 'active');
  await room.join('ann', S2, 'away');
  await redis.call('DEL', room.due);
  await room.beat('ann', S2, 'away');
  assert.equal(await room.seen('ann'), 'active', 'the other one may still beat');
  assert.equal((await room.adopt()).adopted, 1);
  await until(async () => {
    await room.beat('ann', S2, 'away');
    await room.expire();
    return await room.seen('ann') === 'away';
  }, 'the other one lapses');
  assert.equal((await room.changes()).head, 2);
});

test('the walk ends though people change all the time, and bears what somebody else wrote', async () => {
  const room = new Room(redis, { batch: 1 });
  for (const user of ['ann', 'ben', 'cyd']) await room.join(user, S1);
  await redis.call('SET', room.u('ben'), 'text');
  await redis.call('ZADD', room.changed, 1.5, 'eve');
  let steps = 0;
  for (let step = { next: 0, last: '' }; step.next >= 0; steps++) {
    step = await room.adopt(step.next, step.last);
    await room.beat('ann', S1, steps % 2 ? 'active' : 'away');
    assert.ok(steps < 10);
  }
  const nowhere = new Room(redis);
  assert.deepEqual(await nowhere.adopt(), { next: -1, last: 0, adopted: 0 });
  assert.deepEqual(await nowhere.allKeys(), []);
});

test('what Redis was asked long ago, and its asker was told could not be done, is not done later', async () => {
  const room = new Room(redis);
  const { now } = await room.join('ann', S1, 'away');
  const before = (await room.sessions('ann')).sessions;
  for (const [kind, status] of [['heartbeat', 'active'], ['heartbeat', 'away'], ['poll', 'active'], ['join', 'active']])
    assert.equal((await room.beat('ann', S1, status, { kind, asked: now - 6000 })).code, 'late', kind);
  for (const mode of ['now', 'grace'])
    assert.equal((await room.leave('ann', S1, mode, { asked: now - 6000 })).code, 'late', mode);
  assert.equal((await room.join('ann', S2, 'active', { asked: now - 6000 })).code, 'late');
  assert.deepEqual((await room.sessions('ann')).sessions, before);
  await room.beat('ann', S1, 'active');
  const plain = await room.beat('ann', S1, 'active', { asked: now - 6000 });
  assert.equal(plain.code, 'late', 'a plain renewal');
  assert.equal((await room.beat('ann', S1, 'away', { asked: now - 6000, held: 1 })).code, 'late', 'nobody is judged');
  assert.equal((await room.leave('ann', S1, 'now', { asked: now - 6000, held: 1 })).code, 'late', 'nor then');
  assert.equal((await room.beat('ann', S1, 'active', { asked: '' })).code, 'ok', 'nobody knows when');
  assert.equal((await room.beat('ann', S1, 'active', { asked: now - 1000 })).code, 'ok', 'a slow moment');
});

test('while expiry is held for up to two minutes no session is forgotten, however short leases are', async () => {
  const room = new Room(redis, { ttl: 20, lease: 20, maxLease: 20 });
  const { now } = await room.join('ann', S1, 'active', { held: 1 });
  await room.join('ann', S2, 'active', { held: 1 });
  await until(async () => (await room.expire({ hold: 1 })).now > now + 200, 'ten ttls pass');
  const left = await room.leave('ann', S1, 'now', { held: 1 });
  assert.deepEqual([left.code, left.change], ['ok', null], 'the other session is still there');
  const { sessions } = await room.sessions('ann');
  assert.deepEqual(sessions.map(({ session, status }) => [session, status]).sort(), [[S1, 'ended'], [S2, 'active']]);
  assert.equal((await room.beat('ann', S2, '', { held: 1 })).alive, 1);
  assert.equal((await room.changes()).head, 1, 'and others have seen nothing');
});

test('whose records were lost is not offline because one of several sessions ends', async () => {
  const ends = {
    leaves: room => room.leave('ann', S1),
    'leaves by a grace': async room => {
      await room.leave('ann', S1, 'grace');
      assert.equal((await room.expire()).taken, 1);
    },
    'beats, then leaves': async room => {
      await room.beat('ann', S1, 'active');
      await room.leave('ann', S1);
    },
    'leaves, after another that nobody knew left': async room => {
      await room.leave('ann', 'session-none');
      await room.leave('ann', S1);
    },
  };
  for (const [name, end] of Object.entries(ends))
    for (const beats of [true, false]) {
      const room = new Room(redis);
      await room.join('ann', S1);
      await room.join('ann', S2);
      await redis.call('DEL', room.u('ann'));
      await end(room);
      assert.equal(await room.seen('ann'), 'active', name);
      if (beats) await room.beat('ann', S2, 'active');
      else await redis.call('ZREM', room.due, `${room.ws} ${S2} ann`);
      assert.equal((await room.lapse('ann', '?')).taken, 1, 'what stands for the lost lapses');
      assert.equal(await room.seen('ann'), beats ? 'active' : 'offline', name);
      assert.equal((await room.changes()).head, beats ? 1 : 2, `${name}: others have seen nothing else`);
    }
});

test('records that no script wrote count for nothing and are replaced', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'away');
  for (const garbage of ['', 'active', 'active - x 1 w', 'dead - 0 0 -', '\u0000']) {
    await redis.call('HSET', room.u('ann'), S2, garbage);
    assert.equal((await room.beat('ann', S1)).own, 'away');
    assert.deepEqual((await room.sessions('ann')).sessions.map(one => one.session), [S1], garbage);
    assert.deepEqual((await room.beat('ann', S2, 'away')).code, 'ok');
  }
});

test('without memory beats are refused, and so nobody lapses', async () => {
  const own = await startRedis();
  try {
    const room = new Room(own);
    await room.join('ann', S1);
    await own.call('ZADD', room.due, 'XX', 1, `${room.ws} ${S1} ann`);
    await own.call('CONFIG', 'SET', 'maxmemory', '1mb');
    await assert.rejects(room.beat('ann', S1), /OOM/);
    await assert.rejects(room.expire(), /OOM/);
    await assert.rejects(room.leave('ann', S1), /OOM/);
    await own.call('CONFIG', 'SET', 'maxmemory', '0');
    assert.equal(await room.seen('ann'), 'active');
    assert.deepEqual((await room.beat('ann', S1)).alive, 1);
    assert.equal((await room.changes()).head, 1);
  } finally {
    await own.stop();
  }
});

test('a replica refuses to write, and reads', async () => {
  const own = await startRedis();
  try {
    const room = new Room(own);
    await room.join('ann', S1);
    await own.call('ZADD', room.due, 'XX', 1, `${room.ws} ${S1} ann`);
    await own.call('CONFIG', 'SET', 'replica-serve-stale-data', 'yes');
    await own.call('REPLICAOF', '127.0.0.1', '1');
    await assert.rejects(room.beat('ann', S1), /READONLY/);
    await assert.rejects(room.expire(), /READONLY/);
    assert.equal(await room.seen('ann'), 'active');
  } finally {
    await own.stop();
  }
});

test('the probe says what is forbidden and leaves nothing', async () => {
  const key = 'rollcall:{0}:probe';
  const probe = client => redis.run('probe', [key], ['rollcall:probe'], client);
  assert.deepEqual(await probe(), []);
  const forbidden = { PUBLISH: /^PUBLISH: /, TIME: /^TIME: /, ZADD: /^ZADD: /, HSET: /^HSET: /, PEXPIRE: /^PEXPIRE: / };
  for (const [command, expected] of Object.entries(forbidden)) {
    const user = `no-${command}`;
    await redis.call('ACL', 'SETUSER', user, 'on', 'nopass', '~rollcall:*', '&rollcall:*', '+@all', `-${command}`);
    const client = await redis.connect();
    await client.call('AUTH', user, 'x');
    const failed = await probe(client);
    assert.match(failed[0], expected);
    assert.ok(failed.every(text => expected.test(text)), `${failed}`);
    client.close();
    assert.equal(await redis.call('EXISTS', key), 0);
  }
});

test('the probe says that there is no memory', async () => {
  const own = await startRedis();
  try {
    await own.call('CONFIG', 'SET', 'maxmemory', '1');
    const failed = await own.run('probe', ['rollcall:{0}:probe'], ['rollcall:probe']);
    assert.match(failed[0], /^HSET: .*OOM/);
    assert.deepEqual(failed.filter(text => !/OOM/.test(text)), []);
  } finally {
    await own.stop();
  }
});

test('the probe names a channel or key that is out of reach', async () => {
  const key = 'rollcall:{0}:probe';
  await redis.call('ACL', 'SETUSER', 'mute', 'on', 'nopass', '~rollcall:*', 'resetchannels', '+@all');
  await redis.call('ACL', 'SETUSER', 'blind', 'on', 'nopass', '~other:*', '&rollcall:*', '+@all');
  const ask = async user => {
    const client = await redis.connect();
    await client.call('AUTH', user, 'x');
    const failed = await redis.run('probe', [key], ['rollcall:probe'], client).catch(error => [error.message]);
    client.close();
    return failed;
  };
  const mute = await ask('mute');
  assert.equal(mute.length, 1);
  assert.match(mute[0], /^PUBLISH: /);
  assert.match((await ask('blind'))[0], /NOPERM|No permission|ACL/i);
});

test('the probe tries every command that a script calls', async () => {
  const dir = new URL('../../src/presence/lua/', import.meta.url);
  const used = new Set();
  const tried = new Set();
  for (const file of readdirSync(dir).filter(name => name.endsWith('.lua'))) {
    const text = readFileSync(new URL(file, dir), 'utf8');
    for (const [, command] of text.matchAll(/redis\.call\('([A-Z]+)'/g)) used.add(command);
    if (file === 'probe.lua') for (const [, command] of text.matchAll(/\btry\('([A-Z]+)'/g)) tried.add(command);
  }
  assert.ok(used.size > 10);
  assert.deepEqual([...used].filter(command => !tried.has(command)), []);
});
