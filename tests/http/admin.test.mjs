// SPDX-License-Identifier: ISC
// The administrator's resources: a request sent twice is done once, and an import is done completely or not at all.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { valgrind } from '../lib/program.mjs';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const ndjson = { 'Content-Type': 'application/x-ndjson' };

/* Under valgrind an import holds the database for longer than other requests wait for it. */
describe('the administrator', { concurrency: valgrind ? 1 : 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 20 } });
  });
  after(() => stack?.stop());

  it('makes, names, lists and removes workspaces', async () => {
    const at = '/workspaces/made.here-1';
    assert.equal((await stack.adm('GET', at)).status, 404);
    const made = await stack.adm('PUT', at, { body: { name: 'Made here' } });
    assert.equal(made.status, 201);
    assert.deepEqual([made.body.id, made.body.name, made.body.members], ['made.here-1', 'Made here', 0]);
    assert.equal((await stack.adm('PUT', at, { body: { name: 'Made here' } })).status, 200);
    assert.equal((await stack.adm('PUT', at, { body: { name: 'Renamed' } })).status, 200);
    assert.equal((await stack.adm('GET', at)).body.name, 'Renamed');
    assert.equal((await stack.adm('PUT', at, { body: {} })).status, 200);
    assert.equal((await stack.adm('GET', at)).body.name, 'Renamed', 'no name, no change');
    assert.ok((await stack.adm('GET', '/workspaces')).body.workspaces.some(one => one.id === 'made.here-1'));
    assert.equal((await stack.adm('DELETE', at)).status, 204);
    assert.equal((await stack.adm('DELETE', at)).status, 204);
    assert.equal((await stack.adm('GET', at)).status, 404);
  });

  it('lists workspaces in pages', async () => {
    for (let i = 0; i < 5; i++) await stack.adm('PUT', `/workspaces/page-${i}`, { body: {} });
    const seen = [];
    for (let after; ;) {
      const { body } = await stack.adm(
        'GET',
                `/workspaces?limit=2${after === undefined ? '' : `&after=${after}`}`,
      );
      seen.push(...body.workspaces.map(one => one.id));
      if (body.next === undefined) break;
      after = body.next;
    }
    assert.deepEqual(seen, [...seen].sort());
    assert.equal(seen.filter(id => id.startsWith('page-')).length, 5);
  });

  it('removes a workspace with its members, conversations and presence', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.ask('POST', 'dms', { body: { participants: ['u1'] } });
    await u1.join();
    const parked = u0.poll({ since: await u0.cursor() });
    await until(async () => (await stack.parked()) > 0, 'the poll is parked');
    assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}`)).status, 204);
    assert.equal((await parked).status, 403, 'a parked poll ends');
    assert.equal((await u1.beat('session-gone')).status, 403);
    await until(async () => (await stack.redis('KEYS', `rollcall:*:${u0.ws}:*`)).length === 0, 'nothing is left in Redis');
    await stack.people(u0.ws, 'u', 1);
    assert.deepEqual((await u0.ask('GET', 'dms')).body.dms, []);
    /* The other worker learns of it from Redis, by a message that may be a moment behind the answer. */
    await until(async () => Object.keys(await u0.sees()).length === 0, 'nobody is shown');
  });

  it('adds, changes and removes members', async () => {
    const [u0] = await stack.room(1);
    const at = `/workspaces/${u0.ws}/members/someone`;
    assert.equal((await stack.adm('PUT', at, { body: { name: 'Some One', role: 'admin' } })).status, 201);
    assert.equal((await stack.adm('PUT', at, { body: { name: 'Some One', role: 'admin' } })).status, 200);
    assert.equal((await stack.adm('PUT', at, { body: { role: 'guest' } })).status, 200);
    const { body } = await stack.adm('GET', at);
    assert.deepEqual([body.user, body.name, body.role], ['someone', 'Some One', 'guest']);
    assert.equal((await stack.adm('DELETE', at)).status, 204);
    assert.equal((await stack.adm('DELETE', at)).status, 204);
    assert.equal((await stack.adm('GET', at)).status, 404);
    assert.equal((await stack.adm('PUT', '/workspaces/not-there/members/u0', { body: {} })).status, 404);
    assert.equal(
      (await stack.adm('PUT', `/workspaces/${u0.ws}/members/plain`, { body: {} })).body.name,
      'plain',
      'the id is the name if none is given',
    );
  });

  it('imports many members by NDJSON and is told what that changed', async () => {
    const [u0] = await stack.room(1);
    const at = `/workspaces/${u0.ws}/members`;
    const lines = Array.from({ length: 2000 }, (_, i) =>
      JSON.stringify({ user: `m${i}`, name: `Member ${i}`, role: 'member' }),
    );
    const first = await stack.adm('POST', at, { body: `${lines.join('\n')}\n`, headers: ndjson });
    assert.deepEqual([first.status, first.body], [200, { added: 2000, changed: 0, total: 2000 }]);
    lines[7] = JSON.stringify({ user: 'm7', name: 'Seven' });
    lines.push('', JSON.stringify({ user: 'new' }));
    const second = await stack.adm('POST', at, { body: lines.join('\r\n'), headers: ndjson });
    assert.deepEqual(second.body, { added: 1, changed: 1, total: 2001 });
    assert.equal((await stack.adm('GET', `/workspaces/${u0.ws}`)).body.members, 2002);
  });

  it('imports nothing if one line is wrong, and is told which', async () => {
    const [u0] = await stack.room(1);
    const wrong = [
      '{"user":',
      '[]',
      '{"name":"No one"}',
      '{"user":""}',
      '{"user":42}',
      '{"user":"a","name":"\u200b\u200b"}',
      '{"user":"a","user":"b"}',
      '{"user":"a\\u0000b"}',
      '{"user":"x","role":"Not A Role"}',
      Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]),
    ];
    for (const line of wrong) {
      const body = Buffer.concat(
        ['{"user":"good1"}\n', '{"user":"good2"}\n', line, '\n{"user":"good3"}\n'].map(part =>
          Buffer.from(part),
        ),
      );
      const answer = await stack.adm('POST', `/workspaces/${u0.ws}/members`, { body, headers: ndjson });
      assert.equal(answer.status, 400, String(line));
      assert.equal(answer.body.line, 3, String(line));
    }
    assert.equal((await stack.adm('GET', `/workspaces/${u0.ws}`)).body.members, 1);
  });

  it('makes group conversations with ids of its own, and removes them', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const at = `/workspaces/${u0.ws}/dms/${1000 + Number(u0.ws.slice(1))}`;
    assert.equal((await stack.adm('PUT', at, { body: { participants: ['u0', 'u1'], name: 'Two' } })).status, 201);
    assert.equal(
      (await stack.adm('PUT', at, { body: { participants: ['u0', 'u2'], name: 'Others' } })).status,
      200,
    );
    assert.deepEqual((await u1.ask('GET', 'dms')).body.dms, []);
    assert.deepEqual(
      (await u2.ask('GET', 'dms')).body.dms.map(dm => dm.name),
      ['Others'],
    );
    assert.equal((await stack.adm('PUT', at, { body: { participants: ['u0', 'stranger'] } })).status, 400);
    assert.equal((await stack.adm('DELETE', at)).status, 204);
    assert.equal((await stack.adm('DELETE', at)).status, 204);
    assert.deepEqual((await u2.ask('GET', 'dms')).body.dms, []);
  });

  it('makes tokens that are shown once, lists and revokes them', async () => {
    const made = await stack.adm('POST', '/tokens', {
      body: { user: 'tokened', label: 'laptop', expires_in: 3600 },
    });
    assert.equal(made.status, 201);
    assert.match(made.body.token, /^rc_[A-Za-z0-9_-]{43}$/);
    const list = async () => {
      const all = [];
      for (let after = 0; after !== undefined;) {
        const { body } = await stack.adm('GET', `/tokens?limit=5&after=${after}`);
        all.push(...body.tokens);
        after = body.next;
      }
      return all;
    };
    const listed = (await list()).find(one => one.id === made.body.id);
    assert.deepEqual([listed.user, listed.label, listed.admin], ['tokened', 'laptop', false]);
    assert.ok(Math.abs(listed.expires - listed.created - 3600000) < 5000);
    assert.ok(!JSON.stringify(await list()).includes(made.body.token.slice(3)), 'it is not shown again');
    assert.equal((await stack.req('GET', '/v1/me', { token: made.body.token })).status, 200);
    assert.equal((await stack.adm('DELETE', `/tokens/${made.body.id}`)).status, 204);
    assert.equal((await stack.adm('DELETE', `/tokens/${made.body.id}`)).status, 204);
    assert.equal((await stack.req('GET', '/v1/me', { token: made.body.token })).status, 401);
    const other = await stack.adm('POST', '/tokens', { body: { admin: true, label: 'deputy' } });
    assert.equal((await stack.req('GET', '/v1/admin/workspaces', { token: other.body.token })).status, 200);
  });

  it('is told what of a request is wrong', async () => {
    const tokens = [
      {},
      { user: '' },
      { user: 'u', admin: true },
      { admin: false },
      { user: 'u', expires_in: 0 },
      { user: 'u', expires_in: -1 },
      { user: 'u', expires_in: 1.5 },
      { user: 'u', expires_in: 'soon' },
      { user: 'u', expires_in: 1e18 },
      { user: 'u', label: 1 },
      { user: 'u'.repeat(129) },
    ];
    for (const body of tokens)
      assert.equal((await stack.adm('POST', '/tokens', { body })).status, 400, JSON.stringify(body));
    for (const id of ['-bad', '.bad', 'has%20space', 'x'.repeat(65), 'a%2Fb', '%C3%A9']) {
      assert.equal((await stack.adm('PUT', `/workspaces/${id}`, { body: {} })).status, 400, id);
    }
    for (const id of ['0', '-1', 'x', '99999999999999999999'])
      assert.equal((await stack.adm('DELETE', `/tokens/${id}`)).status, 400, id);
  });

  it('can have a status explained', async () => {
    const [u0] = await stack.room(1);
    const { session } = await u0.join({ status: 'away' });
    const { status, body } = await stack.adm('GET', `/workspaces/${u0.ws}/explain/u0`);
    assert.equal(status, 200);
    assert.ok(JSON.stringify(body).includes(session));
    assert.ok(JSON.stringify(body).includes('away'));
  });

  it('leaves a line in the log of each change, without secrets', async () => {
    const { body } = await stack.adm('POST', '/tokens', { body: { user: 'audited', label: 'log me' } });
    assert.ok(stack.log().includes('token.add'));
    assert.ok(!stack.log().includes(body.token.slice(3)));
    assert.ok(!stack.log().includes(stack.admin.slice(3)));
  });
});
