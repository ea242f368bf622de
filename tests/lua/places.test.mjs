// SPDX-License-Identifier: ISC
// Who is at which place, and what ends that.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { until } from '../lib/until.mjs';
import { NOTHING, Room, said } from './room.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis.stop());

const [S1, S2] = ['session-one', 'session-two'];
const PLACE = 'dm:17';

/** Waits until TOLD has COUNT messages, and returns those from FROM on. */
async function heard(told, count, from = 0) {
  await until(() => told.messages.length >= count, `${count} messages`);
  assert.equal(told.messages.length, count);
  return told.messages.slice(from).sort();
}

/** A room where ann and bob are, and a client that follows what is told of places. */
async function begin(options) {
  const room = new Room(redis, options);
  await room.join('ann', S1);
  await room.join('bob', S2);
  const told = await room.follow(`${room.base}:places`);
  return { room, told };
}

test('a session is at a place until its end, and saying so again moves the end', async () => {
  const { room, told } = await begin();
  const first = await room.at('ann', S1, PLACE, 'typing', { ms: 8000 });
  assert.deepEqual([first.code, first.changed], ['ok', 1]);
  const { things: [was] } = await room.place(PLACE);
  assert.deepEqual([was.user, was.doing, was.session, was.arrived, was.ends],
    ['ann', 'typing', S1, first.now, first.now + 8000]);
  const again = await room.at('ann', S1, PLACE, 'typing', { ms: 9000 });
  assert.equal(again.changed, 0);
  const { things: [is, ...others] } = await room.place(PLACE);
  assert.deepEqual([is.arrived, is.ends, others.length], [was.arrived, again.now + 9000, 0]);
  await room.at('bob', S2, PLACE, 'typing', { ms: 1 });
  await until(async () => (await room.place(PLACE)).who.length === 1, 'the end by time');
  assert.deepEqual(await heard(told, 2), [`+ ${S1} typing ${PLACE}\nann`, `+ ${S2} typing ${PLACE}\nbob`]);
  told.close();
});

test('a renewal of the only thing, and of one among others, does the same', async () => {
  for (const others of [[], ['elsewhere']]) {
    const { room, told } = await begin();
    const at = (ms, more) => room.at('ann', S1, PLACE, 'viewing', { ms, ...more });
    const ends = async () => (await room.place(PLACE)).things.map(one => one.ends);
    const first = await at(20000, { n: 5 });
    for (const other of others) await room.at('ann', S1, other);
    assert.equal((await at(90000, { n: 4 })).changed, '-', 'a lower n is ignored');
    assert.deepEqual(await ends(), [first.now + 20000]);
    const renewed = await at(30000, { n: 5 });
    assert.deepEqual([renewed.code, renewed.changed, await ends()], ['ok', 0, [renewed.now + 30000]]);
    const counted = await at(40000, { n: 7 });
    assert.deepEqual([counted.changed, await ends()], [0, [counted.now + 40000]]);
    await at(50000, { n: 6 });
    assert.deepEqual(await ends(), [counted.now + 40000], 'the n of a renewal counts');
    assert.equal((await at(60000, { asked: counted.now - 9000 })).code, 'late');
    const cut = await at(2000);
    assert.deepEqual([cut.changed, await ends()], [1, [cut.now + 2000]], 'one that ends earlier is told');
    await heard(told, others.length + 2);
    await room.leave('ann', S1);
    assert.equal((await at(30000)).code, 'gone');
    told.close();
  }
});

test('nothing of it moves the workspace, which nobody else hears of', async () => {
  const { room, told } = await begin();
  const others = await room.follow();
  const { head } = await room.changes();
  await room.at('ann', S1, PLACE);
  await room.from('ann', S1, PLACE);
  assert.equal((await room.changes()).head, head);
  await heard(told, 2);
  assert.deepEqual(others.messages, []);
  others.close();
  told.close();
});

test('an earlier end, a stop and another thing there are told; a stop of nothing is not', async () => {
  const { room, told } = await begin();
  await room.at('ann', S1, PLACE, 'viewing', { ms: 60000 });
  assert.equal((await room.at('ann', S1, PLACE, 'viewing', { ms: 5000 })).changed, 1);
  await room.at('ann', S1, PLACE, 'typing');
  assert.equal((await room.from('ann', S1, PLACE, 'typing')).changed, 1);
  assert.equal((await room.from('ann', S1, PLACE, 'typing')).changed, 0);
  assert.deepEqual((await room.place(PLACE)).who, ['ann viewing']);
  assert.equal((await room.from('ann', S1, PLACE)).changed, 1);
  assert.deepEqual((await room.place(PLACE)).who, []);
  await heard(told, 5);
  told.close();
});

