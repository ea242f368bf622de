// SPDX-License-Identifier: ISC
// Who is at a place, told by polls and streams: whole sets, to those who ask for them, wherever they ask next.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Events } from '../lib/events.mjs';
import { newSession } from '../lib/person.mjs';
import { asText, beAt, endAt, openDm, peopleOf, typeAt, Watcher } from '../lib/places.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30, wait: 20, rate_limit: 0, leave_grace: 5 };

/** What one poll is told of places: {place: text}; its answer, too. */
async function pollOnce(person, params) {
  const answer = await person.poll({ wait: 0, ...params });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const { places = [], ...rest } = answer.body;
  return { told: Object.fromEntries(places.map(one => [one.place, asText(one.people)])), ...rest };
}

describe('polls with places', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 3, conf });
  });
  after(() => stack?.stop());

  it('are sent whole sets at once when one changes', async () => {
    const [u0, u1, u2] = await peopleOf(stack, 3);
    const watcher = await Watcher.start(u0, ['ticket:42', 'ticket:43']);
    const took = [];
    for (let attempt = 0; attempt < 8; attempt++) { // a busy machine may stand still for once
      const began = performance.now();
      await beAt(u1, u1.at, 'ticket:42');
      took.push(await watcher.knows('ticket:42', 'u1: viewing') - began);
      if (took.at(-1) < 300) break;
      await endAt(u1, u1.at, 'ticket:42');
      await watcher.knows('ticket:42', '');
    }
    assert.ok(Math.min(...took) < atMost(300), `after ${took.join(', ')} ms`);
    await beAt(u1, u1.at, 'ticket:42');
    await beAt(u2, u2.at, 'ticket:42');
    await watcher.knows('ticket:42', 'u1: viewing, u2: viewing');
    await typeAt(u1, u1.at, 'ticket:42');
    await watcher.knows('ticket:42', 'u1: typing viewing, u2: viewing');
    await endAt(u1, u1.at, 'ticket:42');
    await watcher.knows('ticket:42', 'u2: viewing');
    await endAt(u2, u2.at, 'ticket:42');
    await watcher.knows('ticket:42', '');
    assert.deepEqual(watcher.of('ticket:43'), []);
    assert.deepEqual(watcher.changes, []);
    assert.deepEqual(watcher.faults, []);
    await watcher.stop();
  });

  it('are told what is there with the first answer, and nothing twice', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    await beAt(u1, u1.at, 'p');
    const first = await pollOnce(u0, { place: ['p', 'q'] });
    assert.deepEqual(first.told, { p: 'u1: viewing' });
    for (let i = 0; i < 6; i++) {
      const next = await pollOnce(u0, { place: ['p', 'q'], since: first.cursor });
      assert.deepEqual([next.told, next.cursor], [{}, first.cursor]);
    }
    await endAt(u1, u1.at, 'p');
    await until(async () => {
      const { told } = await pollOnce(u0, { place: ['p', 'q'], since: first.cursor });
      return JSON.stringify(told) === '{"p":""}';
    }, 'whichever worker is asked says that nobody is there any more');
  });

  it('know by the cursor alone what its reader was told, and say so to POST too', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    await beAt(u1, u1.at, 'p');
    const first = await pollOnce(u0, { place: 'p' });
    assert.match(first.cursor, /^.{16}-\d+_t[\w-]{8}$/);
    const post = body => u0.ask('POST', 'stream', { body: { wait: 0, ...body } });
    assert.equal((await post({ places: ['p'], since: first.cursor })).body.places, undefined);
    const plain = first.cursor.split('_')[0];
    assert.equal(asText((await post({ places: ['p'], since: plain })).body.places[0].people), 'u1: viewing');
    const { cursor } = await pollOnce(u0, { since: first.cursor });
    assert.equal(cursor, plain, 'who asks for no place knows of none');
    assert.equal((await pollOnce(u0, { place: 'p', since: `${plain}_t0000` })).resync, true);
  });

  it('that begin again are told all that is there', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    await beAt(u1, u1.at, 'p');
    const { cursor } = await pollOnce(u0, { place: 'p' });
    const [, known] = cursor.split('_');
    const again = await pollOnce(u0, { place: 'p', since: `0123456789abcdef-7_${known}` });
    assert.deepEqual([again.resync, again.told, again.cursor], [true, { p: 'u1: viewing' }, cursor]);
  });

  it('that ask for no place, or another one, are not woken', async () => {
    const [u0, u1, u2] = await peopleOf(stack, 3);
    const since = await u0.cursor();
    const others = [u0.poll({ since, wait: 20 }), u0.poll({ since, wait: 20, place: 'q' }), u2.poll({ since, wait: 20, place: 'dm:*' })];
    const watcher = await Watcher.start(u0, ['p']);
    await beAt(u1, u1.at, 'p');
    await watcher.knows('p', 'u1: viewing');
    await endAt(u1, u1.at, 'p');
    await watcher.knows('p', '');
    const woken = await Promise.race([...others, pause(500).then(() => null)]);
    assert.equal(woken, null);
    for (const poll of others) poll.abort();
    await Promise.allSettled(others);
    await watcher.stop();
  });

  it('hear of what ends by itself, and not of renewals', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const watcher = await Watcher.start(u0, ['p']);
    await typeAt(u1, u1.at, 'p', { for: 6 });
    const began = await watcher.knows('p', 'u1: typing');
    await pause(2500);
    const asked = performance.now();
    await typeAt(u1, u1.at, 'p', { for: 6 });
    const renewed = performance.now();
    const ended = await watcher.knows('p', '', 16000);
    assert.ok(ended - asked > 5900 && ended - renewed < 6000 + atMost(4000), `after ${ended - renewed} ms of ${ended - began}`);
    assert.deepEqual(watcher.of('p'), ['u1: typing', '']);
    await watcher.stop();
  });

  it('hear that a session which left does not type any more, but nothing of a reload', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const watcher = await Watcher.start(u0, ['p']);
    await beAt(u1, u1.at, 'p');
    await typeAt(u1, u1.at, 'p');
    await watcher.knows('p', 'u1: typing viewing');
    /* A second after it was left, a place is; a machine that stands still for as long has to try again. */
    for (let attempt = 0; ; attempt++) {
      const began = performance.now();
      await u1.ask('POST', 'leave', { body: { session: u1.at } });
      await until(() => watcher.of('p').at(-1) !== 'u1: typing viewing', 'they do not type any more');
      await u1.join({ session: u1.at });
      await beAt(u1, u1.at, 'p');
      const took = performance.now() - began;
      await pause(1500);
      if (took < 900 || attempt === 8) break;
      await watcher.knows('p', 'u1: viewing');
      await typeAt(u1, u1.at, 'p');
      await watcher.knows('p', 'u1: typing viewing');
    }
    assert.deepEqual(watcher.of('p').slice(-2), ['u1: typing viewing', 'u1: viewing']);
    const leaving = performance.now();
    await u1.ask('POST', 'leave', { body: { session: u1.at } });
    const left = performance.now();
    const gone = await watcher.knows('p', '');
    assert.ok(gone - leaving > 900 && gone - left < atMost(4500), `after ${gone - left} ms`); // a session's grace is longer
    await watcher.stop();
  });

  it('of all conversations tell each to its participants alone', async () => {
    const [u0, u1, u2, u3] = await peopleOf(stack, 4);
    const pair = await openDm(u0, [u1]);
    const group = await openDm(u0, [u1, u2], { name: 'three' });
    const watchers = await Promise.all([u0, u1, u2, u3].map(one => Watcher.start(one, ['dm:*'])));
    await typeAt(u1, u1.at, pair);
    await watchers[0].knows(pair, 'u1: typing');
    await watchers[1].knows(pair, 'u1: typing');
    await typeAt(u1, u1.at, group);
    for (const watcher of watchers.slice(0, 3)) await watcher.knows(group, 'u1: typing');
    await endAt(u1, u1.at, pair);
    await watchers[0].knows(pair, '');
    await watchers[1].knows(pair, '');
    assert.deepEqual(watchers.map(one => one.told.map(({ place }) => place)), [[pair, group, pair], [pair, group, pair], [group], []]);
    await Promise.all(watchers.map(one => one.stop()));
  });

  it('find what is there already in conversations, whichever worker they come to', async () => {
    const [u0, u1, u2] = await peopleOf(stack, 3);
    const pair = await openDm(u0, [u1]);
    await typeAt(u1, u1.at, pair, { for: 60 });
    for (let i = 0; i < 9; i++) {
      const { told, cursor } = await pollOnce(u0, { place: 'dm:*' });
      assert.deepEqual(told, { [pair]: 'u1: typing' });
      assert.deepEqual((await pollOnce(u0, { place: 'dm:*', since: cursor })).told, {});
      assert.deepEqual((await pollOnce(u2, { place: 'dm:*' })).told, {});
    }
    const { cursor } = await pollOnce(u0, { place: 'dm:*' });
    await endAt(u1, u1.at, pair);
    for (let i = 0; i < 9; i++)
      await until(async () => {
        const { told } = await pollOnce(u0, { place: 'dm:*', since: cursor });
        return JSON.stringify(told) === JSON.stringify({ [pair]: '' });
      }, 'it is told that nobody types');
  });

  it('tell a conversation to those who take part in it now', async () => {
    const [u0, u1, u2] = await peopleOf(stack, 3);
    const id = 7001;
    const put = users => stack.adm('PUT', `/workspaces/${u0.ws}/dms/${id}`, { body: { participants: users, name: 'x' } });
    assert.ok((await put(['u0', 'u1'])).status < 300);
    const place = `dm:${id}`;
    const late = await Watcher.start(u2, ['dm:*']);
    const one = await Watcher.start(u1, [place]);
    await typeAt(u0, u0.at, place, { for: 60 });
    await one.knows(place, 'u0: typing');
    assert.ok((await put(['u0', 'u2'])).status < 300);
    await late.knows(place, 'u0: typing');
    await until(() => one.known.size === 0 || one.faults.includes(404), 'who was taken out may know nothing any more');
    await Promise.all([late.stop(), one.stop()]);
  });

  it('leave out typing for those who have turned it off, and invisible users for all', async () => {
    const [u0, u1, u2] = await peopleOf(stack, 3);
    assert.equal((await u0.ask('PUT', 'me/settings', { body: { typing: false } })).status, 200);
    const quiet = await Watcher.start(u0, ['p']);
    const other = await Watcher.start(u2, ['p']);
    await typeAt(u1, u1.at, 'p', { for: 60 });
    await other.knows('p', 'u1: typing');
    await beAt(u1, u1.at, 'p');
    await other.knows('p', 'u1: typing viewing');
    await quiet.knows('p', 'u1: viewing');
    assert.deepEqual(quiet.of('p'), ['u1: viewing']);
    assert.equal((await u1.ask('PUT', 'me/status', { body: { show: 'invisible' } })).status, 200);
    await quiet.knows('p', '');
    await other.knows('p', '');
    await Promise.all([quiet.stop(), other.stop()]);
  });

  it('are told one set in a window, however often it changes', async () => {
    const [u0, u1, ...others] = await peopleOf(stack, 12);
    const watcher = await Watcher.start(u0, ['p']);
    const answers = [];
    for (let attempt = 0; attempt < 4 && !(Math.min(...answers) < 60); attempt++) { // on a slow machine a window may be over each time
      const before = watcher.answers;
      for (let round = 0; round < 10; round++) {
        await Promise.all(others.map(one => (round % 2 ? endAt(one, one.at, 'p') : beAt(one, one.at, 'p'))));
      }
      await beAt(u1, u1.at, 'p');
      await until(() => (watcher.known.get('p') ?? '').endsWith('u1: viewing'), 'the last set');
      answers.push(watcher.answers - before);
      await endAt(u1, u1.at, 'p');
      await watcher.knows('p', '');
    }
    assert.ok(Math.min(...answers) < 60, `${answers} answers for 101 changes`);
    await watcher.stop();
  });
});

