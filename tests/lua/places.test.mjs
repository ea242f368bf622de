// SPDX-License-Identifier: ISC
// Who is at which place, and what ends that.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../lib/redis.mjs';
import { quickOnce, until } from '../lib/until.mjs';
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
    const cut = await at(15000);
    assert.deepEqual([cut.changed, await ends()], [1, [cut.now + 15000]], 'one that ends earlier is told');
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

test('a page that is reloaded stops typing at once, and what else it does within a second', () => quickOnce(async () => {
  const { room, told } = await begin();
  await room.at('ann', S1, PLACE, 'typing');
  await room.at('ann', S1, 'ticket:42');
  const arrived = (await room.place('ticket:42')).things[0].arrived;
  const { now } = await room.leave('ann', S1, 'grace', { grace: 50000 });
  assert.deepEqual((await room.place(PLACE)).who, []);
  assert.equal((await kept(room, 'ann', S1, 'viewing ticket:42')).ends, now + 1000);
  await heard(told, 4);
  await room.join('ann', S1);
  const again = await room.at('ann', S1, 'ticket:42');
  told.close();
  if (again.now >= now + 1000) return again.now - now;
  assert.equal(again.changed, 0, 'the next page says it again: nobody saw anything');
  assert.equal((await room.place('ticket:42')).things[0].arrived, arrived);
  return 0;
}, 999));

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

