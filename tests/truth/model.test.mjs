// SPDX-License-Identifier: ISC
// The judge finds each kind of wrong in histories made by hand, and nothing in those that are right.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chance } from './chance.mjs';
import { judge } from './judge.mjs';
import { Patience } from './patience.mjs';
import { presenceLayer } from './presence.mjs';
import { makeReport, reportText } from './report.mjs';
import { Spans } from './spans.mjs';

const times = {
  ...{ ttl: 5000, heartbeat: 2000, wait: 3000, gap: 3000, leaveGrace: 1000, closedGrace: 2000 },
  ...{ bound: 500, detect: 500, retry: 2000 },
};
const cursor = seq => `aaaaaaaaaaaaaaaa-${seq}`;
const otherCursor = seq => `bbbbbbbbbbbbbbbb-${seq}`;

/* A history that is written down as it happens: ann is followed by fay. Times in ms. */
class Script {
  constructor(over = {}) {
    this.history = { events: [], users: ['ann', 'bob', 'fay'], stalls: [], fault: null, times, ...over };
    this.seq = 1;
  }

  add(event) {
    this.history.events.push({ id: this.history.events.length, ...event });
    return this;
  }

  join(at, { user = 'ann', session = 'ann-tab-1', code = 201, ...more } = {}) {
    const changes = [{ user, status: 'active' }];
    return this.add({
      kind: 'join',
      user,
      session,
      sent: at,
      done: at + 10,
      code,
      body: { session, changes, more: true, cursor: cursor(1) },
      ...more,
    });
  }

  beat(at, status, { user = 'ann', session = 'ann-tab-1', code = 200, ...more } = {}) {
    this.n = (this.n ?? 100) + 1;
    return this.add({
      kind: 'heartbeat',
      user,
      session,
      status,
      n: this.n,
      sent: at,
      done: at + 10,
      code,
      body: { status: status ?? 'active' },
      ...more,
    });
  }

  leave(at, now, more = {}) {
    return this.add({
      kind: 'leave',
      user: 'ann',
      session: 'ann-tab-1',
      now,
      sent: at,
      done: at + 10,
      code: 204,
      ...more,
    });
  }

  /* fay begins to follow: nobody is here. */
  follow(at) {
    return this.poll(at, at + 10, [], { since: undefined, wait: 0 });
  }

  poll(sent, done, told, more = {}) {
    const changes = told.map(([user, status, why = 'beat']) => ({ user, status, why }));
    const body = {
      cursor: cursor(told.length > 0 ? ++this.seq : this.seq),
      more: false,
      resync: false,
      changes,
      ...more.body,
    };
    return this.add({
      kind: 'poll',
      user: 'fay',
      reader: 'fay',
      since: cursor(this.seq - (told.length > 0)),
      wait: 3000,
      sent,
      done,
      code: 200,
      ...more,
      body,
    });
  }

  /* A poll that is waiting when the history ends. */
  waiting(sent, until) {
    return this.add({
      kind: 'poll',
      user: 'fay',
      reader: 'fay',
      since: cursor(this.seq),
      wait: 60000,
      sent,
      done: until,
      code: 'dropped',
    });
  }

  kinds() {
    this.history.events.sort((a, b) => a.sent - b.sent);
    return [...new Set(judge(this.history).findings.map(({ kind }) => kind))];
  }
}

/* Ann joins at 1 s and beats every 2 s until 9 s, as fay is told. */
function annIsHere(script = new Script()) {
  script
    .follow(500)
    .join(1000)
    .poll(510, 1020, [['ann', 'active', 'join']]);
  for (let at = 3000; at <= 9000; at += 2000) script.beat(at);
  return script;
}

const nothing = script => assert.deepEqual(script.kinds(), []);
const finds = (script, kind) =>
  assert.ok(
    script.kinds().includes(kind),
    `${kind} in ${JSON.stringify(judge(script.history).findings.map(({ kind: one, what }) => [one, what]))}`,
  );