describe('streams of events with places', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ web: 'nginx', workers: 2, conf });
  });
  after(() => stack?.stop());

  it('tell sets as they change, and go on from the id of an event', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const pair = await openDm(u0, [u1]);
    const since = await u0.cursor();
    const stream = await Events.open(u0, { since, place: [pair, 'p'] });
    await typeAt(u1, u1.at, pair, { for: 60 });
    const { id, data } = await stream.next('changes', 0);
    assert.equal(id, data.cursor);
    assert.deepEqual(data.places.map(one => [one.place, asText(one.people), one.count]), [[pair, 'u1: typing', 1]]);
    await beAt(u1, u1.at, 'p');
    const second = await stream.next('changes', 1);
    assert.deepEqual(second.data.places.map(one => one.place), ['p']);
    stream.close();
    const next = await Events.open(u0, { since: id, place: [pair, 'p'] });
    const first = await next.next('changes', 0);
    assert.deepEqual(first.data.places.map(one => one.place), ['p'], 'what was told is not told again');
    await endAt(u1, u1.at, pair);
    assert.deepEqual((await next.next('changes', 1)).data.places.map(one => [one.place, one.count]), [[pair, 0]]);
    next.close();
  });

  it('stay silent for everyone else', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const stream = await Events.open(u0, { since: await u0.cursor(), place: 'q' });
    const witness = await Events.open(u1, { since: await u1.cursor(), place: 'p' });
    await beAt(u1, u1.at, 'p');
    await witness.next('changes', 0);
    assert.deepEqual(stream.of('changes'), []);
    stream.close();
    witness.close();
  });

  it('fit many long sets into events', async () => {
    const people = await stack.room(30);
    for (const person of people) person.at = (await person.join({ session: newSession() })).session;
    const names = Array.from({ length: 20 }, (_, i) => `${i}-${'x'.repeat(120)}`);
    await Promise.all(people.map(async one => { for (const name of names) await beAt(one, one.at, name, { for: 300 }); }));
    const stream = await Events.open(people[0], { since: await people[0].cursor(), place: names });
    await until(() => new Set(stream.of('changes').flatMap(({ data }) => (data.places ?? []).map(one => one.place))).size === 20,
      'all sets');
    const told = stream.of('changes').flatMap(({ data }) => data.places ?? []);
    assert.deepEqual([told.length, new Set(told.map(one => one.count))], [20, new Set([30])]);
    for (const { data } of stream.of('changes')) assert.ok(JSON.stringify(data).length < 65536);
    stream.close();
  });
});

