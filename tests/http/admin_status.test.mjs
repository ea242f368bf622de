// SPDX-License-Identifier: ISC
// What administrators say of members, and what they are told of them: the truth, with a line in the log.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startStack } from '../lib/stack.mjs';

describe('an administrator', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30 } });
  });
  after(() => stack?.stop());

  const own = async person => (await person.ask('GET', 'me/status')).body;
  /* What the log says that was done in WS. */
  const audited = ws =>
    (stack.log().match(/audit: .*/g) ?? [])
      .filter(line => line.includes(`workspace="${ws}"`))
      .map(line => line.replace(/.*action="([^"]*)" workspace="[^"]*"/, '$1'))
      .filter(line => !/^(workspace|member)\./.test(line));

  it('says for a member that they are out of office, and takes it back', async () => {
    const [u0, u1] = await stack.room(2);
    const at = `/workspaces/${u0.ws}/members/u0/status`;
    const until = Date.now() + 14 * 86400000;
    const put = await stack.adm('PUT', at, { body: { text: 'Out of office', emoji: '🌴', until } });
    assert.deepEqual([put.status, put.body.text, put.body.until, put.body.status], [200, 'Out of office', until, 'offline']);
    assert.deepEqual((await own(u0)).layers, put.body.layers);
    const [seen] = (await u1.ask('GET', 'status?user=u0')).body.users;
    assert.deepEqual([seen.text, seen.emoji, seen.until], ['Out of office', '🌴', until]);
    const got = await stack.adm('GET', at);
    assert.deepEqual([got.body.layers, got.headers.etag], [put.body.layers, put.headers.etag]);
    assert.equal((await stack.adm('GET', at, { headers: { 'If-None-Match': got.headers.etag } })).status, 304);
    await stack.adm('PUT', at, { body: { dnd: true } });
    assert.equal((await stack.adm('DELETE', at)).status, 204);
    assert.equal((await stack.adm('DELETE', `${at}?all=true`)).status, 204);
    assert.deepEqual((await own(u0)).layers, []);
    assert.deepEqual(audited(u0.ws), [
      'status.put object="u0"', 'status.read object="u0"', 'status.read object="u0"', 'status.put object="u0"',
      'status.delete object="u0"',
    ]);
  });

  it('makes, renews and ends claims, but does not bring back one that its user has ended', async () => {
    const [u0] = await stack.room(1);
    const at = `/workspaces/${u0.ws}/members/u0/claims/meeting`;
    const put = () => stack.adm('PUT', at, { body: { dnd: true, text: 'In a meeting', for: 600 } });
    assert.deepEqual([(await put()).status, (await put()).status], [201, 200]);
    assert.equal((await own(u0)).text, 'In a meeting');
    assert.equal((await stack.adm('DELETE', at)).status, 204);
    assert.equal((await put()).status, 201, 'at once');
    await u0.ask('DELETE', 'me/claims/meeting');
    const silent = await put();
    assert.deepEqual([silent.status, silent.body.layers], [200, []]);
    const { body } = await stack.adm('GET', `/workspaces/${u0.ws}/explain/u0`);
    assert.deepEqual(body.layers.map(one => [one.name, one.variant, one.priority, one.wins]), [['meeting', 'silenced', 5, []]]);
    assert.deepEqual(audited(u0.ws).slice(0, 2), ['claim.put object="u0" claim="meeting"', 'claim.put object="u0" claim="meeting"']);
    assert.ok(audited(u0.ws).includes('claim.delete object="u0" claim="meeting"'));
  });

  it('reaches a member with any id by the query', async () => {
    const [u0] = await stack.room(1);
    const id = encodeURIComponent('../x/y');
    const member = `/workspaces/${u0.ws}/member`;
    assert.equal((await stack.adm('PUT', `${member}?user=${id}`, { body: {} })).status, 201);
    assert.equal((await stack.adm('PUT', `${member}/status?user=${id}`, { body: { text: 'dots' } })).body.text, 'dots');
    assert.equal((await stack.adm('PUT', `${member}/claims/call?user=${id}`, { body: { dnd: true, for: 60 } })).status, 201);
    const got = await stack.adm('GET', `${member}/status?user=${id}`);
    assert.deepEqual(got.body.layers.map(({ layer }) => layer), ['base', 'claim']);
    assert.equal((await stack.adm('DELETE', `${member}/claims/call?user=${id}`)).status, 204);
    assert.equal((await stack.adm('DELETE', `${member}/status?user=${id}&all=true`)).status, 204);
    assert.equal((await stack.adm('PUT', `${member}/status`, { body: { dnd: true } })).status, 400);
  });

  it('is told who is not a member, and what is wrong', async () => {
    const [u0] = await stack.room(1);
    const members = `/workspaces/${u0.ws}/members`;
    for (const [method, path, body] of [
      ['GET', `${members}/nobody/status`],
      ['PUT', `${members}/nobody/status`, { dnd: true }],
      ['DELETE', `${members}/nobody/status`],
      ['PUT', `${members}/nobody/claims/call`, { dnd: true, for: 60 }],
      ['DELETE', `${members}/nobody/claims/call`],
      ['PUT', '/workspaces/nowhere/members/u0/status', { dnd: true }],
    ]) {
      const answer = await stack.adm(method, path, { body });
      assert.deepEqual([answer.status, answer.body.code], [404, 'not_found'], `${method} ${path}`);
    }
    assert.equal((await stack.adm('PUT', `${members}/u0/status`, { body: { show: 'busy' } })).status, 400);
    assert.equal((await stack.adm('PUT', `${members}/u0/claims/A`, { body: { dnd: true, for: 60 } })).status, 400);
    assert.equal((await stack.adm('DELETE', `${members}/u0/status?all=1`)).status, 400);
    const user = await stack.req('PUT', `/v1/admin${members}/u0/status`, { user: 'u0', body: { dnd: true } });
    assert.equal(user.body.code, 'admin_only');
    assert.deepEqual(audited(u0.ws), []);
  });

  it('is told of an invisible user what is true, and what others see, with a line in the log', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    await u0.ask('PUT', 'me/status', { body: { text: 'hello', show: 'invisible' } });
    assert.deepEqual(await u1.sees('u0'), { u0: 'offline' });
    const before = audited(u0.ws).length;
    const explain = `/workspaces/${u0.ws}/explain/u0`;
    const { body } = await stack.adm('GET', explain);
    assert.deepEqual([body.status, body.shown, body.invisible, body.others], ['active', 'offline', true, { dnd: false, text: 'hello' }]);
    assert.match(body.rule, /active.*the user is invisible, so others see them offline$/);
    const { body: text } = await stack.adm('GET', explain, { headers: { Accept: 'text/plain' } });
    assert.match(text, /^u0 is active in .*invisible/);
    assert.match(text, /\nOthers see: offline, hello\.\n/);
    assert.match(text, /\nlayer +name +priority +variant +show +dnd +text +emoji +until +decides\nbase +- +4 +plain +invisible/);
    await stack.adm('GET', `/workspaces/${u0.ws}/sessions?user=u0`);
    assert.deepEqual(audited(u0.ws).slice(before), ['explain object="u0"', 'explain object="u0"', 'sessions.read object="u0"']);
  });

  it('is told why somebody has their status, and what changes next', async () => {
    const [u0] = await stack.room(1);
    const explain = async () => (await stack.adm('GET', `/workspaces/${u0.ws}/explain/u0`)).body;
    const says = async rule => assert.match((await explain()).rule, rule);
    await u0.ask('PUT', 'me/claims/door', { body: { present: true, for: 600 } });
    await says(/^no session is alive, but a claim says that the user is present$/);
    const { session } = await u0.join({ status: 'away' });
    await says(/^no live session is active and at least one is away$/);
    await u0.ask('PUT', 'me/claims/call', { body: { show: 'active', for: 300 } });
    await says(/^no live session is active, but a claim says that the user is$/);
    await u0.beat(session, { status: 'active' });
    await says(/^at least one live session is active/);
    await u0.ask('PUT', 'me/status', { body: { show: 'away', for: 60 } });
    await says(/^a live session is active, but a layer says that the user is away$/);
    const { next, layers, now } = await explain();
    assert.deepEqual(next, { at: layers.find(one => one.layer === 'temporary').until, layer: 'temporary' });
    assert.ok(next.at > now);
    const { body } = await stack.adm('GET', `/workspaces/${u0.ws}/explain/u0`, { headers: { Accept: 'text/plain' } });
    assert.match(body, /\nNext change: the temporary status ends at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.\n/);
  });
});
