// SPDX-License-Identifier: ISC
// Names in queries and bodies: those of docs/openapi.yaml are taken, and no others, in each resource.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { operations } from '../lib/openapi.mjs';
import { newSession, query } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';

const far = 'xqzxqzxqzxqzxqz'; // unlike any known name

describe('a name in a query or a body', { concurrency: 8 }, () => {
  let stack, u0;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 2 } });
    [u0] = await stack.room(2);
  });
  after(() => stack?.stop());

  const ask = ({ method, template }, search, body, ws = u0.ws) => {
    const path = template.replace('{workspace}', ws).replace('{user}', 'u1').replace('{id}', '999').replace('{claim}', 'call');
    const token = template.startsWith('/v1/admin') ? stack.admin : stack.tokens.get('u0');
    return stack.req(method.toUpperCase(), path + search, { token, body });
  };

  for (const operation of operations()) {
    const { method, template, queryNames, manyNames, bodyNames } = operation;
    const says = async (answer, where, names) => {
      const { status, body } = await answer;
      assert.deepEqual([status, body.code], [400, 'bad_request']);
      assert.match(body.detail, new RegExp(`"${far}" in the ${where}`));
      const known = body.detail.match(/Known names: ([^.]*)\./)?.[1].split(', ').sort() ?? [];
      assert.deepEqual(known, [...names], body.detail);
    };

    it(`is one that the contract has: ${method} ${template}`, async () => {
      await says(ask(operation, query({ [far]: 1 })), 'query', queryNames);
      if (bodyNames) await says(ask(operation, '', JSON.stringify({ [far]: 1 })), bodyNames.where, bodyNames);
    });

    it(`stands in a query once, unless the contract has it more often: ${method} ${template}`, async () => {
      for (const name of queryNames) {
        const ws = method === 'delete' && template.startsWith('/v1/admin') ? 'nowhere' : u0.ws;
        const { body } = await ask(operation, `?${name}=2&${name}=1`, bodyNames ? '{"user":' : undefined, ws);
        const refused = body?.detail === `The query has "${name}" twice. Send it once.`;
        assert.equal(refused, !manyNames.includes(name), `${name}: ${body?.detail}`);
      }
    });

    it(`may be _ in a query, which some libraries add: ${method} ${template}`, async () => {
      const ws = method === 'delete' ? 'nowhere' : u0.ws;
      const { body } = await ask(operation, '?_=1764043200000', bodyNames ? '{"user":' : undefined, ws);
      assert.doesNotMatch(body?.detail ?? '', /Unknown name/);
    });
  }

  it('that is misspelt is named, with the one that was meant, and nothing is done', async () => {
    const session = newSession();
    await u0.join({ session, status: 'active' });
    const cursor = await u0.cursor();
    const slips = [
      ['POST', 'heartbeat', { session, sttaus: 'away' }, 'sttaus', 'status'],
      ['POST', 'join', { sesion: newSession() }, 'sesion', 'session'],
      ['POST', 'leave', { session, Now: true }, 'Now', 'now'],
      ['POST', 'status', { user: ['u1'] }, 'user', 'users'],
      ['POST', 'stream', { user: ['u1'], wait: 0 }, 'user', 'users'],
      ['POST', 'dms', { participant: ['u1'] }, 'participant', 'participants'],
      ['GET', 'status?usr=u1', undefined, 'usr', 'user'],
      ['GET', 'stream?wiat=0', undefined, 'wiat', 'wait'],
      ['GET', 'members?limits=1', undefined, 'limits', 'limit'],
    ];
    for (const [method, what, body, slip, meant] of slips) {
      const answer = await u0.ask(method, what, { body });
      assert.deepEqual([answer.status, answer.body.code], [400, 'bad_request'], what);
      assert.ok(answer.body.detail.includes(`"${slip}"`), answer.body.detail);
      assert.ok(answer.body.detail.endsWith(`Did you mean "${meant}"?`), answer.body.detail);
    }
    assert.equal(await u0.cursor(), cursor);
  });

  it('of a member that is put or imported is one that members have', async () => {
    const members = `/workspaces/${u0.ws}/members`;
    const put = await stack.adm('PUT', `${members}/u1`, { body: { nmae: 'Bob' } });
    assert.deepEqual([put.status, put.body.code], [400, 'bad_request']);
    assert.match(put.body.detail, /"nmae" in the body\. Did you mean "name"\?/);
    const lines = '{"user":"new"}\n{"user":"u1","nmae":"Bob"}\n';
    const imported = await stack.adm('POST', members, { body: lines });
    assert.deepEqual([imported.status, imported.body.line], [400, 2]);
    assert.match(imported.body.detail, /"nmae" in the line\. Did you mean "name"\?/);
    assert.equal((await stack.adm('GET', `${members}/new`)).status, 404, 'nothing was imported');
  });

  it('that is no text is refused like any other', async () => {
    for (const name of ['%c3%28', 'user%00', 'a%0ab', 'x'.repeat(3000)])
      assert.equal((await u0.ask('GET', `status?${name}=u1`)).status, 400, name);
  });
});
