// SPDX-License-Identifier: ISC
// Who is told where people are: whole sets, at once, to those who ask for the place and to nobody else, whichever worker
// they ask.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Dice } from '../lib/dice.mjs';
import { Events } from '../lib/events.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { asText, beAt, endAt, openDm, readAt, typeAt, Watcher } from '../lib/places.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { atMost, until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30, wait: 25, leave_grace: 5 };

async function peopleOf(stack, n) {
  const people = await stack.room(n);
  for (const person of people) person.at = (await person.join()).session;
  return people;
}

const poll = async (person, params) => {
  const { status, body } = await person.poll(params);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};

/* PLACES of a stream's answer: { place: "who" }. */
const toldBy = ({ places = [] }) => Object.fromEntries(places.map(({ place, people }) => [place, asText(people)]));

for (const web of ['lighttpd', 'nginx']) {
  describe(`what is told of places through ${web}`, { concurrency: 8 }, () => {
    let stack;
    before(async () => {
      stack = await startStack({ web, workers: 2, conf });
    });
    after(() => stack?.stop());

    it('that somebody types is there at once, and gone at once, and seq stays', async () => {
      const [u0, u1] = await peopleOf(stack, 2);
      const place = await openDm(u0, [u1]);
      const cursor = await u1.cursor();
      const watcher = await Watcher.start(u1, 'dm:*');
      const [shown, gone] = [[], []];
      for (let i = 0; i < 6; i++) {
        let began = performance.now();
        await typeAt(u0, u0.at, place);
        shown.push((await watcher.knows(place, 'u0: typing')) - began);
        began = performance.now();
        await endAt(u0, u0.at, place, { doing: 'typing' });
        gone.push((await watcher.knows(place, '')) - began);
      }
      /* A busy machine may stand still for some. */
      for (const took of [shown, gone]) assert.ok(Math.min(...took) < atMost(600) && Math.max(...took) < atMost(6000), `${shown} and ${gone} ms`);
      assert.equal(watcher.cursor.split('_')[0], cursor);
      assert.deepEqual(watcher.changes, []);
      assert.deepEqual(watcher.of(place), Array(6).fill(['u0: typing', '']).flat());
    });

    it('a stream of events tells it too', async () => {
      const [u0, u1] = await peopleOf(stack, 2);
      const stream = await Events.open(u1, { place: ['ticket:42', 'dm:*'], since: await u1.cursor() });
      const told = () => stream.events.filter(one => one.event === 'changes').flatMap(one => one.data.places ?? []);
      await beAt(u0, u0.at, 'ticket:42');
      await until(() => asText(told().at(-1)?.people ?? []) === 'u0: viewing', 'the stream tells it');
      const { id } = stream.events.findLast(one => one.event === 'changes');
      await endAt(u0, u0.at, 'ticket:42');
      await until(() => told().at(-1).people.length === 0, 'and that nobody is there');
      assert.deepEqual(told().map(one => one.count), [1, 0]);
      stream.close();
      const again = await Events.open(u1, { place: 'ticket:42' }, { last: id });
      await until(() => again.events.some(one => one.data.places?.[0].people.length === 0), 'from the id of an event it goes on');
      again.close();
    });
  });
}