test('only a live session can be anywhere', async () => {
  const { room, told } = await begin();
  assert.equal((await room.at('ann', S2, PLACE)).code, 'gone');
  await room.leave('ann', S1);
  assert.equal((await room.at('ann', S1, PLACE)).code, 'gone');
  assert.equal((await room.from('ann', S1, PLACE)).code, 'ok');
  assert.equal((await room.at('bob', S2, PLACE, 'viewing', { asked: 1 })).code, 'late');
  assert.deepEqual((await room.place(PLACE)).who, []);
  told.close();
});

test('what was said before and comes later changes nothing', async () => {
  const { room, told } = await begin();
  await room.at('ann', S1, PLACE, 'typing', { n: 5 });
  assert.equal((await room.from('ann', S1, PLACE, 'typing', 4)).changed, 0);
  assert.equal((await room.from('ann', S1, PLACE, 'typing', 6)).changed, 1);
  assert.equal((await room.at('ann', S1, PLACE, 'typing', { n: 5 })).changed, '-');
  await room.from('ann', S1, PLACE, '', 8);
  await room.at('ann', S1, PLACE, 'viewing', { n: 7 });
  assert.deepEqual((await room.place(PLACE)).who, []);
  // Another place has counts of its own: two requests of one moment may come in any order.
  await room.at('ann', S1, 'dm:18', 'typing', { n: 3 });
  assert.deepEqual((await room.place('dm:18')).who, ['ann typing']);
  await room.at('ann', S1, PLACE, 'typing', { n: 9 });
  assert.deepEqual((await room.place(PLACE)).who, ['ann typing']);
  told.close();
});

test('a stop that overtakes its start wins', async () => {
  const { room, told } = await begin();
  await room.from('ann', S1, PLACE, 'typing', 2);
  assert.equal((await room.at('ann', S1, PLACE, 'typing', { n: 1 })).changed, '-');
  await room.join('ann', S1);
  assert.equal((await room.at('ann', S1, PLACE, 'typing', { n: 1 })).changed, 1, 'a join counts from the start');
  told.close();
});

test('what ends a session ends what it does at places', async () => {
  const ends = {
    leave: room => room.leave('ann', S1),
    lapse: room => room.lapse('ann', S1),
    evict: room => room.evict('ann'),
    invisible: room => room.say('ann', said(1, [0, 'i'])),
    'another lapse of the user': async room => {
      await room.redis.call('ZADD', room.due, 'XX', 1, `${room.ws} ${S1} ann`);
      await room.join('ann', 'session-new', 'away');
    },
  };
  for (const [name, end] of Object.entries(ends)) {
    const { room, told } = await begin();
    await room.at('ann', S1, PLACE, 'typing');
    await room.at('ann', S1, 'ticket:42');
    await room.at('bob', S2, 'ticket:42');
    await heard(told, 3);
    await end(room);
    assert.deepEqual((await room.place(PLACE)).who, [], name);
    assert.deepEqual((await room.place('ticket:42')).who, ['bob viewing'], name);
    assert.deepEqual(await heard(told, 5, 3), [`! ${S1} typing ${PLACE}\nann`, `! ${S1} viewing ticket:42\nann`], name);
    assert.equal(await redis.call('HEXISTS', room.u('ann'), `@${S1}`), 0, name);
    told.close();
  }
});

test('a page that is reloaded stops typing at once, and what else it does within a second', async () => {
  const { room, told } = await begin();
  await room.at('ann', S1, PLACE, 'typing');
  await room.at('ann', S1, 'ticket:42');
  const arrived = (await room.place('ticket:42')).things[0].arrived;
  const { now } = await room.leave('ann', S1, 'grace', { grace: 5000 });
  assert.deepEqual((await room.place(PLACE)).who, []);
  assert.equal((await room.place('ticket:42')).things[0].ends, now + 1000);
  await heard(told, 4);
  await room.join('ann', S1);
  assert.equal((await room.at('ann', S1, 'ticket:42')).changed, 0, 'the next page says it again: nobody saw anything');
  assert.equal((await room.place('ticket:42')).things[0].arrived, arrived);
  told.close();
});

test('a lost connection ends nothing before the session lapses', async () => {
  const { room, told } = await begin();
  await room.at('ann', S1, 'ticket:42');
  await room.leave('ann', S1, 'closed', { grace: 5000, beat: Number.MAX_SAFE_INTEGER });
  assert.deepEqual((await room.place('ticket:42')).who, ['ann viewing']);
  await room.lapse('ann', S1);
  assert.deepEqual((await room.place('ticket:42')).who, []);
  told.close();
});

