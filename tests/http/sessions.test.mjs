// SPDX-License-Identifier: ISC
// Sessions: their beginning, their end, what comes late and what comes twice.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newSession } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

describe('sessions', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ conf: { ttl: 6, heartbeat: 1, wait: 8, gap: 4, leave_grace: 3 } });
  });
  after(() => stack?.stop());

  it('stay ended when a heartbeat that was sent before the leave comes after it', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    await u0.leaveNow(session);
    const before = await u1.cursor();
    const late = await u0.beat(session, { status: 'active' });
    assert.equal(late.status, 410);
    assert.equal(late.body.code, 'session_ended');
    assert.equal((await u0.poll({ since: before, session })).status, 410, 'a poll that was sent before it, too');
    assert.equal((await u1.sees('u0')).u0, 'offline');
    assert.equal(await u1.cursor(), before, 'nobody was told anything');
  });

  it('that were ended are forgotten after a ttl, so that the name can beat anew', async () => {
    const [u0] = await stack.room(1);
    const { session } = await u0.join();
    await u0.leaveNow(session);
    await until(async () => (await u0.beat(session)).status === 200, 'the tombstone goes', 20000);
  });

  it('of a page that reloads are one stay, though the leave of the old page arrives late', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const old = await u0.join();
    const others = await u1.follow();
    const parked = u0.poll({ since: old.cursor, session: old.session });
    await pause(100);
    parked.abort();
    const reloaded = await u0.join();
    const polling = u0.poll({ since: reloaded.cursor, session: reloaded.session, wait: 2 });
    await pause(1000); // the fault was seen with leaves 3 s late
    assert.equal((await u0.leave(old.session)).status, 204);
    await polling;
    for (let i = 0; i < 2; i++) await u0.poll({ since: await u0.cursor(), session: reloaded.session, wait: 2 }); // well past the old page's grace
    await u2.join();
    await others.saw('u2', 'active');
    assert.deepEqual(others.told('u0'), []);
    await others.stop();
  });

  it('that follow each other from page to page change nothing for others', async () => {
    const [u0, u1] = await stack.room(2);
    let { session } = await u0.join();
    const before = await u1.cursor();
    for (let page = 0; page < 20; page++) {
      assert.equal((await u0.leave(session)).status, 204);
      ({ session } = await u0.join());
    }
    assert.equal(await u1.cursor(), before);
    const live = (await u1.sessionsOf('u0')).filter(one => one.status !== 'ended');
    await until(
      async () => (await u1.sessionsOf('u0')).filter(one => one.status === 'active').length <= 1,
      'the old pages are gone',
    );
    assert.ok(live.length >= 1);
  });

  it('that are left with a grace end after it, and say that they were left', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const others = await u1.follow();
    await u0.leave(session);
    assert.equal((await u1.sees('u0')).u0, 'active', 'still in its grace');
    assert.equal((await others.saw('u0', 'offline')).why, 'leave');
    assert.equal((await u0.beat(session)).status, 410);
    await others.stop();
  });

  it('are taken back from their grace by a beat', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const before = await u1.cursor();
    await u0.leave(session);
    assert.equal((await u0.beat(session)).status, 200);
    await pause(3500); // past the grace, within the lease of the beat
    assert.equal(await u1.cursor(), before);
  });

  it('are not ended by a leave that arrives again after they were used, if the client counts', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const before = await u1.cursor();
    for (const now of [false, true]) {
      await u0.beat(session, { n: 5 });
      assert.equal((await u0.leave(session, { n: 6 })).status, 204);
      assert.equal((await u0.beat(session, { n: 7 })).status, 200, 'the next page');
      assert.equal((await u0.leave(session, { n: 6, now })).status, 204);
      const [{ status, why }] = await u0.sessionsOf('u0');
      assert.deepEqual([status, why], ['active', 'alive while it beats']);
      assert.equal((await u0.join({ session })).session, session); // counts anew
    }
    assert.equal(await u1.cursor(), before);
  });

  it('that were left stay so, though what was sent before the leave arrives after it, if the client counts', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const others = await u1.follow();
    await u0.leave(session, { n: 7 });
    assert.equal((await u0.beat(session, { n: 6, status: 'active' })).status, 200);
    assert.equal((await u0.poll({ since: await u0.cursor(), session, n: 5, wait: 0 })).status, 200);
    assert.equal((await others.saw('u0', 'offline')).why, 'leave');
    await others.stop();
  });

  it('can be left by a beacon, which is text/plain', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const body = JSON.stringify({ session, now: true });
    const answer = await u0.ask('POST', 'leave', { body, headers: { 'Content-Type': 'text/plain;charset=UTF-8' } });
    assert.equal(answer.status, 204);
    assert.equal((await u1.sees('u0')).u0, 'offline');
  });

  it('that never were can be left', async () => {
    const [u0] = await stack.room(1);
    assert.equal((await u0.leave(newSession())).status, 204);
    assert.equal((await u0.leave(newSession(), { now: true })).status, 204);
  });

  it('end with the removal of their member: the poll at once with 403, the beat with 403, and others told once', async () => {
    const [u0, u1] = await stack.room(2);
    const { session, cursor } = await u0.join();
    const others = await u1.follow();
    const parked = u0.poll({ since: cursor, session });
    await pause(200);
    assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u0`)).status, 204);
    const answer = await parked;
    assert.equal(answer.status, 403);
    assert.ok(answer.ms < atMost(7000), `after ${answer.ms} ms`);
    assert.equal(answer.body.code, 'not_a_member');
    assert.equal((await u0.beat(session)).status, 403);
    assert.equal((await others.saw('u0', 'offline')).why, 'removed');
    assert.deepEqual(others.told('u0'), ['offline']);
    assert.deepEqual(await stack.redis('KEYS', `rollcall:*:${u0.ws}:u:*`), [], 'its beat made no key');
    await others.stop();
  });

  it('obey the order that the client gives its heartbeats', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    assert.equal((await u0.beat(session, { status: 'away', n: 5 })).body.status, 'away');
    assert.equal(
      (await u0.beat(session, { status: 'active', n: 4 })).body.status,
      'away',
      'one that was overtaken is ignored',
    );
    assert.equal((await u1.sees('u0')).u0, 'away');
    assert.equal((await u0.beat(session, { status: 'active', n: 6 })).body.status, 'active');
  });

  it('of one user are 50 at most', async () => {
    const [u0] = await stack.room(1);
    const joins = await Promise.all(Array.from({ length: 50 }, () => u0.join()));
    const more = await u0.ask('POST', 'join', { body: { session: newSession() } });
    assert.equal(more.status, 429);
    assert.equal(more.body.code, 'too_many_sessions');
    assert.ok(Number(more.headers['retry-after']) > 0);
    assert.equal((await u0.beat(joins[0].session)).status, 200, 'those that are there go on');
    await u0.leaveNow(joins[1].session);
    assert.equal(
      (await u0.ask('POST', 'join', { body: { session: newSession() } })).status,
      201,
      'one that goes makes room',
    );
  });

  it('of different users may bear the same name', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const session = newSession();
    await u0.join({ session });
    await u1.join({ session });
    await u0.leaveNow(session);
    assert.deepEqual(await u2.sees('u0', 'u1'), { u0: 'offline', u1: 'active' });
  });

  it('are refused with invalid names', async () => {
    const [u0] = await stack.room(1);
    for (const session of [
      'short',
      'x'.repeat(65),
      'has space',
      'slash/slash',
      'dot.dot.dot',
      '',
      42,
      ['session-1'],
      {},
    ]) {
      for (const what of ['join', 'heartbeat', 'leave']) {
        const answer = await u0.ask('POST', what, { body: { session } });
        assert.equal(answer.status, 400, `${what} ${JSON.stringify(session)}`);
      }
    }
    for (const what of ['heartbeat', 'leave'])
      assert.equal((await u0.ask('POST', what, { body: {} })).status, 400, what);
  });

  it('are refused with an invalid status', async () => {
    const [u0] = await stack.room(1);
    for (const status of ['offline', 'busy', '', 'ACTIVE', 1, true]) {
      assert.equal((await u0.ask('POST', 'join', { body: { status } })).status, 400, JSON.stringify(status));
      assert.equal((await u0.beat(newSession(), { status })).status, 400, JSON.stringify(status));
    }
  });

  it('of a user can be listed and ended by an administrator', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join({ status: 'away' });
    const others = await u1.follow();
    const [listed] = await u0.sessionsOf('u0');
    assert.equal(listed.user, 'u0');
    assert.equal(listed.session, session);
    assert.equal(listed.status, 'away');
    assert.ok(listed.lease_ends > Date.now() - 60000);
    assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}/sessions?user=u0`)).status, 204);
    await others.saw('u0', 'offline');
    assert.equal((await u0.beat(session)).status, 410);
    await others.stop();
  });
});