test('what ends without a count ends for good; with one, the counts tell what was said later', async () => {
  const { room, told } = await begin();
  const viewing = (sign, session) => `${sign} ${session} viewing ${PLACE}\nann`;
  const says = async (sign, fn) => {
    await room.at('ann', S1, PLACE, 'viewing', { n: 1 });
    await until(() => told.messages.at(-1) === viewing('+', S1), 'its beginning is told');
    await fn();
    await until(() => told.messages.at(-1) !== viewing('+', S1), 'its end is told');
    assert.equal(told.messages.at(-1), viewing(sign, S1));
    await room.from('ann', '', PLACE);
    await room.join('ann', S1); // counts from the start
  };
  await says('-', () => room.from('ann', S1, PLACE, 'viewing', 2));
  await says('!', () => room.from('ann', S1, PLACE, 'viewing'));
  await says('!', () => room.from('ann', S1, PLACE));
  await says('!', () => room.from('ann', '', PLACE));
  await says('-', () => room.at('ann', S1, PLACE, 'viewing', { ms: 2000, n: 2 }));
  await says('!', () => room.at('ann', S1, PLACE, 'viewing', { ms: 2000 }));
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

// Before, between and after what else the session does; one of the places ends as the line of the thing does.
const BESIDE = [[[], []], [[], ['elsewhere']], [['elsewhere'], []], [[`a typing ${PLACE}`, 'elsewhere'], [`b typing ${PLACE}`]]];

/** A room where ann types at PLACE for MS with count 5, and is at the places of BEFORE and AFTER. */
async function amid([before, after], ms) {
  const { room, told } = await begin();
  for (const other of before) await room.at('ann', S1, other, 'viewing', { ms, n: 1 });
  await room.at('ann', S1, PLACE, 'typing', { ms, n: 5 });
  for (const other of after) await room.at('ann', S1, other, 'viewing', { ms, n: 1 });
  await heard(told, before.length + 1 + after.length);
  return { room, told };
}

test('many renewals in one call leave the other lines as they are, and cost three commands each', async () => {
  const [seconds] = await redis.call('TIME');
  const ms = 150000 - (seconds % 100) * 1000; // what is renewed every 100 s is not renewed here
  for (const beside of BESIDE) {
    const { room, told } = await amid(beside, ms);
    const lines = async () => (await redis.call('HGET', room.u('ann'), `@${S1}`)).split('\n');
    const calls = async () => {
      const stats = await redis.call('INFO', 'commandstats');
      return ['hget', 'hset', 'zadd'].map(name => +(stats.match(`cmdstat_${name}:calls=(\\d+)`)?.[1] ?? 0));
    };
    const before = { lines: await lines(), calls: await calls() };
    const { now, done } = await room.stay([{ user: 'ann', session: S1, doing: 'typing', place: PLACE, rest: ms + 1000, told: 5, n: 7 }]);
    assert.equal(done, '1');
    assert.deepEqual((await calls()).map((n, i) => n - before.calls[i]), [1, 1, 1]);
    const [, arrived] = before.lines[beside[0].length].split(' ');
    before.lines[beside[0].length] = `7 ${arrived} ${now + ms + 1000} typing ${PLACE}`;
    assert.deepEqual(await lines(), before.lines);
    assert.deepEqual((await room.place(PLACE)).things.map(one => one.ends), [now + ms + 1000]);
    told.close();
  }
});

test('a renewal that was overtaken does nothing, and one of what is over begins nothing', async () => {
  for (const beside of BESIDE) {
    const { room, told } = await amid(beside, 8000);
    const stay = async more => {
      const before = (await room.place(PLACE)).things;
      const { done } = await room.stay([{ user: 'ann', session: S1, doing: 'typing', place: PLACE, rest: 90000, ...more }]);
      return [done, JSON.stringify((await room.place(PLACE)).things) === JSON.stringify(before)];
    };
    assert.deepEqual(await stay({ told: 3, n: 4 }), ['=', true], 'a later one was told');
    assert.deepEqual(await stay({ told: 6, n: 7 }), ['1', false], 'the session counts from the start again, and goes on');
    assert.deepEqual(await stay({ told: 5, n: 5, rest: 95000 }), ['1', false], 'its own count stays');
    assert.deepEqual(await stay({ told: 5, n: 5, rest: 20000 }), ['=', true], 'what is not later ends nothing earlier');
    const before = told.messages.length;
    assert.deepEqual(await stay({ told: 5, n: 6, rest: 20000 }), ['=', false], 'what is later does');
    await heard(told, before + 1);
    await redis.call('DEL', `${room.base}:at:${PLACE}`);
    assert.deepEqual(await stay({ told: 6, n: 6, rest: 95000 }), ['0', true], 'an evicted set');
    await room.at('ann', S1, PLACE, 'typing', { ms: 8000, n: 7 });
    await room.from('ann', S1, PLACE, 'typing', 8);
    assert.deepEqual(await stay({ told: 7, n: 9 }), ['0', true]);
    await room.at('ann', S1, PLACE, 'typing', { ms: 1, n: 10 });
    await until(async () => (await room.place(PLACE)).things.length === 0, 'the end by time');
    assert.deepEqual(await stay({ told: 10, n: 11 }), ['0', true]);
    await room.leave('ann', S1);
    assert.deepEqual(await stay({}), ['0', true]);
    told.close();
  }
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

test('a clock that was set back brings nothing back, and what goes on ends when it should', async () => {
  const { room, told } = await begin();
  await room.at('ann', S1, 'over', 'viewing', { ms: 1, n: 3 });
  const { now } = await room.at('ann', S1, PLACE, 'typing', { ms: 200000, n: 4 });
  await room.at('bob', S2, PLACE, 'viewing', { ms: 100000 });
  await room.at('bob', S2, 'over', 'viewing', { ms: 1 });
  await until(async () => (await redis.call('TIME'))[0] * 1000 > now, 'what is over is so');
  const before = (await room.place(PLACE)).things;
  const back = 90000;
  const leap = async ms => {
    const expected = (await room.expire()).now + ms;
    const { now: is, leap: leapt } = await room.expire({ expected, tolerance: 10000 });
    assert.equal(leapt, 1);
    return expected - is;
  };
  const by = await leap(back);
  for (const ms of [back - 1000, back + 1000]) await leap(ms); // as other workers find it
  const after = (await room.place(PLACE)).things;
  assert.equal(after.length, 2);
  for (const [i, { arrived, ends, ...rest }] of after.entries()) {
    const { arrived: arrivedBefore, ends: endsBefore, ...same } = before[i];
    assert.deepEqual(rest, same);
    assert.deepEqual([arrivedBefore - arrived, endsBefore - ends], [by, by]);
  }
  assert.equal(await redis.call('ZCARD', `${room.base}:at:over`), 0);
  assert.equal((await heard(told, 5, 4))[0].replace(/ \S+ \S+ /, ' '), `- ${PLACE}\n${after[0].user}`);
  assert.equal((await room.at('ann', S1, PLACE, 'typing', { ms: 150000, n: 5 })).changed, 0, 'a renewal is one');
  assert.equal((await room.at('bob', S2, 'over')).changed, 1, 'what begins again does');
  await leap(-back);
  assert.equal((await room.place(PLACE)).things.length, 2, 'a leap forward, or a Redis that stood still, moves nothing');
  told.close();
});

test('after a clock was set back, a call moves a portion, and all calls move each thing once', async () => {
  const [batch, back, many] = [4, 90000, 25];
  const { room, told } = await begin({ batch });
  const session = i => `session-${i}-of-many`;
  for (let i = 0; i < many; i++) {
    await room.join(`u${i}`, session(i));
    await room.at(`u${i}`, session(i), 'p', 'viewing', { ms: 200000, n: 1 });
    if (i % 2) await room.at(`u${i}`, session(i), `q${i % 7}`, 'typing', { ms: 100000, n: 2 });
  }
  await room.at('ann', S1, 'over', 'viewing', { ms: 1, n: 3 });
  const all = async () => {
    const found = new Map();
    for (const place of ['p', 'q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'q6', 'over'])
      for (const { user, doing, ends, arrived } of (await room.place(place)).things)
        found.set(`${user} ${doing} ${place}`, { ends, arrived });
    return found;
  };
  await until(async () => !(await all()).has('ann viewing over'), 'what is over is so');
  const before = await all();
  assert.equal(before.size, many + Math.floor(many / 2));
  const moved = async () => {
    const is = await all();
    return [...before].filter(([what, { ends }]) => ends - is.get(what)?.ends === by).length;
  };
  const expected = (await room.expire()).now + back;
  let got = await room.expire({ expected, tolerance: 2000 });
  const by = expected - got.now;
  assert.deepEqual([got.leap, got.taken, got.ended], [1, batch, batch], 'there is more to do');
  assert.ok(await moved() < many / 2, 'the first call does not move all');
  let calls = 1;
  for (let last = 0; await moved() === 0; calls++) {
    got = await room.expire();
    assert.deepEqual([got.leap, got.taken, got.ended], [0, batch, batch]);
    assert.ok(await moved() - last <= 2 * batch, 'nor any other one');
    last = await moved();
  }
  assert.equal((await room.at('bob', S2, 'p', 'viewing', { ms: 60000 })).changed, 1); // as things begin meanwhile
  for (; got.taken === batch; calls++) got = await room.expire();
  assert.ok(calls > many / batch, `${calls} calls`);
  const { now } = got;
  const after = await all();
  const { ends } = after.get('bob viewing p');
  assert.ok(ends > now + 50000 && ends <= now + 60000, 'what began meanwhile ends when it should');
  after.delete('bob viewing p');
  assert.deepEqual([...after.keys()].sort(), [...before.keys()].sort());
  for (const [what, { ends, arrived }] of before) {
    assert.deepEqual([ends - after.get(what).ends, arrived - after.get(what).arrived], [by, by], what);
  }
  assert.equal(await redis.call('EXISTS', `${room.prefix}back:todo`), 0);
  for (let i = 0; i < many; i++) for (const place of ['p', `q${i % 7}`]) await room.from(`u${i}`, session(i), place, '', 9);
  assert.deepEqual([...(await all()).keys()], ['bob viewing p'], 'the sets and what is kept of sessions agree');
  assert.ok(told.messages.some(text => text.startsWith('- ') && text.includes(' q1\n')), 'readers are told');
  told.close();
});

/** Moves all that SESSION of USER does at places by MS. */
async function shiftOne(room, user, session, ms) {
  const list = await redis.call('HGET', room.u(user), `@${session}`);
  const lines = list.trimEnd().split('\n').map(line => line.match(/^(\d+) (\d+) (\d+) (\S+) (.*)$/).slice(1));
  for (const line of lines) {
    const [, arrived, ends, doing, place] = line;
    const at = `${room.base}:at:${place}`;
    await redis.call('ZADD', at, +ends + ms, `${+arrived + ms} ${session} ${doing} ${user}`);
    await redis.call('ZREM', at, `${arrived} ${session} ${doing} ${user}`);
    Object.assign(line, { 1: +arrived + ms, 2: +ends + ms });
  }
  await redis.call('HSET', room.u(user), `@${session}`, lines.map(line => `${line.join(' ')}\n`).join(''));
}

/** Moves what is done at places by the SESSIONS of users by MS, as if it had been said while the clock was ahead by that. */
async function shift(room, sessions, ms) {
  for (const [user, session] of Object.entries(sessions)) await shiftOne(room, user, session, ms);
  for (const place of await redis.call('ZRANGE', `${room.base}:places`, 0, -1))
    await redis.call('ZINCRBY', `${room.base}:places`, ms, place);
}

/** What the hash of USER says of what SESSION does: WHAT is "doing place". */
async function kept(room, user, session, what) {
  const line = (await redis.call('HGET', room.u(user), `@${session}`)).split('\n').find(text => text.endsWith(` ${what}`));
  const [, arrived, ends] = line.split(' ').map(Number);
  return { arrived, ends };
}

test('what begins or is renewed while a set-back is moved stays, and is told', async () => {
  // Set back by more than anything lasts; and by less, when only what begins can be told from what is moved.
  for (const back of [600000, 20000]) {
    const { room, told } = await begin({ batch: 4 });
    const [S3, S4, S5] = ['session-three', 'session-four', 'session-five'];
    for (const [user, session] of [['eve', S3], ['gil', S4], ['kim', S5]]) await room.join(user, session);
    for (let i = 0; i < 20; i++) await room.at('eve', S3, `p${String(i).padStart(2, '0')}`, 'viewing', { ms: 90000 });
    await room.at('ann', S1, 'p99', 'viewing', { ms: 90000, n: 1 });
    await room.at('kim', S5, 'p99', 'typing', { ms: 90000, n: 1 });
    await room.at('gil', S4, 'p99', 'viewing', { ms: 1, n: 1 });
    await until(async () => (await room.place('p99')).who.length === 2, 'what is over is so');
    const old = await kept(room, 'ann', S1, 'viewing p99');
    const { ends: ended } = await kept(room, 'kim', S5, 'typing p99');
    const lists = new Map(await Promise.all(['p00', 'p99'].map(async place =>
      [place, +await redis.call('ZSCORE', `${room.base}:places`, place)])));
    await shift(room, { eve: S3, ann: S1, gil: S4, kim: S5 }, back);
    const { now: began } = await room.expire();
    let got = await room.expire({ expected: began + back, tolerance: 2000 });
    assert.deepEqual([got.leap, got.taken], [1, 4], 'there is more to do');
    assert.deepEqual((await room.place('p99')).who, ['ann viewing', 'kim typing'], 'what was over is so at once');
    const say = (user, session, doing, ms) => room.at(user, session, 'p99', doing, { ms, n: 2 });
    const renewed = await say('ann', S1, 'viewing', 15000);
    const arrived = await say('bob', S2, 'viewing', 60000);
    const again = await say('gil', S4, 'viewing', 15000);
    const another = await say('gil', S4, 'typing', 15000);
    for (const one of [renewed, arrived, again, another]) assert.equal(one.code, 'ok');
    while (got.taken === 4) got = await room.expire();

    const { things } = await room.place('p99');
    const found = Object.fromEntries(things.map(one => [`${one.user} ${one.doing}`, one]));
    assert.deepEqual(Object.keys(found).sort(), ['ann viewing', 'bob viewing', 'gil typing', 'gil viewing', 'kim typing'],
      `by ${back} ms`);
    const times = what => [found[what].arrived, found[what].ends];
    assert.equal(found['ann viewing'].ends, renewed.now + 15000);
    assert.ok(Math.abs(old.arrived - found['ann viewing'].arrived) < 2000, 'what is renewed arrived when it did');
    assert.deepEqual(times('bob viewing'), [arrived.now, arrived.now + 60000]);
    assert.deepEqual(times('gil typing'), [another.now, another.now + 15000]);
    assert.equal(found['gil viewing'].ends, again.now + 15000);
    assert.ok(Math.abs(found['kim typing'].ends - ended) < 2000, 'what was not renewed is moved');
    for (const [what, { user, session, doing, arrived, ends }] of Object.entries(found)) {
      assert.deepEqual(await kept(room, user, session, `${doing} p99`), { arrived, ends }, `what is kept of ${what} agrees`);
      assert.ok(arrived <= got.now, `${what} did not begin in the future`);
    }
    for (const [place, score] of lists)
      assert.ok(Math.abs(await redis.call('ZSCORE', `${room.base}:places`, place) - score) < 9000, `${place} is listed for as long`);
    assert.ok(await redis.call('PTTL', `${room.base}:at:p00`) > 0, 'a set still goes by itself');
    await until(() => told.messages.some(text => /^- \S+ \S+ p99\n/.test(text)), 'its readers are told');
    told.close();
  }
});

test('a clock that is set back again while things are moved moves each by what it has to', async () => {
  const [first, second] = [600000, 50000];
  const { room, told } = await begin({ batch: 4 });
  for (let i = 0; i < 20; i++) await room.at('ann', S1, `p${String(i).padStart(2, '0')}`, 'viewing', { ms: 90000 });
  const all = async () => (await Promise.all(['p01', 'p19'].map(place => room.place(place)))).flatMap(({ things }) => things);
  const before = await all();
  await shift(room, { ann: S1 }, first);
  const { now: began } = await room.expire();
  assert.equal((await room.expire({ expected: began + first, tolerance: 2000 })).taken, 4, 'there is more to do');
  const bob = await room.at('bob', S2, 'p19');
  before.push((await room.place('p19')).things.find(({ user }) => user === 'bob'));
  await shift(room, { ann: S1, bob: S2 }, second);
  for (const field of ['from', 'to']) await redis.call('HINCRBY', `${room.prefix}back`, field, second);
  let got = await room.expire({ expected: bob.now + second, tolerance: 2000 });
  assert.equal(got.leap, 1);
  while (got.taken === 4) got = await room.expire();
  const byArrival = things => things.toSorted((one, other) => one.arrived - other.arrived);
  const [is, was] = [await all(), before].map(byArrival);
  assert.deepEqual(is.map(one => one.user), ['ann', 'ann', 'bob']);
  for (const [i, { user, arrived, ends }] of is.entries())
    assert.ok(Math.abs(ends - was[i].ends) < 4000 && Math.abs(arrived - was[i].arrived) < 4000, `${user}: ${arrived} to ${ends}`);
  told.close();
});

test('what was read as over is not kept', async () => {
  const { room, told } = await begin();
  await room.at('ann', S1, PLACE, 'typing', { ms: 1 });
  await until(async () => (await room.place(PLACE)).things.length === 0, 'the end by time');
  assert.equal(await redis.call('EXISTS', `${room.base}:at:${PLACE}`), 0);
  told.close();
});

test('a workspace leaves the list of those with places some time after its last end', async () => {
  const { room, told } = await begin();
  const { now } = await room.at('ann', S1, PLACE);
  const list = `${room.prefix}placed`;
  for (const [score, name] of [[now - 1, 'over'], [now + 60000, 'other']]) await redis.call('ZADD', list, score, name);
  await room.at('ann', S1, 'elsewhere');
  assert.deepEqual((await redis.call('ZRANGE', list, 0, -1)).map(String).sort(), ['other', room.ws].sort());
  told.close();
});
