// SPDX-License-Identifier: ISC
// What a program's token may do: what its scopes say, in its workspace, and nothing else.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { readFileSync } from 'node:fs';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const contract = parse(readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8'));
const scopes = ['read', 'claims', 'notify', 'members'];
const ws = '/v1/admin/workspaces/{workspace}';

/* Which scopes allow a request. All others under /v1/admin need an administrator's token. */
const allowed = {
  'GET /v1/admin/workspaces': ['read', 'members'],
  [`GET ${ws}`]: ['read', 'members'],
  [`GET ${ws}/members`]: ['read', 'members'],
  [`POST ${ws}/members`]: ['members'],
  ...Object.fromEntries(
    [`${ws}/members/{user}`, `${ws}/member`].flatMap(path => [
      [`GET ${path}`, ['read', 'members']],
      [`PUT ${path}`, ['members']],
      [`DELETE ${path}`, ['members']],
      [`PUT ${path}/claims/{claim}`, ['claims']],
      [`DELETE ${path}/claims/{claim}`, ['claims']],
    ]),
  ),
  ...Object.fromEntries(['GET', 'POST'].flatMap(method => ['status', 'stream'].map(what => [`${method} ${ws}/${what}`, ['read']]))),
  [`GET ${ws}/counts`]: ['read'],
  [`POST ${ws}/notify`]: ['notify'],
  'GET /v1/admin/users/{user}/presence': ['read'],
  'GET /v1/admin/user/presence': ['read'],
  [`GET ${ws}/dms`]: ['members'],
  [`PUT ${ws}/dms/{id}`]: ['members'],
  [`DELETE ${ws}/dms/{id}`]: ['members'],
};

const operations = Object.entries(contract.paths)
  .filter(([path]) => path.startsWith('/v1/admin/'))
  .flatMap(([path, item]) =>
    Object.keys(item)
      .filter(method => ['get', 'put', 'post', 'delete'].includes(method))
      .map(method => [method.toUpperCase(), path]),
  );

