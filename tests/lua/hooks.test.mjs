// SPDX-License-Identifier: ISC
// How far webhooks have come, whose turn it is to deliver, and what is asked of who does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { until } from '../lib/until.mjs';
import { Room } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

let places = 0;

/** A place of its own for turns and asks. */
function begin() {
  const [turn, asks] = ['turn', 'asks'].map(name => `rollcall:{0.${++places}}:hook-${name}`);
  return {
    turn,
    async take(owner, ms = 10000, ...done) {
      const [now, held, ...rest] = await redis.run('hook_turn', [turn, asks], [owner, ms, ...done]);
      return { now, held, asks: rest };
    },
    ask: (text, most = 10) => redis.run('hook_ask', [asks], [text, most, 60000]),
  };
}

test('one has the turn, until its time is over or it gives it back', async () => {
  const it = begin();
  assert.equal((await it.take('a')).held, 1);
  assert.equal((await it.take('b')).held, 0);
  assert.equal((await it.take('a', 200)).held, 1);
  await until(async () => (await it.take('b')).held === 1, 'its time is over');
  assert.equal((await it.take('a', 0)).held, 0, 'only the owner gives it back');
  assert.equal((await it.take('a')).held, 0);
  await it.take('b', 0);
  assert.equal((await it.take('a')).held, 1);
});

test('what is asked is told to who has the turn until it is done', async () => {
  const it = begin();
  assert.equal(await it.ask('test crm'), 1);
  const { asks: [text, stamp, ...others] } = await it.take('a');
  assert.deepEqual([text, others], ['test crm', []]);
  assert.deepEqual((await it.take('b', 10000, text, stamp)).asks, [], 'nobody else does it');
  await it.ask('test crm'); // meanwhile, once more
  const again = await it.take('a', 10000, text, stamp);
  assert.equal(again.asks[0], 'test crm');
  assert.notEqual(again.asks[1], stamp);
  assert.deepEqual((await it.take('a', 10000, ...again.asks)).asks, []);
});

test('no more is asked than there is room for', async () => {
  const it = begin();
  assert.equal(await it.ask('test a', 1), 1);
  assert.equal(await it.ask('test b', 1), 0);
  assert.equal(await it.ask('test a', 1), 1, 'the same again takes no room');
});

test('a state is kept with its workspace, and goes with it', async () => {
  const room = new Room(redis);
  const hooks = `${room.base}:hooks`;
  const set = (id, json) => redis.run('hook_set', [room.meta, hooks], [id, json]);
  const read = async () => (await redis.run('hooks', [room.meta, hooks], [])).slice(1);
  assert.equal(await set('crm', '{}'), 0, 'the workspace is not there');
  assert.deepEqual(await read(), ['', 0]);
  await room.join('ann', 'session-one');
  assert.equal(await set('crm', '{"attempt":1}'), 1);
  const [epoch, seq, ...rows] = await read();
  assert.deepEqual([epoch, seq, rows], [room.fresh, 1, ['crm', '{"attempt":1}']]);
  await set('crm', '');
  assert.equal((await read()).length, 2);
  await set('crm', '{"attempt":1}');
  await redis.run('drop', [room.due, room.state, room.changed, room.meta, room.ends], [room.prefix, room.ws, 256, '']);
  assert.deepEqual(await read(), ['', 0]);
});
