// SPDX-License-Identifier: ISC
// A program reads a workspace without being anybody: it sees what members see of each other, and follows it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { Events } from '../lib/events.mjs';
import { query } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

describe('a program that reads', () => {
  let stack, token;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 20 } });
    token = await stack.newToken({ scope: ['read'] });
  });
  after(() => stack?.stop());

  const get = (ws, what, options = {}) => stack.req('GET', `/v1/admin/workspaces/${ws}/${what}`, { token, ...options });
  const read = async (ws, what, options) => {
    const { status, body } = await get(ws, what, options);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const poll = (ws, params = {}, options) => get(ws, `stream${query(params)}`, options);
  const wait = n => until(async () => (await stack.parked()) === n, `${n} wait`);
  const rid = ({ now, ...rest }) => (assert.ok(now === undefined || now > 0), rest);

  it('gets the same status and counts as a member, with ETag, pages and some users', async () => {
    const [u0, u1, u2] = await stack.room(4);
    await u0.join();
    await u1.join({ status: 'away' });
    await u2.say({ dnd: true, text: 'Deep work' });
    for (const what of ['status', 'status?user=u1&user=u3&user=nobody', 'status?limit=1', 'status?after=u0', 'counts']) {
      const mine = await get(u0.ws, what);
      const theirs = await u0.ask('GET', what);
      assert.deepEqual([mine.status, rid(mine.body), mine.headers.etag], [200, rid(theirs.body), theirs.headers.etag], what);
      if (what.includes('user=')) continue;
      assert.equal((await get(u0.ws, what, { headers: { 'If-None-Match': mine.headers.etag } })).status, 304, what);
    }
    const many = await stack.req('POST', `/v1/admin/workspaces/${u0.ws}/status`, { token, body: { users: ['u0', 'u3', 'nobody'] } });
    assert.deepEqual(many.body.users.map(one => [one.user, one.status]), [['u0', 'active'], ['u3', 'offline']]);
    assert.equal((await stack.adm('GET', `/workspaces/${u0.ws}/status`)).status, 200, 'an administrator, too');
  });

  it('gets a stream of one and of many pages, as a member', async () => {
    const people = await stack.room(5);
    for (const one of people) await one.join();
    const { ws } = people[0];
    const all = await read(ws, 'stream?wait=0');
    assert.deepEqual(rid(all), rid((await people[0].poll({ wait: 0 })).body));
    const seen = [];
    for (let page = await read(ws, 'stream?wait=0&limit=2'); ; page = await read(ws, `stream?wait=0&limit=2&since=${page.cursor}`)) {
      seen.push(...page.changes.map(one => one.user));
      if (!page.more) break;
    }
    assert.deepEqual(seen.sort(), ['u0', 'u1', 'u2', 'u3', 'u4']);
    const lost = await read(ws, 'stream?since=0123456789abcdef-5&wait=0');
    assert.deepEqual([lost.resync, lost.changes.length], [true, 5]);
  });

  it('waits for a change, and is told of it as a member is', async () => {
    const [u0, u1] = await stack.room(2);
    const { cursor } = await read(u0.ws, 'status');
    await wait(0);
    const waiting = poll(u0.ws, { since: cursor, counts: true });
    await wait(1);
    await u1.join();
    const { body } = await waiting;
    assert.deepEqual(body.changes.map(one => [one.user, one.status, one.why]), [['u1', 'active', 'join']]);
    assert.deepEqual(body.counts, { members: 2, active: 1, away: 0, offline: 1, dnd: 0 });
    const posted = await stack.req('POST', `/v1/admin/workspaces/${u0.ws}/stream`, { token, body: { since: cursor, wait: 0, users: ['u0'] } });
    assert.deepEqual(posted.body.changes, []);
    const members = await stack.adm('PUT', `/workspaces/${u0.ws}/members/u9`);
    assert.equal(members.status, 201);
    const { body: roster } = await poll(u0.ws, { since: body.cursor });
    assert.deepEqual(roster.refetch, ['members']);
  });

  it('follows as a stream of events', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    const stream = await Events.open({ stack, ws: u0.ws, token });
    await until(() => stream.told.length > 0, 'it is told who is here');
    await u1.join({ status: 'away' });
    await until(() => stream.told.length > 1, 'it is told who came');
    assert.deepEqual(stream.told, [['u0', 'active'], ['u1', 'away']]);
    stream.close();
  });

  it('is nobody: it has no session, keeps nobody here, and is nowhere', async () => {
    const [u0] = await stack.room(1);
    for (const what of ['stream?session=session-1', 'stream?status=away', 'stream?n=1'])
      assert.equal((await get(u0.ws, what)).status, 400, what);
    await read(u0.ws, 'stream?wait=0');
    assert.deepEqual((await read(u0.ws, 'status')).users, []);
    const cursor = `${(await read(u0.ws, 'status')).cursor}_m5`;
    const { refetch, cursor: next } = await read(u0.ws, `stream?since=${cursor}&wait=0`);
    assert.deepEqual([refetch, next.includes('_m')], [undefined, false], "a member's cursor goes on");
    assert.equal((await get(u0.ws, 'join')).status, 404);
  });

  it('does not see who is invisible', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    const { cursor } = await read(u0.ws, 'status');
    await u1.say({ show: 'invisible' });
    await u1.join();
    assert.deepEqual((await read(u0.ws, 'status')).users.map(one => one.user), ['u0']);
    assert.deepEqual((await read(u0.ws, `stream?since=${cursor}&wait=0`)).changes, []);
    assert.equal((await read(u0.ws, 'counts')).active, 1);
  });

  it('is told who is at a place, but not at a conversation', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const dm = (await u0.ask('POST', 'dms', { body: { participants: ['u1'] } })).body.id;
    const at = (place, doing) => u0.ask('PUT', `place?place=${encodeURIComponent(place)}`, { body: { session, doing } });
    assert.equal((await at('ticket:42', 'viewing')).status, 204);
    const seen = await read(u0.ws, `stream?wait=0&place=ticket:42`);
    assert.deepEqual(seen.places.map(one => [one.place, one.people.map(({ user }) => user)]), [['ticket:42', ['u0']]]);
    for (const place of [`dm:${dm}`, 'dm:*', 'dm:x'])
      assert.equal((await get(u0.ws, `stream?wait=0&place=${encodeURIComponent(place)}`)).status, 400, place);
    const waiting = poll(u1.ws, { since: seen.cursor, place: 'ticket:42' });
    assert.equal((await at('ticket:42', 'editing')).status, 204);
    assert.deepEqual((await waiting).body.places[0].people.map(({ doing }) => doing), [['editing', 'viewing']]);
  });

  it('loses its polls and streams with its token, and with the workspace', async () => {
    const [u0] = await stack.room(1);
    const { cursor } = await read(u0.ws, 'status');
    const { id, token: brief } = (await stack.adm('POST', '/tokens', { body: { scope: ['read'] } })).body;
    await wait(0);
    const polls = [poll(u0.ws, { since: cursor }, { token: brief }), poll(u0.ws, { since: cursor })];
    const stream = await Events.open({ stack, ws: u0.ws, token: brief }, { since: cursor });
    await wait(3);
    await stack.adm('DELETE', `/tokens/${id}`);
    const ended = await polls[0];
    assert.deepEqual([ended.status, ended.body.code], [401, 'expired_credential']);
    assert.equal((await stream.next('end')).data.code, 'expired_credential');
    const other = await Events.open({ stack, ws: u0.ws, token }, { since: cursor });
    await wait(2);
    await stack.adm('DELETE', `/workspaces/${u0.ws}`);
    const gone = await polls[1];
    assert.equal((await other.next('end')).data.code, 'not_a_member');
    assert.deepEqual([gone.status, gone.body.code], [404, 'not_found']);
    assert.equal((await get(u0.ws, 'status')).status, 404);
  });

  it('loses them too if a shell takes its scope away', async () => {
    const [u0] = await stack.room(1);
    const { cursor } = await read(u0.ws, 'status');
    const { id, token: narrowed } = (await stack.adm('POST', '/tokens', { body: { scope: ['read', 'claims'] } })).body;
    await wait(0);
    const waiting = poll(u0.ws, { since: cursor }, { token: narrowed });
    await wait(1);
    const { status } = spawnSync('sqlite3', ['-cmd', '.timeout 20000', stack.path('rollcall.db'), `UPDATE token SET scope = 'claims' WHERE id = ${id}`]);
    assert.equal(status, 0);
    assert.equal((await waiting).status, 401);
    assert.equal((await get(u0.ws, 'status', { token: narrowed })).body.code, 'insufficient_scope');
  });

  it('may have as many polls as a user, and loses the oldest then', async () => {
    const [u0] = await stack.room(1);
    const { cursor } = await read(u0.ws, 'status');
    const one = await stack.newToken({ scope: ['read'] });
    /* Each worker counts its own: of these, one has too many. */
    const polls = Array.from({ length: 2 * 64 + 1 }, () => poll(u0.ws, { since: cursor }, { token: one }));
    const first = await Promise.race(polls);
    assert.deepEqual([first.status, first.body.code], [429, 'too_many_polls']);
    await u0.join();
    const told = (await Promise.all(polls)).filter(({ status }) => status === 200);
    assert.ok(told.length >= 64 && told.every(({ body }) => body.changes.length === 1), `${told.length}`);
  });

  it('gets a user in all their workspaces at once', async () => {
    const [u0] = await stack.room(1);
    const user = `everywhere/${u0.ws}`;
    const rooms = [u0.ws, ...(await Promise.all([1, 2, 3].map(() => stack.room(1)))).map(([one]) => one.ws)].sort();
    for (const ws of rooms) await stack.addMember(ws, user);
    const [a, b, c] = rooms.map(ws => stack.as(user, ws));
    await a.join({ status: 'away' });
    await b.join();
    await b.say({ dnd: true, text: 'Deep work' });
    await c.say({ show: 'invisible' });
    await c.join();
    const path = `/v1/admin/users/${encodeURIComponent(user)}/presence`;
    const look = async (params = {}, one = token) => (await stack.req('GET', `${path}${query(params)}`, { token: one })).body;
    const all = await look();
    assert.deepEqual([all.user, all.status, all.next], [user, 'active', undefined]);
    assert.deepEqual(
      all.workspaces.map(one => [one.workspace, one.name, one.status, one.dnd, one.text]),
      rooms.map((ws, i) => [ws, ws, ['away', 'active', 'offline', 'offline'][i], ...(i === 1 ? [true, 'Deep work'] : [undefined, undefined])]),
    );
    const [seen] = (await u0.ask('GET', `status?user=${encodeURIComponent(user)}`)).body.users;
    assert.equal(all.workspaces.find(one => one.workspace === u0.ws).since, seen.since);
    const inQuery = await stack.req('GET', `/v1/admin/user/presence${query({ user })}`, { token });
    assert.deepEqual(inQuery.body.workspaces, all.workspaces);
    const first = await look({ limit: 3 });
    assert.deepEqual([first.workspaces.length, first.next], [3, rooms[2]]);
    assert.deepEqual((await look({ limit: 3, after: first.next })).workspaces, all.workspaces.slice(3));
    assert.deepEqual((await look({ after: rooms[3] })).workspaces, []);
    const statuses = await Promise.all([undefined, ...rooms].map(async after => (await look({ limit: 1, after })).status));
    assert.deepEqual(statuses, ['away', 'active', 'offline', 'offline', 'offline'], 'of the workspaces of the page alone');
    const bound = await stack.newToken({ scope: ['read'], workspace: rooms[0] });
    const own = await look({}, bound);
    assert.deepEqual([own.status, own.workspaces.map(one => one.workspace)], ['away', [rooms[0]]], 'of its workspace only');
    for (const nobody of ['nobody', '%00', 'x'.repeat(129)]) {
      const { status } = await stack.req('GET', `/v1/admin/users/${nobody}/presence`, { token });
      assert.equal(status, nobody === 'nobody' ? 404 : 400, nobody);
    }
    assert.equal((await stack.req('GET', `${path}?after=-`, { token })).status, 400);
  });

  it('is told that Redis is away, never that somebody is offline', async () => {
    const own = await startStack({ workers: 1, conf: { ttl: 60, heartbeat: 30, wait: 20 } });
    try {
      const [known] = await own.room(1);
      const [u0] = await own.room(1);
      await known.join();
      await own.redisServer.stop();
      const last = await own.adm('GET', `/workspaces/${known.ws}/status`);
      assert.ok(last.status === 503 || last.body.users[0].status === 'active', 'what was known, or nothing');
      assert.equal((await own.adm('GET', '/users/u0/presence')).status, 503);
      for (const what of ['status', 'status?user=u0', 'counts', 'stream?wait=0', 'stream']) {
        const { status, body } = await own.adm('GET', `/workspaces/${u0.ws}/${what}`);
        assert.deepEqual([status, body.code], [503, 'redis_unavailable'], what);
      }
    } finally {
      await own.stop();
    }
  });
});