describe('Spans', () => {
  const spans = new Spans([
    [5, 7],
    [1, 3],
    [3, 4],
  ]);
  it('merge what touches, and know what they lack', () => {
    assert.deepEqual(spans.pairs, [
      [1, 4],
      [5, 7],
    ]);
    assert.deepEqual(spans.gaps(0, 10), [
      [0, 1],
      [4, 5],
      [7, 10],
    ]);
    assert.deepEqual(spans.gaps(2, 6), [[4, 5]]);
    assert.deepEqual(Spans.never.gaps(2, 6), [[2, 6]]);
  });
  it('tell whether they touch an interval, and when the one before a moment began', () => {
    assert.equal(spans.touches(4.1, 4.9), false);
    assert.equal(spans.touches(4.1, 5), true);
    assert.equal(spans.startBefore(6), 5);
    assert.equal(spans.startBefore(0.5), undefined);
  });
  it('are united and intersected', () => {
    assert.deepEqual(spans.intersect(new Spans([[2, 6]])).pairs, [
      [2, 4],
      [5, 6],
    ]);
    assert.deepEqual(Spans.union([spans, new Spans([[4, 5]])]).pairs, [[1, 7]]);
    assert.deepEqual(Spans.intersection([]).pairs, Spans.always.pairs);
  });
});

describe('Patience', () => {
  const stalls = [[{ from: 1000, to: 1300, late: 280 }], [{ from: 1200, to: 1300, late: 100 }]];
  it('is stretched by every stall within the bound, and by those within what that adds', () => {
    const patience = new Patience(500, stalls);
    assert.equal(patience.due(400), 900);
    assert.equal(patience.due(600), 1480);
    assert.equal(patience.due(1400), 1900);
    assert.equal(patience.oldest(1400), 520);
    assert.equal(patience.oldest(2000), 1500);
  });
  it('lasts until a bound after a fault', () => {
    const patience = new Patience(500, [], { from: 5000, to: 8000 });
    assert.equal(patience.due(4000), 4500);
    assert.equal(patience.due(4600), 8500);
    assert.equal(patience.due(7900), 8500);
    assert.equal(patience.due(8100), 8600);
    assert.equal(patience.oldest(7000), 4500);
    assert.equal(patience.oldest(8600), 8100);
  });
});

describe('Chance', () => {
  it('makes the same choices of the same words, and others of others', () => {
    const draw = (...words) => {
      const chance = new Chance(...words);
      return Array.from({ length: 8 }, () => chance.int(0, 1e6));
    };
    assert.deepEqual(draw(1, 'ann'), draw('1', 'ann'));
    assert.notDeepEqual(draw(1, 'ann'), draw(2, 'ann'));
    assert.notDeepEqual(draw(1, 'ann'), draw(1, 'bob'));
  });
});

describe('a history in which all is told in time', () => {
  it('has no findings', () => {
    nothing(annIsHere().poll(1020, 4020, []).poll(4021, 7021, []).waiting(7022, 9500));
  });
  it('has none if somebody lapses half a second after their lease', () => {
    nothing(
      annIsHere()
        .poll(1020, 4020, [])
        .poll(4021, 7021, [])
        .poll(7022, 10022, [])
        .poll(10023, 13023, [])
        .poll(13024, 14400, [['ann', 'offline', 'lapsed']])
        .waiting(14401, 16000),
    );
  });
  it('has none if the order of two requests cannot be known', () => {
    for (const status of ['active', 'away'])
      nothing(
        annIsHere()
          .beat(9500, 'away', { n: undefined, done: 9600 })
          .beat(9510, 'active', { n: undefined, done: 9590 })
          .poll(1020, 9650, [['ann', status]], { wait: 9000 })
          .waiting(9651, 9700),
      );
  });
});