test('who is invisible is nowhere, and who does not want it told does not type', async () => {
  const { room, told } = await begin();
  await room.say('ann', said(1, [0, 'i']));
  assert.deepEqual(await room.at('ann', S1, PLACE).then(got => [got.code, got.changed]), ['ok', '-']);
  await room.at('bob', S2, PLACE, 'typing');
  await room.at('bob', S2, PLACE, 'viewing');
  await room.say('bob', said(1, [0, '-', ',"typing":false']));
  assert.deepEqual((await room.place(PLACE)).who, ['bob viewing']);
  assert.equal((await room.at('bob', S2, PLACE, 'typing')).changed, '-');
  await room.say('bob', said(2, [0, '-', ',"text":"\\",\\"typing\\":false"']));
  assert.equal((await room.at('bob', S2, PLACE, 'typing')).changed, 1, 'a text that looks like it is none');
  await room.say('ann', said(2, NOTHING));
  assert.equal((await room.at('ann', S1, PLACE)).changed, 1);
  told.close();
});

test('of whom it is not known whether they are invisible is nowhere', async () => {
  const { room, told } = await begin();
  await room.say('ann', said(100, [0, 'i']));
  await redis.call('DEL', room.state);
  assert.equal((await room.at('ann', S1, PLACE)).changed, '-');
  assert.deepEqual((await room.place(PLACE)).who, []);
  await room.beat('ann', S1, 'away', { said: '' });
  assert.equal((await room.at('ann', S1, PLACE)).changed, 1);
  told.close();
});

test('a session is at so many places, and a user does so many things', async () => {
  const { room, told } = await begin();
  await room.join('ann', S2);
  for (let i = 0; i < 3; i++) assert.equal((await room.at('ann', S1, `p${i}`, 'viewing', { places: 3 })).code, 'ok');
  assert.equal((await room.at('ann', S1, 'p3', 'viewing', { places: 3 })).code, 'full');
  assert.equal((await room.at('ann', S1, 'p2', 'typing', { places: 3 })).code, 'ok', 'it is there already');
  assert.equal((await room.at('ann', S2, 'p3', 'viewing', { things: 4 })).code, 'full');
  await room.from('ann', S1, 'p0');
  assert.equal((await room.at('ann', S2, 'p3', 'viewing', { things: 4 })).code, 'ok');
  assert.equal((await room.at('ann', S2, 'p3', 'viewing', { things: 4 })).code, 'ok', 'a renewal is no more');
  told.close();
});

test('all sessions of a user can be taken from a place', async () => {
  const { room, told } = await begin();
  await room.join('ann', S2);
  await room.at('ann', S1, PLACE, 'typing');
  await room.at('ann', S2, PLACE);
  await room.at('ann', S2, 'dm:18');
  assert.equal((await room.from('ann', '', PLACE)).changed, 1);
  assert.deepEqual([(await room.place(PLACE)).who, (await room.place('dm:18')).who], [[], ['ann viewing']]);
  told.close();
});

test('many renewals in one call move the ends, and tell nobody', async () => {
  const { room, told } = await begin();
  const ends = async place => (await room.place(place)).things.map(one => one.ends);
  await room.join('ann of  the north', S1);
  const { now } = await room.at('ann', S1, PLACE, 'typing', { ms: 8000, n: 5 });
  await room.at('ann', S1, 'elsewhere', 'viewing', { ms: 8000 });
  await room.at('ann of  the north', S1, '/wiki/Über uns 1 2', 'in-a-call', { ms: 8000 });
  const got = await room.stay([
    { user: 'ann', session: S1, doing: 'typing', place: PLACE, rest: 90000, told: 5, n: 7 },
    { user: 'ann', session: S1, doing: 'viewing', place: 'elsewhere', rest: 20000 },
    { user: 'ann of  the north', session: S1, doing: 'in-a-call', place: '/wiki/Über uns 1 2', rest: 7000 },
    { user: 'bob', session: S2, doing: 'typing', place: PLACE, rest: 20000 },
    { user: 'eve', session: S2, doing: 'typing', place: PLACE, rest: 20000, told: 1, n: 1 },
  ]);
  assert.equal(got.done, '11=00');
  assert.deepEqual(await ends(PLACE), [got.now + 90000]);
  assert.deepEqual(await ends('elsewhere'), [got.now + 20000]);
  assert.ok((await ends('/wiki/Über uns 1 2'))[0] < now + 9000, 'nothing ends earlier');
  assert.equal((await room.at('ann', S1, PLACE, 'typing', { n: 6 })).changed, '-', 'its n counts');
  await heard(told, 3);
  told.close();
});

