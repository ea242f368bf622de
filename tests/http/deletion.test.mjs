// SPDX-License-Identifier: ISC
// A workspace that is deleted, or a member that is removed, while requests of theirs are on their way to Redis: nothing of them
// comes back behind the deletion, whatever was under way.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Child } from '../lib/child.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { newSession } from '../lib/person.mjs';
import { confText, rollcalld, startStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';

describe('what is under way while', () => {
  let stack, other;

  /* A second rollcalld on the same database and Redis, whose way to Redis is always free. */
  function startOther() {
    const { listen_mode: mode, ...conf } = stack.conf;
    conf.listen = stack.path('other.sock');
    conf.redis = `unix:${stack.redisServer.socket}`;
    writeFileSync(stack.path('other.conf'), `listen_mode = ${mode}\n${confText(conf)}`);
    other = new Child([rollcalld, '-c', stack.path('other.conf')], { log: stack.path('other.log'), cwd: stack.dir });
    other.address = conf.listen;
  }

  const onOther = (method, path, body) => fcgi.call(other.address, method, `/v1/admin${path}`, { token: stack.admin, body });
  const remove = path => onOther('DELETE', path);

  before(async () => {
    stack = await startStack({ proxy: true, web: 'lighttpd', conf: { ttl: 60, heartbeat: 30, wait: 20 } });
    startOther();
    await until(() => fcgi.call(other.address, 'GET', '/readyz').then(({ status }) => status === 200), 'it answers');
  });
  after(async () => {
    await other?.stop('SIGTERM', 15000);
    await stack?.stop();
  });

  /* All that Redis has of workspace WS. */
  async function leftOf(ws) {
    const keys = (await stack.redis('KEYS', `rollcall:*:${ws}:*`)).map(String);
    for (const due of await stack.redis('KEYS', 'rollcall:*:due'))
      keys.push(...(await stack.redis('ZRANGE', due, 0, -1)).filter(one => String(one).startsWith(`${ws} `)));
    return keys;
  }

  /* A rule: DEED for the scripts that are called about WS. */
  const rule = (ws, deed) => words => (words[0] === 'EVALSHA' && words.some(word => word.includes(`:${ws}:`)) ? deed : 'pass');
  const holdAll = ws => (stack.peer.rule = rule(ws, 'hold'));

  /* ASKs, holds what that has for Redis about WS back until TAKE is done, and resolves with the answer. */
  async function overtaken(ws, ask, take, { released = null } = {}) {
    holdAll(ws);
    const asked = ask();
    await until(() => stack.peer.holding > 0, 'the call is under way');
    assert.equal((await take()).status, 204);
    stack.peer.release(released);
    return asked;
  }

  /* The same, and the connection is lost just before Redis's reply. */
  async function overtakenAndLost(ws, ask, take) {
    let lost = false;
    const cut = rule(ws, { cut: 0 });
    const once = words => {
      const deed = lost ? 'pass' : cut(words);
      lost ||= deed !== 'pass';
      return deed;
    };
    await overtaken(ws, ask, take, { released: once });
    await stack.ready();
  }

  const requests = {
    'a join': ({ u0 }) => u0.ask('POST', 'join', { body: { session: newSession() } }),
    'a heartbeat': ({ u0, session }) => u0.beat(session),
    'a heartbeat of a new session': ({ u0 }) => u0.beat(newSession()),
    'a poll with a session': ({ u0, session }) => u0.poll({ session, wait: 1 }),
    'a poll with a session and a cursor': ({ u0, session, cursor }) => u0.poll({ session, since: cursor, wait: 1 }),
    'a leave': ({ u0, session }) => u0.leave(session),
    'a leave at once': ({ u0, session }) => u0.leave(session, { now: true }),
    'a change of a member': ({ u0 }) =>
      stack.adm('PUT', `/workspaces/${u0.ws}/members/u1`, { body: { name: 'Another' } }),
    'a removal of a member': ({ u0 }) => stack.adm('DELETE', `/workspaces/${u0.ws}/members/u1`),
    'a conversation': ({ u0 }) => u0.ask('POST', 'dms', { body: { participants: ['u1'] } }),
  };

  for (const [name, ask] of Object.entries(requests))
    it(`a workspace is deleted leaves nothing in Redis: ${name}`, async () => {
      const [u0] = await stack.room(2);
      const { session, cursor } = await u0.join();
      await overtaken(u0.ws, () => ask({ u0, session, cursor }), () => remove(`/workspaces/${u0.ws}`));
      await until(async () => (await leftOf(u0.ws)).length === 0, `nothing is left`);
    });

  for (const [name, ask] of Object.entries(requests))
    it(`a workspace is deleted, and whose reply is lost, leaves nothing in Redis: ${name}`, async () => {
      const [u0] = await stack.room(2);
      const { session, cursor } = await u0.join();
      await overtakenAndLost(u0.ws, () => ask({ u0, session, cursor }), () => remove(`/workspaces/${u0.ws}`));
      await until(async () => (await leftOf(u0.ws)).length === 0, `nothing is left`);
    });

  it('Redis takes nothing is told to be half done, and completed when it is deleted again', async () => {
    const [u0, u1] = await stack.room(2);
    await u1.join();
    stack.peer.rule = rule(u0.ws, { answer: '-BUSY It is busy.' });
    for (const path of [`/workspaces/${u0.ws}/members/u1`, `/workspaces/${u0.ws}`]) {
      const { status, body } = await stack.adm('DELETE', path);
      assert.deepEqual([status, body.code], [503, 'redis_unavailable']);
      assert.match(body.detail, /Send the request again/);
      assert.equal((await stack.adm('GET', path)).status, 404, 'the directory has it no more');
    }
    stack.peer.rule = null;
    assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}`)).status, 204);
    await until(async () => (await leftOf(u0.ws)).length === 0, 'nothing is left');
  });

  it('a workspace that nobody had asked for is deleted leaves nothing: a first poll', async () => {
    const [u0] = await stack.room(1);
    await overtaken(u0.ws, () => u0.poll({ wait: 0 }), () => remove(`/workspaces/${u0.ws}`));
    await until(async () => (await leftOf(u0.ws)).length === 0, 'nothing is left');
  });

  it('a workspace that nobody had asked for is deleted, and whose reply is lost, leaves nothing: a first poll', async () => {
    const [u0] = await stack.room(1);
    await overtakenAndLost(u0.ws, () => u0.poll({ wait: 0 }), () => remove(`/workspaces/${u0.ws}`));
    await until(async () => (await leftOf(u0.ws)).length === 0, 'nothing is left');
  });

  it('a workspace is deleted: polls that wait end, and the check of their room begins nothing again', async () => {
    const [u0, u1] = await stack.room(2);
    const since = await u1.cursor();
    const poll = u1.poll({ since });
    await until(async () => (await stack.parked()) === 1, 'it is parked');
    const rooms = await stack.metric('rollcall_rooms');
    assert.equal((await remove(`/workspaces/${u0.ws}`)).status, 204);
    assert.equal((await poll).status, 403);
    await until(async () => (await stack.metric('rollcall_rooms')) < rooms, 'the room is given up', 20000);
    await until(async () => (await leftOf(u0.ws)).length === 0, 'nothing is left');
  });

  it('a workspace is deleted and made again: nobody of the former one is shown, however long the new one is read', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    assert.deepEqual(await u1.sees(), { u0: 'active' });
    holdAll(u0.ws);
    assert.equal((await remove(`/workspaces/${u0.ws}`)).status, 204);
    assert.equal((await onOther('PUT', `/workspaces/${u0.ws}`, {})).status, 201);
    assert.equal((await onOther('PUT', `/workspaces/${u0.ws}/members/u1`, {})).status, 201);
    await until(() => stack.peer.holding > 0, 'the new one is read');
    const seen = u1.sees();
    await Promise.race([seen, pause(200)]); // one who did not wait would be answered within it
    stack.peer.release();
    assert.deepEqual(await seen, {});
  });

  for (const name of ['a join', 'a heartbeat', 'a heartbeat of a new session', 'a poll with a session'])
    it(`a member is removed does not show them again: ${name}`, async () => {
      const [u0, u1] = await stack.room(2);
      const { session } = await u0.join();
      await overtaken(
        u0.ws,
        () => requests[name]({ u0, session }),
        () => remove(`/workspaces/${u0.ws}/members/u0`),
      );
      await until(async () => (await stack.redis('KEYS', `rollcall:*:${u0.ws}:u:*`)).length === 0, 'no session is left');
      await until(async () => Object.keys(await u1.sees()).length === 0, 'nobody is shown');
    });
});