describe('a worker that reads a set again', () => {
  it('does not tell the old one to who may know the new one', () =>
    withStack({ proxy: true, conf }, async stack => {
      const [u0, u1] = await peopleOf(stack, 2);
      const watcher = await Watcher.start(u0, ['p']);
      await beAt(u1, u1.at, 'p');
      await watcher.knows('p', 'u1: viewing');
      const { cursor: since } = watcher;
      await endAt(u1, u1.at, 'p');
      await watcher.knows('p', '');
      let release, held = 0;
      const released = new Promise(done => (release = done));
      const isRead = words => words[0] === 'EVALSHA' && words[2] === '1' && words[3].endsWith(':at:p');
      stack.peer.rule = words => (isRead(words) && ++held ? { deliver: (socket, reply) => released.then(() => socket.write(reply)) } : 'pass');
      const said = beAt(u1, u1.at, 'p'); // the same set as before
      await until(() => held > 0, 'it is read again');
      const polled = pollOnce(u0, { place: 'p', since });
      await Promise.race([polled, pause(300)]);
      release();
      await said;
      assert.deepEqual((await polled).told, {});
      await watcher.stop();
    }));
});

describe('a Redis that is lost', () => {
  it('is no reason to tell something wrong', async () => {
    await withStack({ workers: 2, conf }, async stack => {
      const [u0, u1] = await peopleOf(stack, 2);
      const watcher = await Watcher.start(u0, ['p']);
      await beAt(u1, u1.at, 'p');
      await watcher.knows('p', 'u1: viewing');
      await stack.redis('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await stack.redis('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await until(async () => (await u1.ask('DELETE', `places/p?session=${u1.at}`)).status === 204, 'Redis is back');
      await watcher.knows('p', '');
      assert.deepEqual(watcher.of('p'), ['u1: viewing', '']);
      await watcher.stop();
    });
  });
});
