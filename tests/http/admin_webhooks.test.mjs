// SPDX-License-Identifier: ISC
// Webhooks as an administrator sets them up and looks at them. What is delivered is the subject of the tests of hooks.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startStack, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const url = 'https://app.example.org/rollcall';
const away = 'http://127.0.0.1:1/'; // where nobody listens
const plain = { headers: { Accept: 'text/plain' } };
let stack;

before(async () => {
  stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 2 } });
});
after(() => stack?.stop());

const at = (id, more = '') => `/webhooks/${id}${more}`;
const put = (id, body) => stack.adm('PUT', at(id), { body });
const get = id => stack.adm('GET', at(id));
const drop = id => stack.adm('DELETE', at(id));

/* Says in Redis how webhook ID does in workspace WS, as the process that delivers would. */
async function say(ws, id, state) {
  await until(async () => (await stack.redis('KEYS', `rollcall:*:${ws}:meta`)).length === 1, 'the workspace is known to Redis');
  const [meta] = await stack.redis('KEYS', `rollcall:*:${ws}:meta`);
  await stack.redis('HSET', meta.replace(/meta$/, 'hooks'), id, JSON.stringify({ attempt: 0, made: (await get(id)).body.created, ...state }));
}

describe('a webhook', () => {
  it('is created with a secret that is shown once, changed, listed and removed', async () => {
    const made = await put('crm', { url });
    assert.equal(made.status, 201);
    const { secret, created, ...rest } = made.body;
    assert.match(secret, /^whsec_[A-Za-z0-9+/]+=*$/);
    const bytes = Buffer.from(secret.slice(6), 'base64').length;
    assert.ok(bytes >= 24 && bytes <= 64, 'as Standard Webhooks has it');
    assert.ok(Math.abs(created - Date.now()) < 60000);
    const events = ['status', 'message', 'dnd', 'member', 'dm'];
    assert.deepEqual(rest, { id: 'crm', url, events, delay: 3, reveal: false, active: true });
    const again = await put('crm', { url: 'http://[::1]:8080/x?y=%20', events: ['dm', 'status'], delay: 0, reveal: true, active: false });
    assert.equal(again.status, 200);
    assert.deepEqual(again.body, {
      id: 'crm', url: 'http://[::1]:8080/x?y=%20', events: ['status', 'dm'], delay: 0, reveal: true, active: false, created,
    });
    const read = await get('crm');
    assert.equal(read.status, 200);
    assert.ok(!read.bytes.toString().includes('whsec'));
    const { body } = await stack.adm('GET', '/webhooks');
    assert.deepEqual(body.webhooks.map(one => one.id), ['crm']);
    assert.equal((await drop('crm')).status, 204);
    assert.equal((await drop('crm')).status, 204);
    assert.equal((await get('crm')).status, 404);
    assert.match((await get('crm')).body.detail, /Webhook "crm" not found/);
  });

  it('that is put again is as this request says, whatever it was before', async () => {
    const [u0] = await stack.room(1);
    await put('again', { url, workspace: u0.ws, events: ['dnd'], delay: 60, reveal: true, active: false });
    const { body } = await put('again', { url });
    assert.equal(body.workspace, undefined);
    assert.equal(body.events.length, 5);
    assert.deepEqual([body.delay, body.reveal, body.active], [3, false, true]);
    await drop('again');
  });

  it('with a fault is refused with a sentence that names it', async () => {
    const cases = [
      [{}, /"url" is missing/],
      [{ url: 7 }, /"url" must be a string/],
      [{ url: '' }, /must begin with https:\/\//],
      [{ url: 'ftp://x/' }, /must begin with https:\/\//],
      [{ url: 'app.example.org/x' }, /must begin with https:\/\//],
      [{ url: 'https://' }, /must name a host/],
      [{ url: 'https:///x' }, /must name a host/],
      [{ url: 'https://x:0/' }, /must name a host, and perhaps a port/],
      [{ url: 'https://x:65536/' }, /port/],
      [{ url: 'https://[::1/' }, /must name a host/],
      [{ url: 'https://ann:pw@x/' }, /user name or password/],
      [{ url: 'https://x/#y' }, /fragment/],
      [{ url: 'https://x/a b' }, /without spaces/],
      [{ url: 'https://münchen.example/' }, /xn--/],
      [{ url: `https://x/${'y'.repeat(2048)}` }, /2048/],
      [{ url, workspace: 'a b' }, /"workspace" must be a workspace's id/],
      [{ url, workspace: 7 }, /"workspace" must be a workspace's id/],
      [{ url, events: [] }, /"events" is empty/],
      [{ url, events: ['typing'] }, /^Unknown name in "events"\. Known names: /],
      [{ url, events: 'status' }, /"events" must be an array/],
      [{ url, delay: 61 }, /"delay" must be .* from 0 to 60/],
      [{ url, delay: -1 }, /"delay" must be/],
      [{ url, delay: 1.5 }, /"delay" must be/],
      [{ url, reveal: 'yes' }, /"reveal" must be true or false/],
      [{ url, active: 1 }, /"active" must be true or false/],
      [{ url, secret: 'whsec_x' }, /secret/],
      [{ url, event: ['dm'] }, /"events"/],
    ];
    for (const [body, detail] of cases) {
      const answer = await put('bad', body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.match(answer.body.detail, detail);
    }
    const unknown = await put('bad', { url, workspace: 'nowhere' });
    assert.equal(unknown.status, 404);
    assert.match(unknown.body.detail, /Workspace "nowhere" not found/);
    for (const id of ['a%20b', '-a', 'x'.repeat(65), '%C3%BC'])
      for (const [method, more] of [['PUT', ''], ['GET', ''], ['DELETE', ''], ['POST', '/secret'], ['POST', '/test'], ['POST', '/replay']]) {
        const { status, body } = await stack.adm(method, at(id, more), { body: method === 'PUT' ? { url } : undefined });
        assert.equal(status, 400, `${method} ${id}${more}`);
        assert.match(body.detail, /Invalid webhook id|"workspace" is missing/);
      }
    assert.equal((await get('bad')).status, 404);
  });

  it('takes a URL of 2,048 bytes', async () => {
    const long = `https://x/${'y'.repeat(2038)}`;
    assert.equal((await put('long', { url: long })).body.url, long);
    await drop('long');
  });

  it('gets another secret, and keeps the one before for a day', async () => {
    const { secret } = (await put('rotated', { url })).body;
    const { status, body } = await stack.adm('POST', at('rotated', '/secret'));
    assert.equal(status, 200);
    assert.match(body.secret, /^whsec_/);
    assert.notEqual(body.secret, secret);
    assert.ok(Math.abs(body.old_secret_until - Date.now() - 86400000) < 60000);
    assert.ok(!JSON.stringify(await get('rotated')).includes('whsec'));
    assert.equal((await stack.adm('POST', at('none', '/secret'))).status, 404);
    await drop('rotated');
  });

  it('goes with its workspace, and only then', async () => {
    const [u0] = await stack.room(1);
    await put('own', { url: away, workspace: u0.ws });
    await put('all', { url: away });
    assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}`)).status, 204);
    assert.equal((await get('own')).status, 404);
    assert.equal((await get('all')).status, 200);
    await drop('all');
  });

  it('is for administrators only, whatever the scope of a token', async () => {
    const [u0] = await stack.room(1);
    const { token } = (await stack.adm('POST', '/tokens', { body: { scope: ['read', 'claims', 'notify', 'members'] } })).body;
    for (const [method, path] of [['GET', ''], ['GET', '/x'], ['PUT', '/x'], ['DELETE', '/x'], ['POST', '/x/secret'], ['POST', '/x/test'], ['POST', '/x/replay']]) {
      const asked = { token, body: method === 'PUT' ? { url } : undefined };
      const answer = await stack.req(method, `/v1/admin/webhooks${path}`, asked);
      assert.deepEqual([answer.status, answer.body.code], [403, 'insufficient_scope'], path);
      assert.equal((await stack.req(method, `/v1/admin/webhooks${path}`, { ...asked, token: undefined, user: u0.user })).status, 403);
    }
  });

  it('leaves a line in the log for each change, without its secret', async () => {
    const [u0] = await stack.room(1);
    const seen = stack.log().length;
    const { secret } = (await put('logged', { url: away, workspace: u0.ws })).body;
    const rotated = (await stack.adm('POST', at('logged', '/secret'))).body.secret;
    await stack.adm('POST', at('logged', '/test'));
    await stack.adm('POST', at('logged', '/replay'), { body: { workspace: u0.ws } });
    await drop('logged');
    const lines = () => stack.log().slice(seen).match(/action="webhook.*/g) ?? [];
    await until(() => lines().length === 5, 'there are five lines');
    const object = 'object="logged"';
    assert.deepEqual(lines(), [
      `action="webhook.put" workspace="${u0.ws}" ${object}`,
      `action="webhook.secret" ${object}`,
      `action="webhook.test" ${object}`,
      `action="webhook.replay" workspace="${u0.ws}" ${object}`,
      `action="webhook.delete" ${object}`,
    ]);
    assert.ok(!stack.log().includes(secret.slice(6)) && !stack.log().includes(rotated.slice(6)));
  });
});

describe('how far a webhook has come', () => {
  it('is told for each workspace', async () => {
    const [u0] = await stack.room(2);
    await u0.join();
    await put('far', { url, workspace: u0.ws, active: false });
    const cursor = await u0.cursor();
    const [epoch, seq] = cursor.split('-');
    const fresh = (await get('far')).body.workspaces;
    assert.deepEqual(fresh, [{ workspace: u0.ws, lag_changes: Number(seq), lag_s: 0, delivered: 0 }]);
    const since = Date.now() - 3600000;
    await say(u0.ws, 'far', {
      cursor: `${epoch}-0`, behind_since: since, failing_since: since, next_try: since + 7200000, attempt: 9, delivered: 4,
      last_error: 'it answered 503',
    });
    const [one] = (await get('far')).body.workspaces;
    assert.deepEqual(one, {
      workspace: u0.ws, cursor: `${epoch}-0`, lag_changes: Number(seq), lag_s: 0, delivered: 4, failing_since: since,
      last_error: 'it answered 503',
    }, 'nothing is late, and nothing is tried, while it is inactive');
    await say(u0.ws, 'far', { cursor, delivered: 7, made: 1 });
    assert.equal((await get('far')).body.workspaces[0].delivered, 0, 'that was another one with this id');
    await say(u0.ws, 'far', { cursor, delivered: 5 });
    assert.deepEqual((await get('far')).body.workspaces, [{ workspace: u0.ws, cursor, lag_changes: 0, lag_s: 0, delivered: 5 }]);
    await drop('far');
  });

  it('is not believed if it cannot be', async () => {
    const [u0] = await stack.room(1);
    await u0.join();
    await put('odd', { url, workspace: u0.ws, active: false });
    const [meta] = await stack.redis('KEYS', `rollcall:*:${u0.ws}:meta`);
    for (const text of ['', '{', '[]', '{"cursor":"x"}', '{"delivered":-1}', `{"last_error":7}`]) {
      await stack.redis('HSET', meta.replace(/meta$/, 'hooks'), 'odd', text);
      const { status, body } = await get('odd');
      assert.equal(status, 200);
      assert.equal(body.workspaces[0].delivered, 0, text);
    }
    await drop('odd');
  });

  it('is a table for people', async () => {
    const [u0] = await stack.room(1);
    await u0.join();
    await put('table', { url, workspace: u0.ws, active: false });
    const cursor = await u0.cursor();
    await say(u0.ws, 'table', { cursor, delivered: 12, last_error: 'it answered 503', failing_since: 1767225600000 });
    for (const path of ['/webhooks', at('table')]) {
      const { status, bytes, headers } = await stack.adm('GET', path, plain);
      assert.equal(status, 200);
      assert.match(headers['content-type'], /^text\/plain/);
      const lines = bytes.toString().trim().split('\n').map(line => line.split(/  +/));
      assert.deepEqual(lines[0], ['id', 'active', 'workspace', 'cursor', 'lag_changes', 'lag_s', 'delivered', 'failing_since', 'next_try', 'last_error', 'url']);
      const line = lines.find(([id]) => id === 'table');
      assert.deepEqual([line[1], line[2], line[3], line[6], line[7], line[8], line[9], line[10]],
        ['no', u0.ws, cursor, '12', '2026-01-01T00:00:00Z', '-', 'it answered 503', url]);
    }
    await drop('table');
  });

  it('is paged by workspaces', () =>
    withStack({ workers: 1, conf: { ttl: 60, heartbeat: 30 } }, async own => {
      const admin = (method, path, body) => own.adm(method, path, { body });
      await admin('PUT', '/webhooks/all', { url });
      await admin('PUT', '/webhooks/other', { url });
      const empty = await own.adm('GET', '/webhooks', plain);
      assert.equal(empty.bytes.toString().trim().split('\n').length, 3, 'a line for each, without any workspace');
      const names = ['w1', 'w2', 'w3', 'w4', 'w5'];
      for (const name of names) await admin('PUT', `/workspaces/${name}`, {});
      await admin('PUT', '/webhooks/third', { url, workspace: 'w3' });
      const seen = { all: [], other: [], third: [] };
      let after = '';
      for (let pages = 0; after !== undefined && pages < 5; pages++) {
        const { body } = await own.adm('GET', `/webhooks?limit=2${after && `&after=${after}`}`);
        assert.equal(body.webhooks.length, 3);
        for (const one of body.webhooks) seen[one.id].push(...one.workspaces.map(({ workspace }) => workspace));
        after = body.next;
      }
      assert.deepEqual(seen, { all: names, other: names, third: ['w3'] });
      const first = (await own.adm('GET', '/webhooks/all?limit=3')).body;
      assert.equal(first.workspaces.length, 3);
      assert.equal(first.next, 'w3');
      const rest = (await own.adm('GET', '/webhooks/all?limit=3&after=w3')).body;
      assert.deepEqual([rest.workspaces.map(one => one.workspace), rest.next], [['w4', 'w5'], undefined]);
      const table = await own.adm('GET', '/webhooks/all?limit=3', plain);
      assert.equal(table.headers['x-rollcall-more'], 'true');
      assert.equal((await own.adm('GET', '/webhooks?after=a%20b')).status, 400);
      for (const id of ['all', 'other']) await admin('DELETE', `/webhooks/${id}`);
      assert.deepEqual((await own.adm('GET', '/webhooks')).body.webhooks[0].workspaces.map(one => one.workspace), ['w3']);
    }));

  it('cannot be told without Redis', () =>
    withStack({ workers: 1, conf: { ttl: 60, heartbeat: 30 } }, async own => {
      await own.adm('PUT', '/workspaces/w1', { body: {} });
      await own.adm('PUT', '/webhooks/all', { body: { url } });
      await own.redisServer.stop();
      await until(async () => (await own.adm('GET', '/webhooks')).status === 503, 'it says so', 20000);
      assert.equal((await own.adm('GET', '/webhooks')).body.code, 'redis_unavailable');
      assert.equal((await own.adm('POST', '/webhooks/all/test')).status, 503);
      assert.equal((await own.adm('POST', '/webhooks/all/replay', { body: { workspace: 'w1' } })).status, 503);
      assert.doesNotMatch(own.log(), /webhook\.(test|replay)/, 'what was not asked is not in the log');
      assert.equal((await own.adm('PUT', '/webhooks/all', { body: { url } })).status, 200, 'the directory is enough for that');
    }));
});

describe('a test and a replay', () => {
  const asks = () => stack.redis('HKEYS', 'rollcall:{0}:hook-asks');

  it('are asked of the process that delivers', async () => {
    const [u0] = await stack.room(1);
    await put('asked', { url: away, workspace: u0.ws });
    const tested = await stack.adm('POST', at('asked', '/test'));
    assert.equal(tested.status, 202);
    const replay = body => stack.adm('POST', at('asked', '/replay'), { body });
    assert.equal((await replay({ workspace: u0.ws })).status, 202);
    assert.equal((await replay({ workspace: u0.ws, since: '189f9ca0181487b0-20_m7' })).status, 202);
    await drop('asked');
  });

  it('are refused with a sentence if they make no sense', async () => {
    const [u0] = await stack.room(1);
    const [v0] = await stack.room(1);
    await put('fixed', { url: away, workspace: u0.ws });
    const replay = (id, body) => stack.adm('POST', at(id, '/replay'), { body });
    const cases = [
      ['fixed', {}, 400, /"workspace" is missing/],
      ['fixed', { workspace: 7 }, 400, /"workspace" must be/],
      ['fixed', { workspace: 'a b' }, 400, /"workspace" must be/],
      ['fixed', { workspace: u0.ws, since: 'yesterday' }, 400, /"since" must be a cursor/],
      ['fixed', { workspace: u0.ws, since: 7 }, 400, /"since" must be a cursor/],
      ['fixed', { workspace: u0.ws, until: 'x' }, 400, /until/],
      ['fixed', { workspace: v0.ws }, 400, /only/],
      ['fixed', { workspace: 'nowhere' }, 404, /Workspace "nowhere" not found/],
      ['nobody', { workspace: u0.ws }, 404, /Webhook "nobody" not found/],
    ];
    for (const [id, body, status, detail] of cases) {
      const answer = await replay(id, body);
      assert.equal(answer.status, status, JSON.stringify(body));
      assert.match(answer.body.detail, detail);
    }
    assert.equal((await stack.adm('POST', at('nobody', '/test'))).status, 404);
    await put('fixed', { url: away, workspace: u0.ws, active: false });
    for (const answer of [await stack.adm('POST', at('fixed', '/test')), await replay('fixed', { workspace: u0.ws })]) {
      assert.equal(answer.status, 409);
      assert.match(answer.body.detail, /Webhook "fixed" is inactive/);
    }
    await drop('fixed');
    assert.ok(!(await asks()).some(ask => ask.includes('fixed') || ask.includes('nobody')), 'nothing was asked');
  });
});