describe('somebody who is told something untrue', () => {
  it('is found, whether by a change, a list or a reply', () => {
    finds(annIsHere().poll(1020, 2000, [['ann', 'away']]), 'untrue');
    finds(annIsHere().poll(1020, 5000, [['ann', 'offline', 'lapsed']]), 'untrue');
    const list = { kind: 'status', user: 'bob', sent: 3000, done: 3010, code: 200 };
    finds(annIsHere().add({ ...list, body: { cursor: cursor(2), users: [] } }), 'untrue');
    finds(
      annIsHere().add({
        ...list,
        users: ['bob'],
        body: { cursor: cursor(2), users: [{ user: 'bob', status: 'away' }] },
      }),
      'untrue',
    );
    finds(annIsHere().beat(9500, 'away', { body: { status: 'offline' } }), 'untrue');
  });
  it('is found if a lease is cut short', () => {
    finds(annIsHere().poll(1020, 13400, [['ann', 'offline', 'lapsed']], { wait: 20000 }), 'untrue');
  });
  it('is found if a grace is too short, and if a connection that nobody lost ends a session', () => {
    const leaving = () => annIsHere().poll(1020, 9005, [], { wait: 7985 }).leave(9100, false);
    nothing(
      leaving()
        .poll(9006, 10300, [['ann', 'offline', 'leave']])
        .waiting(10301, 10400),
    );
    finds(leaving().poll(9006, 9600, [['ann', 'offline', 'leave']]), 'untrue');
    const closed = { kind: 'closed', user: 'ann', session: 'ann-tab-1', sent: 9100, done: 9100, of: 9000 };
    nothing(
      annIsHere()
        .add({ ...closed, told: 'yes' })
        .poll(1020, 11400, [['ann', 'offline', 'closed']], { wait: 20000 })
        .waiting(11401, 11500),
    );
    finds(
      annIsHere()
        .add({ ...closed, told: 'no' })
        .poll(1020, 11400, [['ann', 'offline', 'closed']], { wait: 20000 }),
      'untrue',
    );
  });
  it('is found if a heartbeat counts that was overtaken', () => {
    const script = annIsHere().beat(9500, 'active').beat(9520, 'away', { n: 1 });
    finds(script.poll(1020, 9600, [['ann', 'away']], { wait: 20000 }), 'untrue');
  });
  it('is found among those who are at the same cursor', () => {
    const script = annIsHere()
      .beat(9500, 'away')
      .poll(1020, 9520, [['ann', 'away']], { wait: 20000 });
    const users = [{ user: 'ann', status: 'active' }];
    finds(
      script.add({
        kind: 'status',
        user: 'bob',
        users: ['ann'],
        sent: 9530,
        done: 9540,
        code: 200,
        body: { cursor: cursor(script.seq), users },
      }),
      'untrue',
    );
  });
  it('is found if a list of members has a stranger, or lacks a member', () => {
    const list = users => ({
      kind: 'members',
      user: 'bob',
      sent: 9500,
      done: 9510,
      code: 200,
      body: { cursor: cursor(9), members: users.map(([user, status]) => ({ user, status })) },
    });
    const all = [
      ['ann', 'active'],
      ['bob', 'offline'],
      ['fay', 'offline'],
    ];
    nothing(annIsHere().add(list(all)));
    finds(annIsHere().add(list(all.slice(0, 2))), 'untrue');
    finds(annIsHere().add({ kind: 'remove', user: 'bob', sent: 8000, done: 8010, code: 204 }).add(list(all)), 'untrue');
  });
});

