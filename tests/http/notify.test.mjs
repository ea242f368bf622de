// SPDX-License-Identifier: ISC
// Whether to send a push: from what people really are, in one call.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

describe('the verdict for a push', { concurrency: 8 }, () => {
  let stack, token;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30 } });
    token = await stack.newToken({ scope: ['notify'] });
  });
  after(() => stack?.stop());

  const ask = (ws, body) => stack.req('POST', `/v1/admin/workspaces/${ws}/notify`, { token, body });
  /* { user: "push because [until]" } of those of whom a verdict is given. */
  async function verdicts(ws, users, dm) {
    const { status, body } = await ask(ws, { users, dm });
    assert.equal(status, 200, JSON.stringify(body));
    return Object.fromEntries(body.users.map(one => [one.user, `${one.push} ${one.because}${one.until ? ' until' : ''}`]));
  }

  it('is yes for who is away or offline, and no for who is active or not to be disturbed', async () => {
    const [u0, u1, u2, u3, u4] = await stack.room(6);
    await u0.join();
    await u1.join({ status: 'away' });
    await u2.join();
    await u2.say({ dnd: true });
    await u3.join({ status: 'away' });
    await u3.say({ dnd: true, for: 600 });
    await u4.say({ dnd: true, for: 600 });
    assert.deepEqual(await verdicts(u0.ws, ['u5', 'u4', 'u3', 'u2', 'u1', 'u0', 'nobody']), {
      u0: 'false active',
      u1: 'true away',
      u2: 'false dnd',
      u3: 'false dnd until',
      u4: 'false dnd until',
      u5: 'true offline',
    });
    const { body } = await ask(u0.ws, { users: ['u5', 'u0'] });
    assert.deepEqual(body.users.map(one => one.user), ['u5', 'u0'], 'in the order in which they were asked for');
    assert.deepEqual((await ask(u0.ws, { users: [] })).body.users, []);
  });

  it('says until when somebody is not to be disturbed, however many layers say so', async () => {
    const [u0] = await stack.room(1);
    const now = Date.now();
    const [first, second] = [now + 600000, now + 900000];
    await u0.say({ dnd: true, until: first });
    await u0.claim('call', { dnd: true, until: second });
    const [got] = (await ask(u0.ws, { users: ['u0'] })).body.users;
    assert.deepEqual(got, { user: 'u0', push: false, because: 'dnd', until: second });
    await u0.say({ dnd: true });
    assert.deepEqual((await ask(u0.ws, { users: ['u0'] })).body.users, [{ user: 'u0', push: false, because: 'dnd' }], 'for good');
    await u0.say({ dnd: false, for: 600 });
    assert.deepEqual(await verdicts(u0.ws, ['u0']), { u0: 'true offline' }, 'a temporary no beats them all');
  });

  it('knows those who are invisible', async () => {
    const [u0, u1, u2, u3, u4] = await stack.room(5);
    for (const [one, status] of [[u0, 'active'], [u1, 'away'], [u2, 'active'], [u3, 'active']]) {
      await one.say({ show: 'invisible' });
      await one.join({ status });
    }
    await u2.say({ show: 'invisible', dnd: true });
    await u3.claim('call', { dnd: true, for: 600 });
    assert.equal((await u4.sees()).u0, undefined);
    assert.deepEqual(await verdicts(u0.ws, ['u0', 'u1', 'u2', 'u3', 'u4']), {
      u0: 'false active',
      u1: 'true away',
      u2: 'false dnd',
      u3: 'false dnd until',
      u4: 'true offline',
    });
    const seen = (await u4.ask('GET', 'status?user=u3')).body.users;
    assert.deepEqual([seen[0].status, seen[0].dnd], ['offline', undefined], 'which nobody else is told');
  });

  it('is no for who looks at the conversation, and about its participants only', async () => {
    const [u0, u1, , u3] = await stack.room(4);
    const { session } = await u0.join({ status: 'away' });
    await u1.join();
    const { id } = (await u0.ask('POST', 'dms', { body: { participants: ['u1', 'u2'], name: 'Ops' } })).body;
    assert.deepEqual(await verdicts(u0.ws, ['u0', 'u1', 'u2', 'u3', 'nobody'], id), { u0: 'true away', u1: 'false active', u2: 'true offline' });
    assert.equal((await u0.ask('PUT', `places/dm:${id}`, { body: { session, doing: 'viewing' } })).status, 204);
    assert.deepEqual(await verdicts(u0.ws, ['u0', 'u1'], id), { u0: 'false looking', u1: 'false active' });
    assert.deepEqual(await verdicts(u0.ws, ['u0']), { u0: 'true away' }, 'another conversation');
    await u0.say({ dnd: true });
    assert.deepEqual(await verdicts(u0.ws, ['u0'], id), { u0: 'false looking' });
    assert.equal((await u0.ask('DELETE', `places/dm:${id}?session=${session}`)).status, 204);
    assert.deepEqual(await verdicts(u0.ws, ['u0'], id), { u0: 'false dnd' });
    assert.equal((await ask(u3.ws, { users: ['u0'], dm: 999 })).status, 404);
  });

  it('takes 500 users, and no more', async () => {
    const [u0] = await stack.room(1);
    const lines = Array.from({ length: 501 }, (_, i) => JSON.stringify({ user: `m${i}` })).join('\n');
    await stack.adm('POST', `/workspaces/${u0.ws}/members`, { body: lines, headers: { 'Content-Type': 'application/x-ndjson' } });
    const users = Array.from({ length: 501 }, (_, i) => `m${i}`);
    const answer = await ask(u0.ws, { users: users.slice(0, 500) });
    assert.equal(answer.body.users.length, 500);
    assert.ok(answer.body.users.every(one => one.push && one.because === 'offline'));
    assert.equal((await ask(u0.ws, { users })).status, 400);
  });

  it('is refused if it is not asked for as it should be', async () => {
    const [u0] = await stack.room(1);
    for (const body of [{}, { users: 'u0' }, { users: [''] }, { users: [1] }, { users: ['u0'], dm: 0 }, { users: ['u0'], dm: 'x' }, { users: ['u0'], place: 'x' }])
      assert.equal((await ask(u0.ws, body)).status, 400, JSON.stringify(body));
    assert.equal((await ask('nowhere', { users: ['u0'] })).status, 404);
    assert.equal((await u0.ask('POST', 'notify', { body: { users: ['u0'] } })).status, 404);
  });

  it('follows what changes at once', async () => {
    const [u0] = await stack.room(1);
    const { session } = await u0.join();
    assert.deepEqual(await verdicts(u0.ws, ['u0']), { u0: 'false active' });
    await u0.beat(session, { status: 'away' });
    assert.deepEqual(await verdicts(u0.ws, ['u0']), { u0: 'true away' });
    await u0.leaveNow(session);
    assert.deepEqual(await verdicts(u0.ws, ['u0']), { u0: 'true offline' });
  });

  it('is never "offline" because Redis is away', async () => {
    const own = await startStack({ workers: 1, conf: { ttl: 60, heartbeat: 30 } });
    try {
      const [u0] = await own.room(1);
      await u0.join();
      await own.redisServer.stop();
      await until(async () => {
        const { status, body } = await own.adm('POST', `/workspaces/${u0.ws}/notify`, { body: { users: ['u0'] } });
        assert.deepEqual([status, body.code], [503, 'redis_unavailable']);
        return true;
      }, 'it is told');
    } finally {
      await own.stop();
    }
  });
});
