// SPDX-License-Identifier: ISC
// A worker is killed with -9 while it holds requests, behind nginx as shipped, which sends them again to another
// worker. They are out of date by then, and are not believed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { newSession } from '../lib/person.mjs';
import { until } from '../lib/until.mjs';
import { startAt } from './suite.mjs';

describe('behind nginx, when a worker that holds polls is killed', () => {
  let begun, at;
  let started;
  before(async () => {
    started = Date.now();
    begun = await startAt('nginx', { over: { ttl: 60, heartbeat: 30, wait: 20, gap: 10 } });
    at = begun.at;
  });
  after(() => begun?.stop());

  /* The live session of ME, as the administrator sees it. */
  async function sessionOf(me) {
    const { body } = await at.stack.adm('GET', `/workspaces/${me.ws}/sessions?user=${me.user}`);
    return body.sessions.find(one => one.status !== 'ended');
  }

  async function seen(me) {
    const { body } = await at.ask('GET', me.path('status'), { user: me.user });
    return body.users.find(one => one.user === me.user)?.status ?? 'offline';
  }

  /* nginx sends again only what it had sent on a connection that was used before: some are made. */
  async function warm(me) {
    for (let i = 0; i < 8; i++)
      await Promise.all(Array.from({ length: 8 }, () => at.ask('GET', me.path('status'), { user: me.user })));
  }

  const post = (me, what, body) => at.ask('POST', me.path(what), { user: me.user, body });

  /* Kills the worker; resolves once another one is at work and has every request that was sent again. */
  async function kill(polls) {
    const [victim] = at.stack.workers();
    process.kill(victim, 'SIGKILL');
    await until(() => at.stack.workers().length === 1 && at.stack.workers()[0] !== victim, 'it is replaced');
    await until(async () => (await at.metric('rollcall_parked_polls')) === polls, 'what waited waits again');
  }

  async function waiting(polls) {
    await until(async () => (await at.metric('rollcall_parked_polls')) === polls, 'it waits');
  }

  it('a poll that says away is not believed over a later heartbeat, and its session gets no longer lease', async () => {
    const me = await at.person();
    const session = newSession();
    assert.equal((await post(me, 'join', { session, status: 'away' })).status, 201);
    await warm(me);
    const { body } = await at.ask('GET', me.path('status'), { user: me.user });
    const poll = post(me, 'stream', { session, status: 'away', n: 1, since: body.cursor, wait: 20, users: ['nobody'] });
    await waiting(1);
    assert.equal((await post(me, 'heartbeat', { session, status: 'active', n: 2 })).status, 200);
    const before = await sessionOf(me);
    await kill(1);
    assert.equal(await seen(me), 'active');
    assert.equal((await sessionOf(me)).lease_ends, before.lease_ends);
    assert.equal((await post(me, 'heartbeat', { session, status: 'away', n: 3 })).status, 200);
    poll.abort();
    await waiting(0);
  });

  it('a poll that is the latest waits on, and its session gets no longer lease by being sent again', async () => {
    const me = await at.person();
    const session = newSession();
    assert.equal((await post(me, 'join', { session })).status, 201);
    await warm(me);
    const { body } = await at.ask('GET', me.path('status'), { user: me.user });
    const poll = post(me, 'stream', { session, status: 'active', n: 1, since: body.cursor, wait: 20, users: ['nobody'] });
    await waiting(1);
    const before = await sessionOf(me);
    await kill(1);
    assert.equal(await seen(me), 'active');
    assert.equal((await sessionOf(me)).lease_ends, before.lease_ends);
    /* The next poll ends the one that was sent again, wherever it is. */
    const next = await at.ask('GET', `${me.path('stream')}?session=${session}&n=2&wait=0`, { user: me.user });
    assert.equal(next.status, 200);
    assert.equal((await poll).status, 200);
  });

  it('a poll without a count is known too: it is not believed, and ends when it would have ended', async () => {
    const me = await at.person();
    const session = newSession();
    assert.equal((await post(me, 'join', { session })).status, 201);
    await warm(me);
    await until(() => Date.now() > started + 8000, 'no poll can be of before the start');
    const { body } = await at.ask('GET', me.path('status'), { user: me.user });
    const begun = Date.now();
    const poll = post(me, 'stream', { session, status: 'active', since: body.cursor, wait: 6, users: ['nobody'] });
    await waiting(1);
    assert.equal((await post(me, 'heartbeat', { session, status: 'away' })).status, 200);
    await until(() => Date.now() > begun + 2500, 'it has waited for a while');
    const before = await sessionOf(me);
    const killed = Date.now();
    await kill(1);
    assert.equal(await seen(me), 'away');
    assert.equal((await sessionOf(me)).lease_ends, before.lease_ends);
    assert.equal((await poll).status, 200);
    const ended = Date.now();
    assert.ok(ended > begun + 5900 && ended < killed + 5900, `${ended - begun} ms, and ${ended - killed} ms after it was sent again`);
    const next = await post(me, 'stream', { session, status: 'active', since: body.cursor, wait: 0 });
    assert.equal(next.status, 200);
    assert.equal(await seen(me), 'active', 'the next poll is believed');
  });

  it('a group conversation that waited for Redis is opened once, by its key', async () => {
    const people = await at.stack.room(3);
    const me = { user: people[0].user, ws: people[0].ws, path: what => `/v1/workspaces/${people[0].ws}/${what}` };
    await warm(me);
    const count = () =>
      execFileSync('sqlite3', ['-cmd', '.timeout 20000', at.stack.path('rollcall.db'), `SELECT count(*) FROM dm WHERE workspace = '${me.ws}'`])
        .toString()
        .trim();
    const redis = signal => process.kill(at.stack.redisServer.pid, signal);
    redis('SIGSTOP');
    const opened = at.ask('POST', me.path('dms'), {
      user: me.user,
      body: { participants: ['u1', 'u2'], name: 'Lunch' },
      headers: { 'Idempotency-Key': '"of-this-very-request"' },
    });
    try {
      await until(() => count() === '1', 'it is in the database, and waits for Redis');
      const [victim] = at.stack.workers();
      process.kill(victim, 'SIGKILL');
    } finally {
      redis('SIGCONT');
    }
    const { status, body } = await opened;
    assert.equal(status, 200, 'what was opened before');
    assert.equal(body.name, 'Lunch');
    assert.equal(count(), '1');
  });
});