test('a renewal that was overtaken does nothing, and one of what is over begins nothing', async () => {
  const { room, told } = await begin();
  const stay = async more => {
    const before = (await room.place(PLACE)).things;
    const { done } = await room.stay([{ user: 'ann', session: S1, doing: 'typing', place: PLACE, rest: 90000, ...more }]);
    return [done, JSON.stringify((await room.place(PLACE)).things) === JSON.stringify(before)];
  };
  await room.at('ann', S1, PLACE, 'typing', { ms: 8000, n: 5 });
  assert.deepEqual(await stay({ told: 3, n: 4 }), ['=', true], 'a later one was told');
  assert.deepEqual(await stay({ told: 6, n: 7 }), ['1', false], 'the session counts from the start again, and goes on');
  assert.deepEqual(await stay({ told: 5, n: 5, rest: 95000 }), ['1', false], 'its own count stays');
  assert.deepEqual(await stay({ told: 5, n: 5, rest: 20000 }), ['=', true], 'what is not later ends nothing earlier');
  const before = (await heard(told, 1)).length;
  assert.deepEqual(await stay({ told: 5, n: 6, rest: 20000 }), ['=', false], 'what is later does');
  await heard(told, before + 1);
  await redis.call('DEL', `${room.base}:at:${PLACE}`);
  assert.deepEqual(await stay({ told: 6, n: 6, rest: 95000 }), ['0', true], 'an evicted set');
  await room.at('ann', S1, PLACE, 'typing', { ms: 8000, n: 7 });
  await room.from('ann', S1, PLACE, 'typing', 8);
  assert.deepEqual(await stay({ told: 7, n: 9 }), ['0', true]);
  await room.leave('ann', S1);
  assert.deepEqual(await stay({}), ['0', true]);
  told.close();
});

test('what goes on for long keeps its set and its entry among the places', async () => {
  const { room, told } = await begin();
  await room.at('ann', S1, PLACE, 'typing', { ms: 8000 });
  for (const key of [`${room.base}:at:${PLACE}`, `${room.base}:places`]) await redis.call('PEXPIRE', key, 9000);
  await room.stay([{ user: 'ann', session: S1, doing: 'typing', place: PLACE, rest: 200000 }]);
  for (const key of [`${room.base}:at:${PLACE}`, `${room.base}:places`]) assert.ok(await redis.call('PTTL', key) > 500000, key);
  told.close();
});

test('an evicted set comes back with the next renewal', async () => {
  const { room, told } = await begin();
  await room.at('ann', S1, PLACE);
  await redis.call('DEL', `${room.base}:at:${PLACE}`, `${room.base}:places`);
  assert.equal((await room.at('ann', S1, PLACE)).changed, 1);
  assert.deepEqual([(await room.place(PLACE)).who, await room.places()], [['ann viewing'], [PLACE]]);
  told.close();
});

test('names and ids with spaces and in any script stay what they are', async () => {
  const { room, told } = await begin();
  await room.join('ann of  the north', S1);
  await room.at('ann of  the north', S1, '/wiki/Über uns 1 2', 'in-a-call');
  assert.deepEqual((await room.place('/wiki/Über uns 1 2')).who, ['ann of  the north in-a-call']);
  assert.deepEqual(await room.places(), ['/wiki/Über uns 1 2']);
  await room.lapse('ann of  the north', S1);
  assert.deepEqual((await room.place('/wiki/Über uns 1 2')).who, []);
  told.close();
});

test('what is over is not kept for ever', async () => {
  const { room, told } = await begin();
  for (let i = 0; i < 130; i++) {
    await room.at('ann', S1, `p${i}`, 'viewing', { n: i + 1 });
    await room.from('ann', S1, `p${i}`, '', i + 1);
  }
  const lines = (await redis.call('HGET', room.u('ann'), `@${S1}`)).split('\n').length - 1;
  assert.ok(lines <= 102, `${lines} lines`);
  await room.at('ann', S1, 'a');
  await room.from('ann', S1, 'a');
  assert.ok(await redis.call('PTTL', `${room.base}:places`) > 0);
  told.close();
});

test('a workspace that is dropped has no places', async () => {
  const { room, told } = await begin({ batch: 2 });
  for (let i = 0; i < 5; i++) await room.at('ann', S1, `p${i}`);
  while (await room.drop() === 1);
  assert.deepEqual(await room.allKeys(), []);
  told.close();
});

test('sessions of people who are somewhere are what they were', async () => {
  const { room, told } = await begin();
  await room.at('ann', S1, PLACE);
  assert.deepEqual((await room.sessions('ann')).sessions.map(one => one.session), [S1]);
  assert.deepEqual(await room.adopt().then(got => got.adopted), 0);
  assert.equal((await room.beat('ann', S1, 'away')).change.status, 'away');
  told.close();
});