describe('what is told of places', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf });
  });
  after(() => stack?.stop());

  it('is always the whole set, which replaces what was known', async () => {
    const [u0, u1, u2, reader] = await peopleOf(stack, 4);
    await beAt(u0, u0.at, 'here');
    const first = await poll(reader, { place: 'here', since: await reader.cursor(), wait: 0 });
    assert.deepEqual(toldBy(first), { here: 'u0: viewing' });
    await beAt(u1, u1.at, 'here');
    await beAt(u2, u2.at, 'here');
    await endAt(u0, u0.at, 'here');
    const next = await poll(reader, { place: 'here', since: first.cursor });
    assert.deepEqual(toldBy(next), { here: 'u1: viewing, u2: viewing' });
    assert.equal(next.places[0].count, 2);
    await endAt(u1, u1.at, 'here');
    await endAt(u2, u2.at, 'here');
    const last = await poll(reader, { place: 'here', since: next.cursor });
    assert.deepEqual(last.places, [{ place: 'here', people: [], count: 0 }]);
    assert.equal((await poll(reader, { place: 'here', since: last.cursor, wait: 0 })).places, undefined);
  });

  it('is not told twice, whichever worker the reader asks', async () => {
    const [u0, reader] = await peopleOf(stack, 2);
    const asked = ['a', 'b', 'c'];
    let { cursor } = await poll(reader, { place: asked, since: await reader.cursor(), wait: 0 });
    for (let round = 0; round < 4; round++) {
      const place = asked[round % 3];
      await (round === 3 ? endAt(u0, u0.at, place) : beAt(u0, u0.at, place));
      const news = await poll(reader, { place: asked, since: cursor });
      assert.deepEqual(toldBy(news), { [place]: round === 3 ? '' : 'u0: viewing' });
      cursor = news.cursor;
      const again = await Promise.all(
        Array.from({ length: 12 }, () => poll(reader, { place: asked, since: cursor, wait: 0 })),
      );
      for (const body of again) assert.deepEqual([body.places, body.cursor], [undefined, cursor]);
    }
    assert.equal((await stack.workers()).length, 2);
  });

  it('is known from what GET answers', async () => {
    const [u0, reader] = await peopleOf(stack, 2);
    await beAt(u0, u0.at, 'here');
    const { body } = await reader.ask('GET', 'places/here');
    assert.equal((await poll(reader, { place: 'here', since: body.cursor, wait: 0 })).places, undefined);
    await endAt(u0, u0.at, 'here');
    assert.deepEqual(toldBy(await poll(reader, { place: 'here', since: body.cursor })), { here: '' });
  });

  it('comes with POST as with GET', async () => {
    const [u0, reader] = await peopleOf(stack, 2);
    await beAt(u0, u0.at, '/wiki/Home');
    const { status, body } = await reader.ask('POST', 'stream', {
      body: { since: await reader.cursor(), wait: 0, places: ['/wiki/Home', 'dm:*', '/wiki/Home'] },
    });
    assert.equal(status, 200);
    assert.deepEqual(toldBy(body), { '/wiki/Home': 'u0: viewing' });
  });

  it('is true although what is said again and again is not told to Redis each time', async () => {
    const [u0, u1, reader] = await peopleOf(stack, 3);
    const followers = await Promise.all(Array.from({ length: 32 }, () => Watcher.start(reader, 'here'))); // at both workers
    const ends = async () => {
      const [key] = await stack.redis('KEYS', `rollcall:*:${u0.ws}:at:here`);
      return key ? (await stack.redis('ZRANGE', key, 0, -1, 'WITHSCORES'))[1] : undefined;
    };
    let before;
    await until(async () => {
      before = await ends();
      for (let i = 0; i < 8; i++) await beAt(u0, u0.at, 'here', { for: 5 });
      return (await ends()) === before;
    }, 'both workers remember it, and Redis is not told');
    await until(async () => {
      await beAt(u0, u0.at, 'here', { for: 5 });
      return (await ends()) !== before;
    }, 'two seconds before its end it is');
    for (let i = 0; i < 40; i++) {
      await endAt(u0, u0.at, 'here');
      await beAt(u0, u0.at, 'here');
      assert.equal(await readAt(u1, 'here'), 'u0: viewing', `round ${i}: what was ended and is said again counts`);
    }
    await u0.leave(u0.at);
    await u0.join({ session: u0.at });
    await beAt(u0, u0.at, 'here');
    await until(() => followers.every(one => one.known.get('here') === 'u0: viewing'), 'all know it');
    await beAt(u1, u1.at, 'elsewhere', { for: 2 });
    await until(async () => (await readAt(u1, 'elsewhere')) === '', 'a second and more later');
    assert.equal(await readAt(u1, 'here'), 'u0: viewing', 'a page that was loaded again is there');
  });

  it('lasts as long as was said, though Redis hears of it later and nobody asks', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    await u1.cursor(); // so that a worker has a view
    const key = async () => (await stack.redis('KEYS', `rollcall:*:${u0.ws}:at:here`))[0];
    const ends = async () => +(await stack.redis('ZRANGE', await key(), 0, -1, 'WITHSCORES'))[1];
    const redisNow = async () => {
      const [s, us] = await stack.redis('TIME');
      return s * 1000 + us / 1000;
    };
    await until(async () => {
      await beAt(u0, u0.at, 'here', { for: 5 });
      const before = await ends();
      await beAt(u0, u0.at, 'here', { for: 5 });
      return (await ends()) === before;
    }, 'what is said again is remembered');
    const told = await ends();
    await until(async () => await redisNow() > told - 3500, 'some of the time is over');
    const before = await redisNow();
    await beAt(u0, u0.at, 'here', { for: 5 });
    const after = await redisNow();
    /* A worker may also owe Redis what was said just before that; what it tells of that is no answer to this. */
    await until(async () => await ends() > told + 1000, 'Redis is told in time');
    const end = await ends() - 5000;
    assert.ok(before - atMost(1000) < end && end < after + atMost(1000), `${end - before} ms after it was asked, ${end - after} after the answer`);
  });

  it('may be asked of 20 places', async () => {
    const [u0] = await peopleOf(stack, 1);
    const names = Array.from({ length: 21 }, (_, i) => `p${i}`);
    assert.equal((await u0.poll({ place: names, wait: 0 })).status, 400);
    for (const place of ['', 'x'.repeat(129)]) assert.equal((await u0.poll({ place, wait: 0 })).status, 400);
    assert.equal((await u0.ask('POST', 'stream', { body: { places: [7] } })).status, 400);
    await beAt(u0, u0.at, 'p19');
    assert.deepEqual(toldBy(await poll(u0, { place: names.slice(0, 20), since: await u0.cursor(), wait: 0 })), { p19: 'u0: viewing' });
  });

  it('has nothing of who has stopped before somebody asks (T13)', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const place = await openDm(u0, [u1]);
    await typeAt(u0, u0.at, place);
    await endAt(u0, u0.at, place, { doing: 'typing' });
    const body = await poll(u1, { place: 'dm:*', wait: 0 });
    assert.equal(body.places, undefined);
    assert.deepEqual(toldBy(await poll(u1, { place, wait: 0 })), {});
  });

  it('is of that conversation alone: a group is not the 1:1, and one is not another (T6, T7)', async () => {
    const [u0, bob, u2] = await peopleOf(stack, 3);
    const pair = await openDm(u0, [bob]);
    const group = await openDm(u0, [bob, u2]);
    const all = await Watcher.start(u0, 'dm:*');
    const other = await Watcher.start(u0, pair);
    const outside = await Watcher.start(u2, 'dm:*');
    await typeAt(bob, bob.at, group);
    await all.knows(group, 'u1: typing');
    await outside.knows(group, 'u1: typing');
    await endAt(bob, bob.at, group);
    await typeAt(bob, bob.at, pair);
    await all.knows(pair, 'u1: typing');
    await other.knows(pair, 'u1: typing');
    assert.deepEqual([other.of(group), all.of(pair)], [[], ['u1: typing']]);
    await typeAt(bob, bob.at, group);
    await outside.knows(group, 'u1: typing');
    assert.deepEqual(outside.of(pair), [], 'who is not in the pair hears nothing of it');
  });

  it('is both if somebody types in one and then in another (T17)', async () => {
    const [u0, u1, u2] = await peopleOf(stack, 3);
    const [seven, eight] = [await openDm(u0, [u1]), await openDm(u0, [u2])];
    const watchers = [await Watcher.start(u1, 'dm:*'), await Watcher.start(u2, 'dm:*')];
    const began = performance.now();
    await typeAt(u0, u0.at, seven);
    await typeAt(u0, u0.at, eight);
    const times = [await watchers[0].knows(seven, 'u0: typing'), await watchers[1].knows(eight, 'u0: typing')];
    for (const at of times) assert.ok(at - began < atMost(5000), `${at - began} ms`); // it would end after 8 s
    assert.deepEqual([watchers[0].of(eight), watchers[1].of(seven)], [[], []]);
  });

  it('ends by itself if the client vanishes in the middle (T1)', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const place = await openDm(u0, [u1]);
    const watcher = await Watcher.start(u1, 'dm:*');
    const began = performance.now();
    await typeAt(u0, u0.at, place);
    await watcher.knows(place, 'u0: typing');
    const took = (await watcher.knows(place, '', 16000)) - began;
    assert.ok(took > 7500 && took < atMost(13000), `${took} ms`);
  });

  it('ends with the page that is closed (T2)', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const place = await openDm(u0, [u1]);
    const watcher = await Watcher.start(u1, 'dm:*');
    await typeAt(u0, u0.at, place);
    await watcher.knows(place, 'u0: typing');
    const began = performance.now();
    assert.equal((await u0.leave(u0.at)).status, 204);
    const took = (await watcher.knows(place, '')) - began;
    assert.ok(took < atMost(4500), `${took} ms`); // before the session's grace is over
  });

  it('ends with the page, although a worker owes Redis what was said again before', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const watcher = await Watcher.start(u1, 'here');
    for (let n = 1; n <= 24; n++) await beAt(u0, u0.at, 'here', { n });
    await watcher.knows('here', 'u0: viewing');
    await u0.leave(u0.at);
    await u0.join({ session: u0.at });
    await watcher.knows('here', '', 6000);
    assert.deepEqual(watcher.of('here'), ['u0: viewing', '']);
  });

  it('does not flicker while a page is loaded again, and ends a second after one that is not', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const watcher = await Watcher.start(u1, 'here');
    await beAt(u0, u0.at, 'here');
    await watcher.knows('here', 'u0: viewing');
    const reload = async () => {
      const began = performance.now();
      await u0.leave(u0.at);
      await u0.join({ session: u0.at });
      await beAt(u0, u0.at, 'here');
      return performance.now() - began;
    };
    /* A machine that stands still for the second that this may take has to try again. */
    let from;
    for (let attempt = 0; attempt < 8; attempt++) {
      from = watcher.of('here').length;
      const took = [await reload(), await reload(), await reload()];
      await beAt(u1, u1.at, 'here'); // what was told before this was told by now
      await until(() => /u1: viewing/.test(watcher.known.get('here')), 'this is told');
      if (Math.max(...took) < 900) break;
      await endAt(u1, u1.at, 'here');
      await watcher.knows('here', 'u0: viewing');
    }
    assert.deepEqual(watcher.of('here').slice(from), ['u0: viewing, u1: viewing']);
    const began = performance.now();
    await u0.leave(u0.at);
    const took = (await watcher.knows('here', 'u1: viewing')) - began;
    assert.ok(took > 900 && took < atMost(4500), `${took} ms`);
    await u1.leaveNow(u1.at);
    await watcher.knows('here', '');
  });

  it('is empty soon after the last key, however many stops are lost (T3)', async () => {
    const people = await peopleOf(stack, 11);
    const reader = people.pop();
    const place = await openDm(reader, people);
    const watcher = await Watcher.start(reader, 'dm:*');
    const dice = new Dice(20261126);
    const end = performance.now() + 6000;
    let last = 0;
    await Promise.all(
      people.map(async person => {
        while (performance.now() < end) {
          for (let keys = dice.below(4); keys >= 0; keys--) {
            await typeAt(person, person.at, place, { for: 2 });
            last = performance.now();
          }
          if (dice.below(10) >= 2) await endAt(person, person.at, place, { doing: 'typing' });
        }
      }),
    );
    const gone = (await watcher.knows(place, '')) - last;
    assert.ok(gone < atMost(6000), `${gone} ms after the last key`); // and not after the 8 s of one that is said for as long as usual
    assert.ok(watcher.told.length > 5, `${watcher.told.length} sets`);
    assert.deepEqual(watcher.faults, []);
  });

  it('has nothing of who is invisible, and loses who becomes it', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const place = await openDm(u0, [u1]);
    const watcher = await Watcher.start(u1, ['dm:*', 'here']);
    await beAt(u0, u0.at, 'here');
    await watcher.knows('here', 'u0: viewing');
    assert.equal((await u0.ask('PUT', 'me/status', { body: { show: 'invisible' } })).status, 200);
    await watcher.knows('here', '');
    await beAt(u0, u0.at, 'here');
    await typeAt(u0, u0.at, place);
    await beAt(u1, u1.at, 'here');
    await watcher.knows('here', 'u1: viewing');
    assert.deepEqual([watcher.of('here'), watcher.of(place)], [['u0: viewing', '', 'u1: viewing'], []]);
  });

  it('is as the settings of both say (T12)', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const place = await openDm(u0, [u1]);
    const [watcher, quiet] = [await Watcher.start(u1, place), await Watcher.start(u0, place)];
    assert.equal((await u0.ask('PUT', 'me/settings', { body: { typing: false } })).status, 200);
    await typeAt(u0, u0.at, place);
    await typeAt(u1, u1.at, place);
    await watcher.knows(place, 'u1: typing');
    await beAt(u1, u1.at, place);
    await quiet.knows(place, 'u1: viewing');
    assert.deepEqual(quiet.of(place), ['u1: viewing']);
    for (const text of watcher.of(place)) assert.doesNotMatch(text, /u0/);
  });

  it('ends with the right to know it', async () => {
    const [u0, u1, u2] = await peopleOf(stack, 3);
    const place = await openDm(u0, [u1, u2], { name: 'Plan' });
    const watcher = await Watcher.start(u2, 'dm:*');
    await typeAt(u0, u0.at, place, { for: 300 });
    await watcher.knows(place, 'u0: typing');
    const path = `/workspaces/${u0.ws}/dms/${place.slice(3)}`;
    assert.equal((await stack.adm('PUT', path, { body: { participants: ['u0', 'u1'], name: 'Plan' } })).status, 200);
    await typeAt(u1, u1.at, place);
    await endAt(u0, u0.at, place);
    assert.equal(await readAt(u1, place), 'u1: typing');
    const other = await openDm(u1, [u2]);
    await typeAt(u1, u1.at, other);
    await watcher.knows(other, 'u1: typing');
    for (const text of watcher.of(place).slice(1)) assert.equal(text, '', 'nothing of it is told any more');
  });

  it('ends for who was away while the conversation was deleted', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const place = await openDm(u0, [u1]);
    await typeAt(u0, u0.at, place, { for: 300 });
    const { cursor, places } = await poll(u1, { place: ['dm:*', 'here'], wait: 0 });
    assert.deepEqual(toldBy({ places }), { [place]: 'u0: typing' });
    assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}/dms/${place.slice(3)}`)).status, 204);
    for (let i = 0; i < 8; i++) {
      const { places: gone, cursor: next } = await poll(u1, { place: ['dm:*', 'here'], since: cursor, wait: 0 });
      assert.deepEqual(gone, [{ place, people: [], count: 0 }], 'at either worker');
      assert.equal((await poll(u1, { place: ['dm:*', 'here'], since: next, wait: 0 })).places, undefined);
    }
  });

  it('comes with changes of statuses, and those come without it', async () => {
    const [u0, u1, reader] = await peopleOf(stack, 3);
    const watcher = await Watcher.start(reader, 'here');
    const plain = await reader.follow();
    await beAt(u0, u0.at, 'here');
    await u1.beat(u1.at, { status: 'away' });
    await watcher.knows('here', 'u0: viewing');
    await until(() => watcher.changes.some(one => one.user === 'u1' && one.status === 'away'), 'the change is told');
    await plain.saw('u1', 'away');
    await plain.stop();
  });
});

describe('what Redis has lost of places with everything else', () => {
  it('is told to have ended, and is there again once it is said again', () =>
    withStack({ workers: 2, conf }, async stack => {
      const [u0, reader] = await peopleOf(stack, 2);
      const watcher = await Watcher.start(reader, 'here');
      const say = () => beAt(u0, u0.at, 'here', { for: 300 });
      await say();
      await watcher.knows('here', 'u0: viewing');
      await stack.redis('FLUSHALL');
      await watcher.knows('here', '');
      await u0.join({ session: u0.at });
      await say();
      await watcher.knows('here', 'u0: viewing');
      assert.equal(await readAt(reader, 'here'), 'u0: viewing');
    }));
});

describe('whom a place does not concern', () => {
  it('is not woken by it: 5,000 polls wait through 100 rounds of typing', { timeout: 240000 }, () =>
    withStack({ workers: 2, auth: ['token', 'remote_user'], conf: { ...conf, wait: 300 } }, async stack => {
      const many = 5000;
      const people = await stack.people('acme', 'u', 102);
      const [ann, reader] = people.slice(100).map(user => stack.as(user, 'acme'));
      const { session } = await ann.join();
      const place = await openDm(ann, [reader]);
      const watcher = await Watcher.start(reader, 'dm:*');
      const cursor = await ann.cursor();
      const asked = ['', '&place=elsewhere', '&place=dm:*'];
      const connections = [];
      for (let i = 0; i < many; i++) {
        const connection = await fcgi.Connection.open(stack.address);
        const target = `/v1/workspaces/acme/stream?since=${cursor}${asked[i % 3]}`;
        const over = { REMOTE_USER: people[i % 100], AUTH_TYPE: 'Basic' };
        connection.send(fcgi.requestBytes({ params: fcgi.variables('GET', target, { over }) }));
        connections.push(connection);
      }
      await until(async () => (await stack.parked()) === many + 1, 'they wait', 60000);
      const before = await stack.metric('rollcall_place_wakeups_total');
      for (let i = 0; i < 100; i++) {
        await typeAt(ann, session, place);
        await watcher.knows(place, `${ann.user}: typing`);
        await endAt(ann, session, place);
        await watcher.knows(place, '');
      }
      assert.equal(connections.filter(one => one.input.length > 0 || one.records.length > 0).length, 0);
      assert.equal(await stack.metric('rollcall_place_wakeups_unconcerned_total'), 0);
      assert.ok((await stack.metric('rollcall_place_wakeups_total')) - before <= 200);
      await until(async () => (await stack.parked()) === many + 1, 'they still wait');
      for (const connection of connections) connection.socket.destroy();
    }));
});