describe('a change that is told too late or not at all', () => {
  const turned = () => annIsHere().beat(9500, 'away');
  it('is found', () => {
    finds(turned().waiting(1020, 10200), 'missing');
    finds(turned().poll(1020, 10200, [['ann', 'away']], { wait: 20000 }), 'missing');
    finds(annIsHere().leave(9100, true).waiting(1020, 9900), 'missing');
    finds(annIsHere().waiting(1020, 14700), 'missing');
  });
  it('is not, for as long as the follower does not listen', () => {
    nothing(
      turned()
        .poll(1020, 4020, [])
        .poll(14000, 14100, [['ann', 'away']]),
    );
    nothing(turned().waiting(1020, 9800));
  });
  it('is not, if this process stood still, for as long as it did', () => {
    const script = annIsHere(new Script({ stalls: [{ from: 9600, to: 9900, late: 280 }] }));
    nothing(
      script
        .beat(9500, 'away')
        .poll(1020, 10200, [['ann', 'away']], { wait: 20000 })
        .waiting(10201, 10300),
    );
  });
  it('is found if it is a change of the members', () => {
    const removed = () => annIsHere().add({ kind: 'add', user: 'bob', sent: 9500, done: 9510, code: 201 });
    finds(removed().waiting(1020, 10200), 'missing');
    nothing(
      removed()
        .poll(1020, 9520, [], { wait: 20000, body: { refetch: ['members'] } })
        .waiting(9521, 10200),
    );
  });
});

describe('what is told without a reason', () => {
  it('is found if it repeats what was known', () => {
    finds(annIsHere().poll(1020, 5000, [['ann', 'active']], { wait: 20000 }), 'spurious');
  });
  it('is found if an answer is empty before its wait is over', () => {
    finds(annIsHere().poll(1020, 2000, []), 'spurious');
  });
  it('is found if it was not asked for, comes twice, or is more than the limit', () => {
    finds(annIsHere().poll(1020, 5000, [['bob', 'offline']], { users: ['ann'] }), 'spurious');
    const away = ['ann', 'away'];
    finds(annIsHere().beat(4000, 'away').poll(1020, 4020, [away, away]), 'spurious');
    finds(
      annIsHere()
        .beat(4000, 'away')
        .poll(1020, 4020, [away, ['bob', 'offline']], { limit: 1 }),
      'spurious',
    );
  });
  it('is found if a list of those who are here has somebody who is not', () => {
    const list = { kind: 'status', user: 'bob', sent: 500, done: 510, code: 200 };
    finds(annIsHere().add({ ...list, body: { cursor: cursor(1), users: [{ user: 'ann', status: 'offline' }] } }), 'spurious');
    finds(new Script().poll(500, 510, [['ann', 'offline']], { since: undefined, wait: 0 }), 'spurious');
  });
  it('is found if nothing was changed that has to be fetched again', () => {
    finds(annIsHere().poll(1020, 5000, [], { wait: 20000, body: { refetch: ['dms'] } }), 'spurious');
  });
});

describe('a cursor', () => {
  it('that goes back, or is of another epoch, is found', () => {
    finds(
      annIsHere()
        .beat(4000, 'away')
        .poll(1020, 4020, [['ann', 'away']], { body: { cursor: cursor(0) } }),
      'cursor',
    );
    finds(
      annIsHere()
        .beat(4000, 'away')
        .poll(1020, 4020, [['ann', 'away']], { body: { cursor: otherCursor(9) } }),
      'cursor',
    );
    finds(annIsHere().poll(1020, 4020, [['ann', 'active']], { body: { resync: true } }), 'cursor');
  });
});

