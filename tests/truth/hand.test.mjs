// SPDX-License-Identifier: ISC
// What may be seen of somebody who says something by hand, and what the judge finds if it is not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { handTruth, seenOf } from './hand.mjs';
import { judge } from './judge.mjs';
import { Patience } from './patience.mjs';

const times = {
  ...{ ttl: 60000, heartbeat: 30000, wait: 30000, gap: 10000, leaveGrace: 1000, closedGrace: 2000 },
  ...{ bound: 500, detect: 500, retry: 2000 },
};
const live = [0, Infinity];

/* Deeds of ann, one after the other, each { at, ...deed }, and how they are answered. */
const course = (...deeds) =>
  deeds.map(({ at, ...deed }, id) => {
    const body = { status: deed.said?.show === 'away' ? 'away' : 'active' };
    return { id, user: 'ann', sent: at, done: at + 10, code: 200, body, ...deed };
  });
const truthOf = (...deeds) => handTruth(course(...deeds), new Patience(times.bound), times);
const say = (at, said, length) => ({ at, kind: 'say', said, length });
const claim = (at, name, said, length) => ({ at, kind: 'claim', name, said: { priority: 5, ...said }, length });

/* What TRUTH allows of NAME at T. */
const at = (truth, t, name, values) => values.filter(value => truth.spans(name, value).has(t));
const texts = (truth, t) => at(truth, t, 'text', ['', 'one', 'two', 'call']);
const modes = (truth, t) => at(truth, t, 'mode', ['plain', 'lower', 'raise', 'hide']);

describe('a state by hand', () => {
  it('is of the highest layer that says something, field by field', () => {
    const base = { show: 'away', text: 'one' };
    const meeting = { name: 'meeting', variant: 'plain', priority: 5, ends: live, text: 'call', dnd: true };
    assert.deepEqual(seenOf({ base, temporary: null, claims: [] }), { mode: 'lower', own: 'lower', dnd: false, text: 'one' });
    assert.deepEqual(seenOf({ base, temporary: null, claims: [meeting] }), { mode: 'lower', own: 'lower', dnd: true, text: 'call' });
    const temporary = { text: 'two', dnd: false, ends: live };
    assert.deepEqual(seenOf({ base, temporary, claims: [meeting] }), { mode: 'lower', own: 'lower', dnd: false, text: 'two' });
    const over = { ...meeting, priority: 8, show: 'active' };
    assert.deepEqual(seenOf({ base, temporary, claims: [over] }), { mode: 'raise', own: 'raise', dnd: false, text: 'call' });
    assert.equal(seenOf({ base: { show: 'invisible' }, temporary: { show: 'auto', ends: live }, claims: [] }).mode, 'plain');
  });

  it('hides the claims of somebody invisible, and keeps those that were seen', () => {
    const base = { show: 'invisible' };
    const one = { name: 'one', priority: 5, ends: live, text: 'call' };
    const of = variant => seenOf({ base, temporary: null, claims: [{ ...one, variant }] }).text;
    assert.deepEqual(['plain', 'frozen', 'unseen'].map(of), ['call', 'call', '']);
  });
});

describe('the course of statuses by hand', () => {
  it('goes on from deed to deed', () => {
    const truth = truthOf(say(1000, { text: 'one', show: 'away' }), say(2000, { show: 'auto' }), { at: 3000, kind: 'unsay', all: true });
    assert.deepEqual([900, 1005, 1500, 2500, 3500].map(t => texts(truth, t)), [[''], ['', 'one'], ['one'], ['one'], ['']]);
    assert.deepEqual([900, 1500, 2500].map(t => modes(truth, t)), [['plain'], ['lower'], ['plain']]);
  });

  it('ends by itself, and uncovers what lies below', () => {
    const truth = truthOf(say(1000, { text: 'one' }), say(1500, { text: 'two', show: 'invisible' }, 2000), claim(2000, 'x', { text: 'call', show: 'active' }, 5000));
    assert.deepEqual([1800, 2500].map(t => [texts(truth, t), modes(truth, t)]), [[['two'], ['hide']], [['two'], ['hide']]]);
    assert.deepEqual(texts(truth, 3700).sort(), ['call', 'two'], 'the second is not exact');
    assert.deepEqual([texts(truth, 5000), modes(truth, 5000)], [['call'], ['raise']], 'a claim of somebody invisible shows when they are back');
    assert.deepEqual([texts(truth, 8000), modes(truth, 8000)], [['one'], ['plain']]);
  });

  it('goes on with what was seen of a claim that ends while its owner is invisible', () => {
    const truth = truthOf(claim(1000, 'x', { text: 'call' }, 4000), say(1500, { show: 'invisible' }), { at: 2000, kind: 'unclaim', name: 'x' });
    assert.deepEqual([2500, 6000].map(t => texts(truth, t)), [['call'], ['']]);
  });

  it('allows both if a deed was not answered', () => {
    const truth = truthOf({ ...say(1000, { text: 'one' }), code: 0 }, say(20000, { dnd: true }));
    assert.deepEqual(texts(truth, 2000), ['', 'one']);
    assert.deepEqual(texts(truth, 25000), ['', 'one']);
    assert.deepEqual(at(truth, 25000, 'dnd', [true, false]), [true]);
  });

  it('begins again with a member who was removed', () => {
    const truth = truthOf(say(1000, { text: 'one', show: 'away' }), { at: 2000, kind: 'remove', code: 204 });
    assert.deepEqual([texts(truth, 3000), modes(truth, 3000)], [[''], ['plain']]);
  });
});

