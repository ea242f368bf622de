// SPDX-License-Identifier: ISC
// What others see of a user while their programs come, beat, fall silent and go. Where people wait for minutes, leases here
// last seconds: a heartbeat's 3 s, a poll's max(wait 2, heartbeat 1) + gap 4 = 6 s.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newSession, query } from '../lib/person.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { pause, quickOnce, until } from '../lib/until.mjs';

const times = { ttl: 3, heartbeat: 1, wait: 2, gap: 4, leave_grace: 1, closed_grace: 1 };
const lease = 6000; // of a poll

describe('presence', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ conf: times });
  });
  after(() => stack?.stop());

  /* Makes a change of WITNESS that FOLLOWER must be told: what came before it, was told before it. */
  async function settled(follower, witness) {
    const { session } = await witness.join();
    await follower.saw(witness.user, 'active');
    await witness.leaveNow(session);
    await follower.saw(witness.user, 'offline');
  }

  it('is active for others once joined, with everything a client has to know', async () => {
    const [u0, u1] = await stack.room(2);
    const first = await u0.ask('POST', 'join', { body: {} });
    assert.equal(first.status, 201);
    assert.match(first.body.session, /^[A-Za-z0-9_-]{8,64}$/);
    const { workspace, user, ttl, heartbeat, wait, more } = first.body;
    assert.deepEqual(
      { workspace, user, ttl, heartbeat, wait, more },
      { workspace: u0.ws, user: 'u0', ttl: 3, heartbeat: 1, wait: 2, more: false },
    );
    const second = await u1.join();
    assert.deepEqual(second.changes.map(({ user: who, status, why }) => [who, status, why]).sort(), [
      ['u0', 'active', 'join'],
      ['u1', 'active', 'join'],
    ]);
    assert.ok(Math.abs(second.changes[0].since - Date.now()) < 60000, 'since is in ms since the epoch');
    assert.deepEqual(await u1.sees(), { u0: 'active', u1: 'active' });
  });

  it('says 200 to a session that joins while it is alive, and 201 to one whose lease has lapsed', async () => {
    const [u0, u1] = await stack.room(2);
    const session = newSession();
    const join = async () => (await u0.ask('POST', 'join', { body: { session } })).status;
    assert.equal(await join(), 201);
    assert.equal(await join(), 200);
    await until(async () => (await u1.sees('u0')).u0 === 'offline', 'the lease lapses');
    assert.equal(await join(), 201);
  });

  it('stays away, with no flicker, while a hidden page polls late and its heartbeats are throttled', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const { session } = await u0.join({ status: 'away' });
    const others = await u1.follow();
    for (let round = 0; round < 4; round++) {
      if (round % 2 === 0) await u0.beat(session, { status: 'away' }); // further apart than a ttl: the polls must do
      const poll = await u0.poll({ since: await u0.cursor(), session, status: 'away' });
      assert.equal(poll.status, 200);
      await pause(600); // less than the gap
    }
    await settled(others, u2);
    assert.deepEqual(others.told('u0'), []);
    assert.equal((await u1.sees('u0')).u0, 'away');
    await others.stop();
  });

  it('is kept by polls alone, and ends with the lease of the last one', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const others = await u1.follow();
    for (let round = 0; round < 6; round++) {
      // two leases long
      assert.equal((await u0.poll({ since: await u0.cursor(), session })).status, 200);
      assert.deepEqual(others.told('u0'), []);
    }
    const began = Date.now();
    const last = u0.poll({ since: await u0.cursor(), session });
    assert.equal((await last).status, 200);
    const { why, at } = await others.saw('u0', 'offline', 20000);
    assert.equal(why, 'lapsed');
    assert.ok(
      at - began >= lease - 100,
            `told ${at - began} ms after the last poll arrived, before its lease had ended`,
    );
    assert.deepEqual(others.told('u0'), ['offline']);
    await others.stop();
  });

  it('comes back as one change when a lapsed session beats again', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const others = await u1.follow();
    await others.saw('u0', 'offline');
    const beat = await u0.beat(session, { status: 'active' });
    assert.equal(beat.status, 200);
    assert.equal(beat.body.revived, true);
    assert.equal(beat.body.status, 'active');
    await others.saw('u0', 'active');
    assert.deepEqual(others.told('u0'), ['offline', 'active']);
    const everything = (await u1.poll()).body;
    assert.deepEqual(
      everything.changes.map(change => [change.user, change.status]),
      [['u0', 'active']],
    );
    assert.deepEqual(await u1.sees('u0'), { u0: 'active' });
    assert.equal((await u0.beat(session)).body.revived, undefined, 'a second beat revives nothing');
    await others.stop();
  });

  it('is the best of what is left as sessions end one by one, and offline once', async () => {
    const [u0, u1] = await stack.room(2);
    const [desk, phone, tablet] = [await u0.join(), await u0.join(), await u0.join()];
    await u0.beat(phone.session, { status: 'away' });
    const others = await u1.follow();
    await u0.leaveNow(desk.session);
    assert.equal((await u1.sees('u0')).u0, 'active', 'the tablet is still active');
    await u0.leaveNow(tablet.session);
    assert.equal((await others.saw('u0', 'away')).why, 'leave');
    await u0.beat(phone.session, { status: 'away' });
    assert.equal((await others.saw('u0', 'offline')).why, 'lapsed');
    assert.deepEqual(others.told('u0'), ['away', 'offline']);
    await others.stop();
  });

  it('is quiet about a second device in another state', async () => {
    const [u0, u1] = await stack.room(2);
    const [desk, phone] = [await u0.join(), await u0.join()];
    const before = await u1.cursor();
    await u0.beat(phone.session, { status: 'away' });
    await u0.beat(desk.session, { status: 'active' });
    await u0.leaveNow(phone.session);
    assert.equal(await u1.cursor(), before);
  });

  it('tells one who only follows that a killed program is gone, within half a second of its lease', async () => {
    const [u0, u1] = await stack.room(2);
    const delays = [];
    const others = await u1.follow();
    for (let round = 0; round < 6; round++) {
      if (delays.filter(delay => delay <= 500).length >= 2) break; // a busy machine may stand still for some
      const { session } = await u0.join();
      const [{ lease_ends: ends }] = await u1
        .sessionsOf('u0')
        .then(all => all.filter(one => one.session === session));
      const change = await until(
        () => others.changes.filter(one => one.status === 'offline')[round],
        'the lapse is told',
      );
      delays.push(change.at - ends);
    }
    delays.sort((a, b) => a - b);
    assert.ok(delays[0] >= -50, `told ${-delays[0]} ms before the lease had ended`);
    assert.ok(delays[1] <= 500, `told ${delays} ms after the leases had ended`);
    await others.stop();
  });

  it('reads back at once what a beat wrote, and the cursor of its reply knows it', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    for (const status of ['away', 'active', 'away']) {
      const beat = await u0.beat(session, { status });
      assert.equal(beat.body.status, status);
      const seen = await u1.ask('GET', `status${query({ user: 'u0' })}`);
      assert.equal(seen.body.users[0].status, status);
      assert.equal(seen.body.cursor, beat.body.cursor);
    }
  });

  it('changes the status by a poll too, and keeps it if a poll says none', async () => {
    const [u0, u1] = await stack.room(2);
    const { session, cursor } = await u0.join();
    const others = await u1.follow();
    await u0.poll({ since: cursor, session, status: 'away', wait: 0 });
    await others.saw('u0', 'away');
    await u0.poll({ since: cursor, session, wait: 0 });
    assert.equal((await u1.sees('u0')).u0, 'away');
    assert.deepEqual(others.told('u0'), ['away']);
    await others.stop();
  });

  it('ends with the lease where a client vanishes in its poll and the web server, like lighttpd, does not tell', async () => {
    /* From the end of the poll, 2 s later, would be too late. */
    await quickOnce(async () => {
      const [u0, u1] = await stack.room(2);
      const { session, cursor } = await u0.join();
      const others = await u1.follow();
      const began = Date.now();
      const poll = u0.poll({ since: cursor, session });
      await pause(100);
      poll.abort('close'); // a reset would be told
      const { at, why } = await others.saw('u0', 'offline', 20000);
      await others.stop();
      assert.equal(why, 'lapsed', 'the web server did not tell');
      return at - began;
    }, lease + 1500);
  });
});

