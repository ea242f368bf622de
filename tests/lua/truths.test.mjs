// SPDX-License-Identifier: ISC
// What many users really are, in one call.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { Room, said } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

const S1 = 'session-one';
const DND = ',"dnd":true';

async function words(room, users, place) {
  const keys = [room.due, room.state, ...(place ? [`${room.base}:at:${place}`] : [])];
  const [now, ...rest] = (await redis.run('truths', keys, [room.ws, 2000, ...users])).split(' ');
  assert.ok(+now > 0);
  return rest.join(' ');
}

test('each is what they are, in the order in which they are asked for', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'active');
  await room.join('bob', S1, 'away');
  await room.say('cid', said(100, [0, '-', DND]));
  assert.equal(await words(room, ['dan', 'cid', 'bob', 'ann', 'ann']), 'o od0 w a a');
  assert.equal(await words(room, []), '');
});

test('of who is invisible the sessions count, and what they say by hand', async () => {
  for (const [status, mode, expected] of [['active', 'i', 'ai'], ['away', 'i', 'wi'], ['active', 'ia', 'wi'], ['away', 'ir', 'ai'],
    [null, 'i', 'oi'], [null, 'ip', 'ai']]) {
    const room = new Room(redis);
    await room.say('ann', said(100, [0, mode]));
    if (status) await room.join('ann', S1, status);
    assert.equal(await words(room, ['ann']), expected, `${status} ${mode}`);
  }
});

test('it is told until when somebody does not want to be disturbed', async () => {
  for (const [lines, expected] of [
    [[[0, '-', DND]], 'od0'],
    [[[1900000000000, '-', DND], [0, '-']], 'od1900000000000'],
    [[[1900000000000, '-', `${DND},"text":"a"`], [1900000000005, 'a', DND], [0, '-', ',"text":"b"']], 'od1900000000005'],
    [[[1900000000000, '-'], [0, '-', DND]], 'o'],
    [[[0, '-', ',"text":",\\"dnd\\":true"']], 'o'],
  ]) {
    const room = new Room(redis);
    await room.say('ann', said(100, ...lines));
    assert.equal(await words(room, ['ann']), expected, JSON.stringify(lines));
  }
});

test('who is at the place is there', async () => {
  const room = new Room(redis);
  for (const user of ['ann', 'bob', 'c d']) await room.join(user, S1, 'away');
  await room.at('ann', S1, 'dm:7', 'typing');
  await room.at('c d', S1, 'dm:7');
  await room.at('bob', S1, 'dm:8');
  assert.equal(await words(room, ['ann', 'bob', 'c d'], 'dm:7'), 'wl w wl');
  assert.equal(await words(room, ['ann', 'bob', 'c d']), 'w w w');
  await room.from('ann', S1, 'dm:7');
  assert.equal(await words(room, ['ann'], 'dm:7'), 'w');
});

test('a state that cannot be read is not believed: the sessions are', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'away');
  await redis.call('HSET', room.state, 'ann', 'nonsense');
  assert.equal(await words(room, ['ann']), 'w');
});

test('it changes nothing, and takes 500 users', async () => {
  const room = new Room(redis);
  await room.join('ann', S1, 'active');
  const { head } = await room.changes();
  const users = Array.from({ length: 500 }, (_, i) => `user-${i}`);
  assert.equal(await words(room, [...users.slice(1), 'ann']), `${'o '.repeat(499)}a`);
  assert.equal((await room.changes()).head, head);
});
