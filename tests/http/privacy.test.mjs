// SPDX-License-Identifier: ISC
// What nobody can find out: answers about things that do not exist and about other people's are the same to the last
// byte.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { startStack } from '../lib/stack.mjs';

/* Whatever a client sees of ANSWER, ID in it being named the same. */
function seen(answer, id) {
  const { date, ...headers } = answer.headers;
  return JSON.stringify([answer.status, headers, answer.bytes.toString().replaceAll(id, 'ID').replace(/"now":\d+/, '"now":0')]).replaceAll(id, 'ID');
}

describe('a user', { concurrency: 6 }, () => {
  let stack, u0, stranger;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, cors_origins: ['https://app.example'] } });
    [u0] = await stack.room(2);
    [stranger] = await stack.people('others', 'stranger', 1).then(users => users.map(one => stack.as(one, 'others')));
    for (const one of [u0, stranger]) await one.join(); // so that the cursor stays the same from here on
    await stack.adm('PUT', '/workspaces/empty', { body: {} });
    for (const user of ['admin', 'administrator', 'root', 'token:1'])
      stack.tokens.set(user, await stack.newToken({ user }));
  });
  after(() => stack?.stop());

  const ids = ['nowhere', 'others', 'empty', '-no-id', 'x'.repeat(80), 'caf%C3%A9'];

  async function sameEverywhere(what, ask) {
    const answers = await Promise.all(ids.map(async id => seen(await ask(id), id)));
    assert.match(answers[0], /^\[403,.*not_a_member/, what);
    for (const [i, answer] of answers.entries()) assert.equal(answer, answers[0], `${what} of ${ids[i]}`);
  }

  it('cannot tell a workspace that is not there from one of others, whatever is asked and however wrong', async () => {
    const asks = [
      ['GET', 'status'],
      ['GET', 'status?user=stranger0'],
      ['GET', 'status?limit=nonsense'],
      ['GET', 'status', undefined, { 'If-None-Match': '*' }],
      ['POST', 'status', { users: ['stranger0'] }],
      ['GET', 'stream?wait=0'],
      ['GET', 'stream?wait=5&session=session-1'],
      ['POST', 'stream', { wait: 0 }],
      ['GET', 'members'],
      ['GET', 'members?after=a&limit=1'],
      ['GET', 'dms'],
      ['POST', 'dms', { participants: ['stranger0'] }],
      ['POST', 'join', {}],
      ['POST', 'join', { session: 42 }],
      ['POST', 'join', 'no json'],
      ['POST', 'heartbeat', { session: 'session-1' }],
      ['POST', 'leave', { session: 'session-1', now: true }],
      ['POST', 'leave', 'no json', { 'Content-Type': 'text/plain' }],
      ['GET', 'members', undefined, { Origin: 'https://app.example' }],
      ['GET', 'members', undefined, { Accept: 'text/plain' }],
    ];
    for (const [method, what, body, headers] of asks) {
      const ask = id => stack.req(method, `/v1/workspaces/${id}/${what}`, { user: 'u0', body, headers, raw: true });
      await sameEverywhere(`${method} ${what}`, ask);
    }
  });

  it('cannot tell them apart by methods, preflights, or without a credential either', async () => {
    for (const [method, options] of [
      ['DELETE', { user: 'u0' }],
      ['OPTIONS', { headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' } }],
      ['OPTIONS', {}],
      ['HEAD', { user: 'u0' }],
      ['GET', {}],
      ['GET', { token: 'rc_'.padEnd(46, 'A') }],
      ['GET', { token: stack.admin }],
      ['POST', { user: 'u0', body: 'x'.repeat(1.1 * 2 ** 20) }],
      ['POST', { user: 'u0', headers: { Origin: 'https://foreign.example' } }],
    ]) {
      const ask = id => stack.req(method, `/v1/workspaces/${id}/status`, { ...options, raw: true });
      const answers = await Promise.all(ids.slice(0, 3).map(async id => seen(await ask(id), id)));
      assert.equal(new Set(answers).size, 1, `${method} ${JSON.stringify(answers)}`);
    }
  });

  it('cannot tell a user that is not there from one elsewhere', async () => {
    const asks = {
      status: user => u0.ask('GET', `status?user=${user}`, { raw: true }),
      'status of many': user => u0.ask('POST', 'status', { body: { users: [user, 'u1'] }, raw: true }),
      stream: user => u0.ask('GET', `stream?wait=0&user=${user}`, { raw: true }),
      'stream from here': async user =>
        u0.ask('GET', `stream?wait=0&user=${user}&since=${await u0.cursor()}`, { raw: true }),
      dms: user => u0.ask('POST', 'dms', { body: { participants: [user] }, raw: true }),
      'dms of a group': user => u0.ask('POST', 'dms', { body: { participants: ['u1', user], name: 'x' }, raw: true }),
    };
    for (const [what, ask] of Object.entries(asks)) {
      const answers = await Promise.all(['ghostling', 'stranger0'].map(async user => seen(await ask(user), user)));
      assert.equal(answers[1], answers[0], what);
    }
    assert.deepEqual(await u0.sees('ghostling', 'stranger0', 'u1'), { u1: 'offline' }, 'neither is listed');
  });

  it('sees nobody of another workspace anywhere', async () => {
    await u0.join();
    for (const what of ['status', 'members', 'dms', 'stream'])
      assert.ok(!(await u0.ask('GET', what, { raw: true })).bytes.includes('stranger'), what);
  });

  it('does not become an administrator by a name, nor by any token of a user', async () => {
    const asks = [
      ['GET', 'workspaces'],
      ['GET', 'workspaces/others'],
      ['PUT', 'workspaces/mine'],
      ['DELETE', 'workspaces/others'],
      ['GET', 'workspaces/others/members'],
      ['POST', 'workspaces/others/members'],
      ['GET', 'workspaces/others/members/stranger0'],
      ['PUT', 'workspaces/others/members/admin'],
      ['DELETE', 'workspaces/others/members/stranger0'],
      ['GET', 'workspaces/others/dms'],
      ['PUT', 'workspaces/others/dms/1'],
      ['DELETE', 'workspaces/others/dms/1'],
      ['GET', 'workspaces/others/sessions?user=stranger0'],
      ['DELETE', 'workspaces/others/sessions?user=stranger0'],
      ['GET', 'workspaces/others/explain/stranger0'],
      ['GET', 'tokens'],
      ['POST', 'tokens'],
      ['DELETE', 'tokens/1'],
    ];
    for (const user of ['u0', 'admin', 'administrator', 'root', 'token:1']) {
      for (const [method, path] of asks) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : {};
        const { status, body: said } = await stack.req(method, `/v1/admin/${path}`, { user, body });
        assert.deepEqual([status, said.code], [403, 'admin_only'], `${user}: ${method} ${path}`);
      }
      assert.equal((await stack.req('GET', '/v1/me', { user })).body.admin, false, user);
    }
    assert.equal((await stack.req('GET', '/v1/admin/workspaces/others', { token: stack.admin })).body.members, 1);
  });

  it("learns nothing from the administrators' resources of what is there", async () => {
    const ask = (path, id) => stack.req('GET', `/v1/admin/${path.replace('ID', id)}`, { user: 'u0', raw: true });
    for (const [path, there] of [
      ['workspaces/ID', 'others'],
      ['workspaces/ID/members', 'others'],
      ['workspaces/ID/explain/stranger0', 'others'],
      ['workspaces/others/members/ID', 'stranger0'],
    ])
      assert.equal(seen(await ask(path, 'nothing'), 'nothing'), seen(await ask(path, there), there), path);
    const [one, none] = await Promise.all(
      [1, 99].map(id => stack.req('DELETE', `/v1/admin/tokens/${id}`, { user: 'u0', raw: true })),
    );
    assert.equal(seen(one, '/'), seen(none, '/'));
  });

  it('cannot be another by the name of a session', async () => {
    const [v0, v1] = await stack.room(2);
    const { session } = await v0.join({ status: 'active' });
    await v1.join({ session, status: 'away' });
    assert.deepEqual(await v0.sees(), { u0: 'active', u1: 'away' });
    await v1.leaveNow(session);
    assert.deepEqual(await v0.sees(), { u0: 'active' });
  });

  it('cannot be named by a parameter, a header or the body', async () => {
    const headers = { 'Remote-User': 'u1', 'X-User': 'u1' };
    for (const body of [{ user: 'u1' }, { workspace: 'others' }, { admin: true }])
      assert.equal((await u0.ask('POST', 'join', { body })).status, 400, JSON.stringify(body));
    const { body } = await u0.ask('POST', 'join', { body: {}, headers });
    assert.deepEqual([body.user, body.workspace], ['u0', u0.ws]);
    const token = stack.tokens.get('u0');
    assert.equal((await fcgi.call(stack.address, 'GET', '/v1/me?user=u1', { token })).status, 400);
    const over = { HTTP_REMOTE_USER: 'u1', HTTP_X_USER: 'u1' };
    const named = await fcgi.call(stack.address, 'GET', '/v1/me', { token, over });
    assert.equal(named.body.user, 'u0');
  });
});