/* What fay is told while ann is here, and says DEEDS by hand: TOLD, [[at, entry]]. Returns the kinds of findings. */
function found(deeds, told, fault = null) {
  const cursor = seq => `aaaaaaaaaaaaaaaa-${seq}`;
  const poll = (sent, done, changes, seq, more = {}) => ({
    ...{ kind: 'poll', user: 'fay', reader: 'fay', since: cursor(seq - 1), wait: 30000, sent, done, code: 200 },
    body: { cursor: cursor(seq), more: false, resync: false, changes },
    ...more,
  });
  const last = told.at(-1)?.[0] ?? 500;
  const events = [
    { kind: 'join', user: 'ann', session: 'ann-1', sent: 100, done: 110, code: 201, body: { session: 'ann-1', changes: [], cursor: cursor(1), more: true } },
    poll(200, 210, [{ user: 'ann', status: 'active', since: 100, why: 'join' }], 2, { since: undefined, wait: 0 }),
    ...told.map(([when, entry], i) => poll(i ? told[i - 1][0] + 1 : 211, when, [{ user: 'ann', ...entry }], i + 3)),
    { ...poll(last + 1, last + 8000, [], told.length + 3), code: 'dropped', body: undefined },
    ...course(...deeds),
  ].sort((a, b) => a.sent - b.sent);
  events.forEach((event, id) => (event.id = id));
  const history = { events, users: ['ann', 'fay'], stalls: [], fault, times };
  return [...new Set(judge(history).findings.map(({ kind }) => kind))];
}

describe('the judge of statuses by hand', () => {
  const away = [say(1000, { show: 'away', text: 'one' }, 3000)];
  const told = [
    [1050, { status: 'away', since: 1020, why: 'beat', text: 'one' }],
    [4060, { status: 'active', since: 4050, why: 'beat' }],
  ];

  it('finds nothing if all is told', () => assert.deepEqual(found(away, told), []));

  it('finds what is not told, be it the beginning or the end', () => {
    assert.deepEqual(found(away, []), ['missing']);
    assert.deepEqual(found([say(1000, { text: 'one' })], []), ['missing']);
    assert.deepEqual(found(away, told.slice(0, 1)), ['missing']);
  });

  it('finds a text that nobody has said, and one that has ended', () => {
    assert.ok(found(away, [[1050, { status: 'away', since: 1020, why: 'beat', text: 'two' }], told[1]]).includes('untrue'));
    assert.ok(found(away, [told[0], [5900, { status: 'active', since: 4050, why: 'beat', text: 'one' }]]).includes('untrue'));
  });

  it('finds somebody invisible who is seen, even if Redis has lost everything', () => {
    const hidden = [say(1000, { show: 'invisible' })];
    const gone = [1050, { status: 'offline', since: 1020, why: 'leave' }];
    const seen = [3000, { status: 'active', since: 3000, why: 'join' }];
    assert.deepEqual(found(hidden, [gone]), []);
    assert.ok(found(hidden, [gone, seen]).includes('untrue'));
    const fault = { name: 'flushall', amnesia: true, from: 2500, struck: 2510, to: 6000 };
    assert.ok(found(hidden, [gone, seen], fault).includes('untrue'));
  });

  it('finds a since that moves with a message', () => {
    const deeds = [say(1000, { text: 'one' })];
    assert.deepEqual(found(deeds, [[1050, { status: 'active', since: 100, why: 'join', text: 'one' }]]), []);
    assert.deepEqual(found(deeds, [[1050, { status: 'active', since: 1020, why: 'join', text: 'one' }]]), ['untrue']);
  });
});