describe('an answer that nobody expects', () => {
  it('is found: a wrong status, a session that lives after it has left, one that is said to have ended', () => {
    finds(annIsHere().beat(9500, 'active', { code: 503 }), 'unexpected');
    finds(annIsHere().beat(9500, 'active', { code: 403 }), 'unexpected');
    finds(annIsHere().beat(9500, 'active', { code: 410 }), 'unexpected');
    finds(annIsHere().leave(9500, true).beat(9600, 'active'), 'unexpected');
    finds(annIsHere().beat(9500, 'active', { body: { status: 'active', revived: true } }), 'unexpected');
    finds(annIsHere().join(9500, { code: 201 }), 'unexpected');
  });
  it('is found if a poll outlives the one that took its place, unless it may have been overtaken', () => {
    const poll = { user: 'ann', reader: 'ann', session: 'ann-tab-1', wait: 3000 };
    const twice = second =>
      annIsHere()
        .poll(1020, 4020, [], { ...poll, n: 1, discarded: true })
        .poll(second, second + 3000, [], { ...poll, n: 2 });
    finds(twice(1800), 'unexpected');
    nothing(twice(1100).waiting(1020, 5000));
  });
  it('is found if a poll outlives its wait, or the removal of its member', () => {
    finds(annIsHere().poll(1020, 4800, []), 'unexpected');
    const removed = annIsHere().add({ kind: 'remove', user: 'fay', sent: 2000, done: 2010, code: 204 });
    finds(removed.poll(1020, 3000, [], { code: 403, body: undefined }), 'unexpected');
  });
  it('is not found if a heartbeat was under way when its member was removed', () => {
    const removed = annIsHere().add({ kind: 'remove', user: 'ann', sent: 9500, done: 9600, code: 204 });
    nothing(removed.beat(9510, undefined, { body: { status: 'active', revived: true } }));
  });
  it('is not found if a member was removed, or a session had left', () => {
    nothing(annIsHere().leave(9500, true).beat(9600, 'active', { code: 410 }));
    nothing(
      annIsHere()
        .add({ kind: 'remove', user: 'ann', sent: 9500, done: 9510, code: 204 })
        .beat(9600, 'active', { code: 403 }),
    );
  });
});

describe('during a fault', () => {
  const fault = { name: 'x', from: 8000, to: 12000, struck: 10000 };
  const refused = over => {
    const script = annIsHere(new Script({ fault: { ...fault, ...over } }));
    for (const at of [9500, 10500, 11500]) script.beat(at, 'active', { code: 503, body: undefined });
    return script;
  };
  it('errors and lateness are allowed', () => {
    nothing(refused().beat(12100, 'away').waiting(1020, 12500));
    nothing(
      annIsHere(new Script({ fault }))
        .beat(9500, 'away')
        .poll(1020, 12300, [['ann', 'away']], { wait: 20000 }),
    );
  });
  it('nobody is offline because of it, as long as they try again', () => {
    const offline = ['ann', 'offline', 'lapsed'];
    const late = over => refused({ to: 16000, ...over }).poll(1020, 14400, [offline], { wait: 20000 });
    const tried = over => late(over).beat(13500, 'active', { code: 503 }).beat(15500, 'active');
    finds(tried(), 'untrue');
    nothing(late());
    nothing(tried({ unheard: true }));
    nothing(refused({ amnesia: true }).poll(1020, 9000, [offline], { wait: 20000 }));
  });
  it('what is not true at any moment of it is found', () => {
    finds(annIsHere(new Script({ fault })).poll(1020, 9000, [['ann', 'away']], { wait: 20000 }), 'untrue');
  });
  it('what is still wrong after it is found', () => {
    finds(annIsHere(new Script({ fault })).beat(9500, 'away').waiting(1020, 12600), 'missing');
  });
  it('cursors may be given up, unless it says that they survive', () => {
    const resynced = over =>
      annIsHere(new Script({ fault: { ...fault, ...over } })).poll(1020, 9000, [['ann', 'active']], {
        body: { resync: true, cursor: otherCursor(1) },
        wait: 20000,
      });
    nothing(resynced());
    finds(resynced({ resync: false }), 'cursor');
  });
});

