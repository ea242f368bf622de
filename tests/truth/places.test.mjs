// SPDX-License-Identifier: ISC
// What may be done at places, and what the judge finds if it is not told so.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge } from './judge.mjs';
import { Model } from './model.mjs';

const times = {
  ...{ ttl: 60000, heartbeat: 30000, wait: 30000, gap: 10000, leaveGrace: 1000, closedGrace: 2000 },
  ...{ bound: 500, detect: 500, retry: 2000 },
};
const session = 'ann-tab-1';
const cursor = seq => `aaaaaaaaaaaaaaaa-${seq}`;
const ann = (at, kind, more) => ({ user: 'ann', session, kind, sent: at, done: at + 10, code: 204, ...more });
const be = (at, n, length, more) => ann(at, 'at', { place: 'here', doing: 'viewing', n, length, ...more });
const stop = (at, n, more) => ann(at, 'from', { place: 'here', doing: 'viewing', n, ...more });
const join = { ...ann(100, 'join'), code: 201, body: { session, changes: [], cursor: cursor(1), more: true } };
const openDm = { ...ann(150, 'dm', { other: 'bob' }), code: 201, body: { id: 7 } };

function historyOf(events) {
  const all = [join, openDm, ...events].sort((a, b) => a.sent - b.sent).map((event, id) => ({ id, ...event }));
  return { events: all, users: ['ann', 'bob', 'fay'], stalls: [], fault: null, times };
}

/* Of the thing that DEEDS of ann make at PLACE, at each of MOMENTS: in, out or either. */
function courseOf(deeds, moments, place = 'here') {
  const [thing] = new Model(historyOf(deeds)).places.things.get(place) ?? [];
  const is = t => (thing.in.has(t) ? (thing.out.has(t) ? 'either' : 'in') : 'out');
  return thing && moments.map(is);
}

describe('what is done at a place', () => {
  it('begins at once, and ends when its time is over', () => {
    assert.deepEqual(courseOf([be(1000, 1, 5000)], [900, 1005, 3000, 5990, 6100]), ['out', 'either', 'in', 'either', 'out']);
    assert.deepEqual(courseOf([be(1000, 1, 5000), be(4000, 2, 5000)], [5990, 8900, 9100]), ['in', 'in', 'out']);
    assert.deepEqual(courseOf([be(1000, 1, 5000), be(2000, 2, 2000)], [3900, 4100]), ['in', 'out'], 'it is to end sooner');
  });

  it('ends by a stop, in the order of the counts', () => {
    assert.deepEqual(courseOf([be(1000, 1, 5000), stop(2000, 2)], [1900, 2100]), ['in', 'out']);
    assert.deepEqual(courseOf([be(1000, 1, 5000), stop(2000, 2, { doing: undefined })], [2100]), ['out']);
    assert.deepEqual(courseOf([be(1000, 1, 5000), stop(2000, 2, { doing: 'typing' })], [2100]), ['in']);
    assert.equal(courseOf([stop(1000, 2), be(2000, 1, 5000)], []), undefined, 'a stop that has overtaken it');
    assert.deepEqual(courseOf([be(1000, 1, 5000), stop(2000, 2, { code: 0 })], [1900, 2100, 6100]), ['in', 'either', 'out']);
  });

  it('ends with the session, and all but typing a second after a page', () => {
    const leave = now => ann(2000, 'leave', { now });
    const typing = be(1000, 1, 5000, { doing: 'typing' });
    assert.deepEqual(courseOf([be(1000, 1, 5000), leave(true)], [1900, 2100]), ['in', 'out']);
    assert.deepEqual(courseOf([be(1000, 1, 5000), leave(false)], [2100, 3100]), ['in', 'out']);
    assert.deepEqual(courseOf([typing, leave(false)], [1900, 2100]), ['in', 'out']);
    assert.equal(courseOf([leave(true), { ...be(3000, 1, 5000), code: 410 }], []), undefined);
  });

  it('is not of somebody invisible, and no typing of somebody who does not want that told', () => {
    const hide = ann(2000, 'say', { said: { show: 'invisible' }, code: 200, body: { status: 'active' } });
    const settle = ann(2000, 'settings', { typing: false, code: 200 });
    const typing = be(1000, 1, 5000, { doing: 'typing' });
    assert.deepEqual(courseOf([be(1000, 1, 5000), hide], [1900, 2100]), ['in', 'out']);
    assert.equal(courseOf([hide, be(3000, 1, 5000)], []), undefined);
    assert.deepEqual(courseOf([typing, settle], [1900, 2100]), ['in', 'out']);
    assert.deepEqual(courseOf([be(1000, 1, 5000), settle], [2100]), ['in']);
    assert.equal(courseOf([settle, { ...typing, sent: 3000, done: 3010 }], []), undefined);
  });
});

