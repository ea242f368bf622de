// SPDX-License-Identifier: ISC
// The stream: what a poll is answered, when, and that nothing is lost or told twice, whatever becomes of its connection.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { newSession, query } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const told = body => body.changes.map(change => [change.user, change.status]);

describe('the stream', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 30, heartbeat: 10, wait: 4, gap: 5, leave_grace: 1, closed_grace: 10 } });
  });
  after(() => stack?.stop());

  it('without a cursor is everything now, at once', async () => {
    const [u0, u1, u2] = await stack.room(3);
    await u0.join();
    await u1.join({ status: 'away' });
    const { body, ms } = await u2.poll();
    assert.deepEqual(told(body).sort(), [
      ['u0', 'active'],
      ['u1', 'away'],
    ]);
    assert.equal(body.more, false);
    assert.ok(ms < atMost(3500), `after ${ms} ms`);
  });

  it('of an empty workspace gives a cursor from which the first change arrives, once', async () => {
    const [u0, u1] = await stack.room(2);
    const first = (await u1.poll()).body;
    assert.deepEqual(first.changes, []);
    const dropped = u1.poll({ since: first.cursor });
    await pause(200);
    dropped.abort();
    await u0.join();
    const next = (await u1.poll({ since: first.cursor })).body;
    assert.deepEqual(told(next), [['u0', 'active']]);
    const after = (await u1.poll({ since: next.cursor, wait: 0 })).body;
    assert.deepEqual(after.changes, []);
    assert.equal(after.cursor, next.cursor);
  });

  it('wakes with a change and says what, since when and why', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const parked = u1.poll({ since: await u1.cursor() });
    await pause(200);
    await u0.beat(session, { status: 'away' });
    const { body, ms } = await parked;
    assert.ok(ms < atMost(3800), `after ${ms} ms`);
    assert.equal(body.resync, false);
    const [{ user, status, since, why }] = body.changes;
    assert.deepEqual([user, status, why], ['u0', 'away', 'beat']);
    assert.ok(Number.isInteger(since) && Math.abs(since - Date.now()) < 60000);
  });

  it('ends empty with its own cursor when it has waited long enough, and waits no longer than the server allows', async () => {
    const [u1] = await stack.room(1);
    const since = await u1.cursor();
    for (const [wait, least, most] of [
      [0, 0, 3500],
      [1, 900, 3800],
      [undefined, 3800, 12000],
      [600, 3800, 12000],
    ]) {
      const { status, body, ms } = await u1.poll({ since, wait });
      assert.equal(status, 200);
      assert.deepEqual([body.changes, body.cursor, body.more, body.resync], [[], since, false, false]);
      assert.ok(ms >= least && ms <= atMost(most), `wait=${wait} took ${ms} ms`);
    }
  });

  it('loses nothing and tells nothing twice when the client resets the connection while it waits', async () => {
    const [u0, u1] = await stack.room(2);
    const since = await u1.cursor();
    const { session } = await u0.join();
    const cursor = (await u1.poll({ since })).body.cursor;
    const reset = u1.poll({ since: cursor, session: newSession() });
    await pause(200);
    reset.abort();
    await u0.beat(session, { status: 'away' });
    const got = (await u1.poll({ since: cursor })).body;
    assert.deepEqual(
      told(got).filter(([user]) => user === 'u0'),
      [['u0', 'away']],
    );
    const more = (await u1.poll({ since: got.cursor, wait: 0 })).body;
    assert.deepEqual(
      told(more).filter(([user]) => user === 'u0'),
      [],
    );
  });

  it('gives the same answer again to a client whose answer was cut in half', async () => {
    const [u0, u1] = await stack.room(2);
    const since = await u1.cursor();
    await u0.join();
    await new Promise(done => {
      const socket = net.connect(stack.port, '127.0.0.1', () =>
        socket.write(
                    `GET /rollcall/v1/workspaces/${u1.ws}/stream?since=${since} HTTP/1.1\r\n` +
                        `Host: localhost\r\nAuthorization: Bearer ${stack.tokens.get('u1')}\r\n\r\n`,
        ),
      );
      socket.once('data', () => socket.resetAndDestroy());
      socket.on('close', done);
    });
    for (let again = 0; again < 2; again++)
      assert.deepEqual(told((await u1.poll({ since })).body), [['u0', 'active']]);
  });

  it('holds one poll a session: the newer ends the older with its own cursor, whichever worker has it', async () => {
    const [u0] = await stack.room(1);
    const { session, cursor } = await u0.join();
    const took = [];
    for (let round = 0; round < 6; round++) {
      const older = u0.poll({ since: cursor, session });
      await pause(200);
      const newer = u0.poll({ since: cursor, session });
      const { status, body, ms } = await older;
      assert.equal(status, 200);
      assert.deepEqual([body.cursor, body.changes], [cursor, []]);
      took.push(ms);
      newer.abort();
    }
    /* On a busy machine the newer may have overtaken the older, which then waits to its end. */
    assert.ok(took.filter(ms => ms < atMost(3500)).length >= 4, `the older polls ended after ${took} ms`);
  });

  it('holds polls without a session, byte for byte the same, side by side', async () => {
    const [u0, u1] = await stack.room(2);
    const since = await u1.cursor();
    const polls = [u1.poll({ since }), u1.poll({ since })];
    await pause(300);
    await u0.join();
    for (const { status, body, ms } of await Promise.all(polls)) {
      assert.equal(status, 200);
      assert.deepEqual(told(body), [['u0', 'active']]);
      assert.ok(ms >= 250, 'it was parked');
    }
  });

  it('is never parked by HEAD', async () => {
    const [u1] = await stack.room(1);
    const { status, bytes, ms } = await u1.ask('HEAD', `stream${query({ since: await u1.cursor(), wait: 4 })}`);
    assert.equal(status, 200);
    assert.equal(bytes.length, 0);
    assert.ok(ms < atMost(3500), `after ${ms} ms`);
  });

  it('comes in pages, of everything and of what changed, each user once', async () => {
    const people = await stack.room(7);
    const reader = people[0];
    const since = await reader.cursor();
    for (const one of people) await one.join();
    for (const from of [undefined, since]) {
      const seen = [];
      let cursor = from;
      for (let page = 0; page < 4; page++) {
        const { body } = await reader.poll({ since: cursor, limit: 2, wait: 0 });
        assert.ok(body.changes.length <= 2);
        seen.push(...body.changes.map(change => change.user));
        cursor = body.cursor;
        assert.equal(body.more, page < 3, `page ${page}`);
      }
      assert.deepEqual(
        seen,
        people.map(one => one.user),
        'in the order of the changes',
      );
      assert.deepEqual((await reader.poll({ since: cursor, wait: 0 })).body.changes, []);
    }
  });

  it('tells in later pages what changed between the pages', async () => {
    const people = await stack.room(5);
    const joined = [];
    for (const one of people.slice(0, 4)) joined.push(await one.join());
    const first = (await people[4].poll({ limit: 2 })).body;
    assert.equal(first.more, true);
    await people[0].leaveNow(joined[0].session);
    const state = Object.fromEntries(told(first));
    for (let page = first; page.more;) {
      page = (await people[4].poll({ since: page.cursor, limit: 2, wait: 0 })).body;
      assert.equal(page.resync, false);
      Object.assign(state, Object.fromEntries(told(page)));
    }
    assert.deepEqual(state, { u0: 'offline', u1: 'active', u2: 'active', u3: 'active' });
  });

  it('of chosen users is neither woken nor filled by others', async () => {
    const [u0, u1, u2, u3] = await stack.room(4);
    await u0.join();
    const everything = (await u3.poll({ user: ['u1', 'u2'] })).body;
    assert.deepEqual(
      everything.changes.map(change => change.user).filter(user => user === 'u0'),
      [],
    );
    const parked = u3.poll({ since: everything.cursor, user: ['u1', 'u2'] });
    await pause(200);
    await u0.leave((await u0.join()).session, { now: true });
    await pause(300);
    await u2.join();
    const { body, ms } = await parked;
    assert.deepEqual(told(body), [['u2', 'active']]);
    assert.ok(ms >= 450, `it was woken after ${ms} ms, by others`);
    const after = (await u3.poll({ since: body.cursor, wait: 0 })).body;
    assert.deepEqual(after.changes, [], 'its cursor is past what it was not told');
    await u1.join();
  });

  it('takes the same as JSON by POST', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const since = await u2.cursor();
    await u0.join();
    await u1.join();
    const session = newSession();
    const body = { since, wait: 1, session, status: 'away', users: ['u1', 'u2'], limit: 10 };
    const answer = await u2.ask('POST', 'stream', { body });
    assert.equal(answer.status, 200);
    assert.deepEqual(told(answer.body).sort(), [
      ['u1', 'active'],
      ['u2', 'away'],
    ]);
    assert.equal((await u0.sees('u2')).u2, 'away', 'the poll was a beat');
  });

  it('answers a cursor that it cannot continue with everything, at once', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    const cursor = await u1.cursor();
    const [epoch, seq] = cursor.split('-');
    const foreign = epoch.replace(/./g, c => (c === 'a' ? 'b' : 'a'));
    for (const since of [`${foreign}-${seq}`, `${epoch}-${Number(seq) + 1000}`]) {
      const { status, body, ms } = await u1.poll({ since });
      assert.equal(status, 200);
      assert.equal(body.resync, true, since);
      assert.deepEqual(told(body), [['u0', 'active']]);
      assert.ok(ms < atMost(3500));
    }
  });

  it('says what to fetch again: members to all, DMs to their participants alone', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const followers = [await u0.follow(), await u1.follow(), await u2.follow()];
    assert.equal((await u0.ask('POST', 'dms', { body: { participants: ['u1'] } })).status, 201);
    await until(
      () => followers.slice(0, 2).every(one => one.refetch.includes('dms')),
      'the participants are told of the DM',
    );
    await stack.addMember(u0.ws, 'newcomer');
    await until(() => followers.every(one => one.refetch.includes('members')), 'all are told of the member');
    assert.deepEqual(followers[2].refetch, ['members']);
    assert.deepEqual(
      followers.flatMap(one => one.changes),
      [],
    );
    for (const one of followers) await one.stop();
  });

  it('refuses invalid parameters', async () => {
    const [u1] = await stack.room(1);
    const bad = [
      'wait=-1',
      'wait=soon',
      'wait=1.5',
      'limit=0',
      'limit=-5',
      'limit=many',
      'status=offline',
      'status=busy',
      'session=x',
      'user=',
      'user=%ff',
      'since=%00',
    ];
    for (const one of bad)
      assert.equal((await u1.ask('GET', `stream?wait=0&session=${newSession()}&${one}`)).status, 400, one);
    assert.equal(
      (await u1.poll({ user: Array.from({ length: 501 }, (_, i) => `x${i}`) })).status,
      400,
      'more users than can be watched',
    );
  });
});