describe('a client whose connection is lost', () => {
  it('is offline after the grace, though a heartbeat came while its poll waited', () =>
    withStack({ web: 'nginx', conf: { ttl: 60, heartbeat: 30, wait: 25, closed_grace: 1 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      const { session, cursor } = await u0.join();
      const others = await u1.follow();
      const poll = u0.poll({ since: cursor, session, n: 1, user: ['nobody'] });
      await until(async () => (await stack.parked()) === 2, 'both wait');
      assert.equal((await u0.beat(session, { status: 'away', n: 2 })).status, 200);
      await others.saw('u0', 'away');
      poll.abort();
      const { why } = await others.saw('u0', 'offline', 20000);
      assert.equal(why, 'closed');
      await others.stop();
    }));
});

describe('what a worker tells Redis of the time', () => {
  it('follows its clock, and whether anybody may be judged by it', () =>
    withStack({ web: 'lighttpd', proxy: true, conf: { ttl: 60, heartbeat: 30, wait: 25 } }, async stack => {
      const [u0] = await stack.room(1);
      const { session } = await u0.join();
      const told = async () => {
        let asked, limits;
        stack.peer.rule = words => {
          if (words[0] !== 'EVALSHA' || !words.includes(session)) return 'pass';
          asked = words[13];
          limits = words[14].split(' ').slice(3).join(' ');
          return 'pass';
        };
        await u0.beat(session);
        const [s] = await stack.redis('TIME');
        assert.ok(!asked || Math.abs(Number(asked) - Number(s) * 1000) < 10000, `${asked} at ${s}`);
        return asked && limits;
      };
      await until(async () => (await told()) === '50 200 0 0', 'Redis was asked for the time');
      stack.peer.accepting = 'close';
      stack.peer.drop();
      const { ms } = await until(async () => {
        const answer = await u0.poll({ since: await u0.cursor(), wait: 25 });
        return answer.status === 503 && answer;
      }, 'Redis has been away for long', 20000);
      assert.ok(ms >= 0);
      stack.peer.accepting = 'pass';
      await stack.ready(30000);
      const [, heldSince] = await until(async () => /^50 200 (\d+) 0$/.exec(await told()), 'Redis is asked again');
      const outage = Date.now() - Number(heldSince);
      assert.ok(outage > 3000 && outage < 60000, `expiry is held, and was not ${outage} ms ago`);
    }));
});