const set = (place, ...people) => ({ place, people: people.map(([user, ...doing]) => ({ user, doing })), count: people.length });

/* What USER, who asks for PLACES and is told of statuses by the join, is told: TOLD, [[at, set]]. Returns the kinds of findings. */
function found(deeds, told, { user = 'fay', places = ['here', 'dm:*'], quiet = false, until = 9000 } = {}) {
  const poll = (sent, done, sets, more) => ({
    ...{ kind: 'poll', user, reader: user, places, quiet, since: cursor(2), wait: 30000, sent, done, code: 200 },
    body: { cursor: cursor(2), more: false, resync: false, changes: [], ...(sets && { places: sets }) },
    ...more,
  });
  const first = poll(200, 210, null, { since: undefined, wait: 0 });
  first.body.changes.push({ user: 'ann', status: 'active', since: 100, why: 'join' });
  const last = told.at(-1)?.[0] ?? 210;
  const events = [
    first,
    ...told.map(([at, ...sets], i) => poll(i ? told[i - 1][0] + 1 : 211, at, sets)),
    { ...poll(last + 1, until), code: 'dropped', body: undefined },
  ];
  return [...new Set(judge(historyOf([...deeds, ...events])).findings.map(({ kind }) => kind))];
}

describe('the judge of places', () => {
  const deeds = [be(1000, 1, 5000), stop(3000, 2)];
  const right = [[1020, set('here', ['ann', 'viewing'])], [3020, set('here')]];
  const typing = [be(1000, 1, 5000, { place: 'dm:7', doing: 'typing' })];
  const typed = [[1020, set('dm:7', ['ann', 'typing'])], [6050, set('dm:7')]];

  it('finds nothing if all is told', () => {
    assert.deepEqual(found(deeds, right), []);
    assert.deepEqual(found(typing, typed, { user: 'bob' }), []);
    assert.deepEqual(found(typing, []), [], 'in a conversation of others');
    assert.deepEqual(found(typing, [], { user: 'bob', quiet: true }), []);
  });

  it('finds what is not told, be it the beginning or the end', () => {
    assert.deepEqual(found(deeds, []), ['missing']);
    assert.deepEqual(found(deeds, right.slice(0, 1)), ['missing']);
    assert.deepEqual(found(typing, typed.slice(0, 1), { user: 'bob' }), ['missing'], 'typing that outlives its time');
  });

  it('finds what is not so, or not to be known', () => {
    assert.ok(found(deeds, [...right, [5000, set('here', ['ann', 'viewing'])]]).includes('untrue'));
    assert.ok(found(deeds, [right[0], [2000, set('here')]]).includes('untrue'));
    assert.ok(found(deeds, [[1020, set('here', ['ann', 'viewing'], ['bob', 'viewing'])], right[1]]).includes('untrue'));
    assert.ok(found(typing, typed).includes('untrue'));
    assert.ok(found(typing, typed, { user: 'bob', quiet: true }).includes('untrue'));
    const read = { kind: 'place', user: 'fay', place: 'dm:7', sent: 2000, done: 2010, code: 200, body: set('dm:7') };
    assert.ok(found([...typing, read], []).includes('untrue'));
  });

  it('finds what is no news, and sets that cannot be', () => {
    assert.deepEqual(found(deeds, [right[0], [2000, right[0][1]], right[1]]), ['spurious']);
    assert.deepEqual(found(deeds, [[600, set('here')], ...right]), ['spurious']);
    assert.deepEqual(found(typing, typed, { user: 'bob', places: ['here'] }), ['spurious']);
    assert.deepEqual(found(deeds, [[1020, { ...right[0][1], count: 2 }], right[1]]), ['unexpected']);
  });
});
