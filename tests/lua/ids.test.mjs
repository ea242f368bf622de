// SPDX-License-Identifier: ISC
// Ids go through every script as bytes: nothing in them means anything to Lua, JSON, Redis or the scripts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { until } from '../lib/until.mjs';
import { Room } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

const S1 = 'session-one';
const users = ['a b', ' a', 'a ', 'a  b', '"', "'", '\\', '%', '%d%s', '100%25', '.*', '^a$', '[a', '(', 'ü', 'e\u0301',
  '日本', '🙂', ':', '{0}', '}', 'a:u:b', 'state', 'x', '?', '-', 'null', 'session-one', 'room1 session-one ann',
  '\u200b', 'x'.repeat(128), 'é'.repeat(64), '{"status":"away"}'];

test('every user id comes out as it went in, and is nobody else', async () => {
  const room = new Room(redis, { ttl: 50 });
  const channel = await room.follow();
  for (const user of users) assert.equal((await room.join(user, S1, 'away')).change?.status, 'away', user);
  assert.deepEqual((await room.changes()).changes.map(one => one.key), users);
  for (const user of users) assert.equal((await room.sessions(user)).sessions[0].status, 'away', user);
  await until(() => channel.messages.length >= users.length, 'the messages');
  assert.deepEqual(channel.messages.map(message => message.split(' ').slice(5).join(' ')), users);
  for (const user of users.slice(0, 10)) assert.equal((await room.evict(user)).change.why, 'removed');
  for (const user of users.slice(10, 20)) assert.equal((await room.leave(user, S1)).change.why, 'leave');
  for (const user of users.slice(20)) await redis.call('ZADD', room.due, 'XX', 1, `${room.ws} ${S1} ${user}`);
  const got = await room.expire();
  assert.deepEqual([got.changes, got.malformed], [users.length - 20, 0]);
  assert.ok((await room.changes()).changes.every(one => one.status === 'offline'));
  await until(async () => {
    await room.expire();
    return await redis.call('EXISTS', room.due) === 0;
  }, 'the tombstones are due');
  assert.deepEqual(await room.allKeys(), [room.changed, room.meta, room.state].sort());
  channel.close();
});

test('ids that are no text pass as the bytes they are', async () => {
  const room = new Room(redis);
  const client = await redis.connect({ bytes: true });
  const user = Buffer.from([0xff, 0x80, 0xc0, 0xaf, 0xed, 0xa0, 0x80]);
  await room.join(user, S1);
  const keys = [room.state, room.changed, room.meta];
  const [, , , , key, , status] = await redis.run('changes', keys, [room.fresh, 0, 10], client);
  assert.ok(key.equals(user));
  assert.equal(String(status), 'active');
  await redis.call('ZADD', room.due, 'XX', 1, Buffer.concat([Buffer.from(`${room.ws} ${S1} `), user]));
  assert.equal((await room.expire()).changes, 1);
  client.close();
});

test('workspaces and sessions of every allowed kind lapse', async () => {
  const room = new Room(redis);
  for (const ws of ['a', '0', 'A.b-c_d', `9${'z'.repeat(63)}`]) {
    const one = Object.assign(new Room(redis, { asked: '' }), { due: room.due, prefix: room.prefix, ws });
    for (const kind of ['state', 'changed', 'meta']) one[kind] = `${room.prefix}${ws}:${kind}`;
    one.base = room.prefix + ws;
    for (const session of ['--------', '__-__-__', 'A1b2C3d4', 's'.repeat(64)]) {
      await one.join('ann', session);
      await redis.call('ZADD', room.due, 'XX', 1, `${ws} ${session} ann`);
    }
    const got = await one.expire();
    assert.deepEqual([got.taken, got.changes, got.malformed], [4, 1, 0]);
  }
});