describe('with a master of Redis', () => {
  const fault = { name: 'x', from: 8000, to: 12000, struck: 10000, lost: { from: 7000, to: 10000 } };
  const bob = { user: 'bob', session: 'bob-tab-1' };
  const told = (at, over = {}) =>
    annIsHere(new Script({ fault: { ...fault, ...over } }))
      .join(at, bob)
      .poll(1020, at + 20, [['bob', 'active', 'join']], { wait: 20000 })
      .poll(at + 30, at + 1030, [], { wait: 1000 })
      .poll(at + 1040, 9500, [['bob', 'offline', 'lapsed']], { wait: 20000 });
  it('what was done shortly before may be lost', () => nothing(told(7100)));
  it('nothing else is', () => {
    finds(told(6500), 'untrue');
    finds(told(7100, { lost: null }), 'untrue');
  });
});

describe('on several machines', () => {
  const several = over => annIsHere(new Script({ times: { ...times, follow: 1000 }, ...over }));
  const fault = { name: 'x', from: 8000, to: 12000, struck: 10000, writes: true };
  const removal = (user, sent) => ({ kind: 'remove', user, sent, done: sent + 10, code: 204 });
  it('a removal is heard of a little later', () => {
    const poll = done => several().add(removal('fay', 2000)).poll(1020, done, [], { code: 403, body: undefined });
    nothing(poll(3400));
    finds(poll(3700), 'unexpected');
  });
  it('who was let in before it was heard of is gone then', () => {
    const letIn = () =>
      several()
        .add(removal('bob', 8500))
        .join(8900, { user: 'bob', session: 'bob-tab-1' })
        .poll(1020, 8920, [['bob', 'active', 'join']], { wait: 20000, body: { refetch: ['members'] } });
    nothing(letIn().poll(8930, 9300, [['bob', 'offline', 'removed']], { wait: 20000 }));
    finds(letIn().waiting(8930, 12000), 'missing');
  });
  it('writes alone are refused while PostgreSQL is away', () => {
    nothing(several({ fault }).add({ kind: 'add', user: 'bob', sent: 9000, done: 9010, code: 503 }));
    finds(several({ fault }).beat(9500, 'active', { code: 503, body: undefined }), 'unexpected');
    finds(several().add({ kind: 'add', user: 'bob', sent: 9000, done: 9010, code: 503 }), 'unexpected');
  });
});

describe('a further layer', () => {
  /* Ann says "hello" from 5 s on, the others nothing. */
  const words = () => ({
    name: 'words',
    absent: '',
    values: ['', 'hello'],
    read: entry => entry.words ?? '',
    may: (user, value) =>
      new Spans(
        value === 'hello'
          ? [[user === 'ann' ? 5000 : Infinity, Infinity]]
          : [[-Infinity, user === 'ann' ? 5010 : Infinity]],
      ),
    changes: () => Spans.never,
    lapses: () => new Set(),
  });
  const judged = (at, said) => {
    const script = annIsHere();
    script.poll(1020, at, [['ann', 'active']], { wait: 20000 }).waiting(at + 1, at + 1000);
    script.history.events.at(-2).body.changes[0].words = said;
    return judge(script.history, [presenceLayer, words]).findings.map(({ kind }) => kind);
  };
  it('is judged as presence is, and makes an entry news', () => {
    assert.deepEqual(judged(5400, 'hello'), []);
    assert.deepEqual(judged(5400, undefined), ['missing']);
    assert.deepEqual(judged(4000, undefined).slice(0, 1), ['spurious']);
    assert.deepEqual(judged(4000, 'hello').slice(0, 1), ['untrue']);
  });
});

describe('the report', () => {
  it('counts, measures, and traces what led to a finding', () => {
    const script = annIsHere()
      .beat(9500, 'away')
      .poll(1020, 10200, [['ann', 'away']], { wait: 20000 });
    const report = makeReport({ web: 'nginx', seed: 7, seconds: 10 }, script.history, judge(script.history));
    assert.equal(report.holds, false);
    assert.equal(report.counts.missing, 1);
    assert.deepEqual(report.change, { n: 2, p50: 700, p99: 700, worst: 700 });
    assert.match(reportText(report), /FAILS +nginx, seed 7.*1 missing[^]*ann\/ann-tab-1 heartbeat away/);
  });
});