describe("a program's token", { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2 });
  });
  after(() => stack?.stop());

  const made = body => stack.adm('POST', '/tokens', { body });
  const tokenOf = async (scope, workspace) => (await made({ scope, workspace })).body.token;
  /* PATH of the contract, with ids of things that do not exist in WORKSPACE. */
  const real = (path, workspace) =>
    path
      .replace('{workspace}', workspace)
      .replace(/\{(id|dm)\}/, '999999')
      .replace(/\{[^}]+\}/g, 'nobody') + (/\/(member|user|explain|sessions)(\/|$)/.test(path) ? '?user=nobody' : '');
  const ask = (token, method, path, workspace) =>
    stack.req(method, real(path, workspace), { token, body: method === 'GET' || method === 'DELETE' ? undefined : {} });

  it('may do what its scope says, and nothing else under /v1/admin', async () => {
    const [u0] = await stack.room(1);
    for (const scope of scopes) {
      const token = await tokenOf([scope]);
      for (const [method, path] of operations) {
        const may = allowed[`${method} ${path}`]?.includes(scope);
        const { status, body } = await ask(token, method, path, u0.ws);
        assert.equal(body?.code === 'insufficient_scope', !may, `${scope}: ${method} ${path}: ${status} ${body?.code}`);
        if (!may) assert.equal(status, 403);
      }
    }
    assert.deepEqual(Object.keys(allowed).filter(key => !operations.some(one => one.join(' ') === key)), []);
  });

  it('says which scope is missing', async () => {
    const [u0] = await stack.room(1);
    const token = await tokenOf(['read', 'notify']);
    const say = async (method, path) => (await ask(token, method, path, u0.ws)).body.detail;
    assert.match(await say('PUT', `${ws}/members/{user}`), /scope members/);
    assert.match(await say('PUT', `${ws}/members/{user}/claims/{claim}`), /scope claims/);
    assert.match(await say('DELETE', ws), /administrator's token/);
    const claims = await tokenOf(['claims']);
    assert.match((await ask(claims, 'GET', ws, u0.ws)).body.detail, /scope read\/members/);
  });

  it('of one workspace may do nothing in another, whether that exists or not', async () => {
    const [u0] = await stack.room(1);
    const [other] = await stack.room(1);
    const token = await tokenOf(scopes, u0.ws);
    const about = ([method, path]) => allowed[`${method} ${path}`] && !path.endsWith('/presence');
    for (const [method, path] of operations.filter(about)) {
      const own = path.includes('{workspace}') ? await ask(token, method, path, u0.ws) : null;
      assert.notEqual(own?.body?.code, 'insufficient_scope', `${method} ${path}`);
      const answers = [await ask(token, method, path, other.ws), await ask(token, method, path, 'nowhere')];
      for (const { status, body } of answers)
        assert.deepEqual([status, body.code], [403, 'insufficient_scope'], `${method} ${path}`);
      assert.deepEqual(answers[0].body, answers[1].body);
    }
    assert.equal((await stack.adm('GET', `/workspaces/${other.ws}/members/u0`)).status, 200, 'nothing was done there');
  });

  it('is listed with its scopes and its workspace, and tells its holder what it is', async () => {
    const [u0] = await stack.room(1);
    const { status, body } = await made({ scope: ['notify', 'read', 'read'], workspace: u0.ws, label: 'pushes' });
    assert.equal(status, 201);
    const { token, ...rest } = body;
    assert.deepEqual(rest, { id: body.id, admin: false, scope: ['read', 'notify'], workspace: u0.ws, label: 'pushes' });
    const list = (await stack.adm('GET', '/tokens')).body.tokens;
    const { created, ...row } = list.find(({ id }) => id === body.id);
    assert.ok(created > 0);
    assert.deepEqual(row, rest);
    assert.deepEqual(
      (await stack.req('GET', '/v1/me', { token })).body,
      { admin: false, scope: ['read', 'notify'], workspace: u0.ws, workspaces: [] },
    );
    assert.deepEqual((await stack.req('GET', '/v1/me', { token: stack.admin })).body, { admin: true, workspaces: [] });
    const table = await stack.adm('GET', '/tokens', { headers: { Accept: 'text/plain' } });
    assert.match(table.body, new RegExp(`read notify +${u0.ws} +pushes`));
    const { body: refused } = await stack.req('GET', `/v1/workspaces/${u0.ws}/status`, { token });
    assert.equal(refused.code, 'not_a_member');
    assert.match(refused.detail, /a program's, so it belongs to no user/);
    const line = `audit: actor=token:1 action="token.add.scope" workspace="${u0.ws}" object="${body.id}"`;
    await until(() => stack.log().includes(line), 'the log has it');
  });

  it('cannot be made with what it does not know, nor for what does not exist', async () => {
    for (const body of [
      { scope: [] }, { scope: 'read' }, { scope: ['admin'] }, { scope: ['Read'] }, { scope: ['read', ''] }, { scope: [1] },
      { scope: ['read'], admin: true }, { scope: ['read'], user: 'u0' }, { workspace: 'w1' }, { admin: true, workspace: 'w1' },
      { user: 'u0', workspace: 'w1' }, { scope: ['read'], workspace: '' }, { scope: ['read'], workspace: '../x' }, {},
    ])
      assert.deepEqual([(await made(body)).status, body], [400, body]);
    const unknown = await made({ scope: ['read'], workspace: 'nowhere' });
    assert.deepEqual([unknown.status, unknown.body.detail], [404, 'Workspace "nowhere" not found.']);
    assert.equal((await made({ scope: null, workspace: null, admin: true })).status, 201);
  });

  it('ends when it is revoked, and with its workspace, also for one of the same name', async () => {
    const [u0] = await stack.room(1);
    const { token, id } = (await made({ scope: ['read'] })).body;
    const bound = await tokenOf(['read'], u0.ws);
    const status = async one => (await stack.req('GET', `/v1/admin/workspaces/${u0.ws}`, { token: one })).status;
    assert.deepEqual([await status(token), await status(bound)], [200, 200]);
    await stack.adm('DELETE', `/tokens/${id}`);
    assert.equal(await status(token), 401);
    await stack.adm('DELETE', `/workspaces/${u0.ws}`);
    await stack.adm('PUT', `/workspaces/${u0.ws}`);
    assert.equal(await status(bound), 401);
  });
});
