// SPDX-License-Identifier: ISC
// What a workspace lets its members hide and say: read, changed, and in force within a second.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

describe('the policy of a workspace', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30 } });
  });
  after(() => stack?.stop());

  const put = (ws, body, once) => stack.adm('PUT', `/workspaces/${ws}`, { body, once });
  const policy = ({ invisible, messages, last_seen }) => ({ invisible, messages, last_seen });
  const say = (person, body) => person.ask('PUT', 'me/status', { body });
  const sees = (person, user) => person.entryOf(user);

  it('allows everything at first, and is changed in part', async () => {
    const made = await put('policies', { last_seen: 'day' });
    assert.deepEqual([made.status, policy(made.body)], [201, { invisible: 'allowed', messages: true, last_seen: 'day' }]);
    const changed = await put('policies', { invisible: 'forbidden', messages: false });
    assert.deepEqual([changed.status, policy(changed.body)], [200, { invisible: 'forbidden', messages: false, last_seen: 'day' }]);
    await put('policies', { name: 'Policies' });
    const { body } = await stack.adm('GET', '/workspaces/policies');
    assert.deepEqual([body.name, policy(body)], ['Policies', policy(changed.body)]);
    const table = await stack.adm('GET', '/workspaces/policies', { headers: { Accept: 'text/plain' } });
    assert.match(table.body, /^id +name +members +created +invisible +messages +last_seen\npolicies .* forbidden +no +day\n$/);
    for (const wrong of [{ invisible: 'yes' }, { invisible: true }, { messages: 'no' }, { last_seen: 'week' }, { last_seen: 1 }])
      assert.equal((await put('policies', { name: 'Wrong', ...wrong })).status, 400, JSON.stringify(wrong));
    assert.equal((await stack.adm('GET', '/workspaces/policies')).body.name, 'Policies');
  });

  it('that forbids being invisible refuses it, and shows invisible members within a second', async () => {
    const [u0, u1, u2, u3] = await stack.room(4);
    for (const person of [u0, u1]) await person.join();
    assert.equal((await say(u0, { show: 'invisible' })).status, 200);
    assert.equal((await say(u1, { show: 'invisible', for: 3600 })).status, 200);
    assert.equal((await say(u3, { show: 'invisible' })).status, 200);
    assert.deepEqual(await u2.sees('u0', 'u1'), { u0: 'offline', u1: 'offline' });
    const follower = await u2.follow();
    await put(u0.ws, { invisible: 'forbidden' });
    await until(async () => Object.values(await u2.sees('u0', 'u1')).every(one => one === 'active'), 'both are seen', 5000);
    assert.deepEqual(await u2.sees('u3'), { u3: 'offline' }, 'who is not here stays offline');
    const refused = await say(u0, { show: 'invisible' });
    assert.deepEqual([refused.status, refused.body.code], [403, 'not_allowed']);
    const ofAdmin = await stack.adm('PUT', `/workspaces/${u0.ws}/members/u0/status`, { body: { show: 'invisible', for: 60 } });
    assert.deepEqual([ofAdmin.status, ofAdmin.body.code], [403, 'not_allowed']);
    assert.equal((await u0.ask('GET', 'me/status')).body.invisible, false);
    assert.equal((await say(u2, { show: 'away' })).status, 200, 'other things may be said');
    await put(u0.ws, { invisible: 'allowed' });
    await until(async () => Object.values(await u2.sees('u0', 'u1')).every(one => one === 'offline'), 'as they had said', 5000);
    await follower.stop();
  });

  it('that cannot be stored leaves no page with the old name of its workspace', async () => {
    const [u0] = await stack.room(1);
    const { cursor } = await u0.join();
    execFileSync('sqlite3', ['-cmd', '.timeout 20000', stack.path('rollcall.db'), `CREATE TRIGGER broken BEFORE UPDATE OF last_seen ON workspace
      WHEN NEW.id = '${u0.ws}' BEGIN SELECT RAISE(FAIL, 'broken'); END`]);
    const body = { name: 'Another', last_seen: 'day' };
    await until(async () => {
      assert.ok((await put(u0.ws, body, true)).status >= 500);
      return (await stack.adm('GET', `/workspaces/${u0.ws}`)).body.name === 'Another';
    }, 'the name alone is stored');
    await until(async () => (await u0.poll({ since: cursor })).body.refetch?.join() === 'members', 'the new one is told');
    execFileSync('sqlite3', ['-cmd', '.timeout 20000', stack.path('rollcall.db'), 'DROP TRIGGER broken']);
  });

  it('"default" makes new members invisible until they choose', async () => {
    const [u0] = await stack.room(1);
    await put(u0.ws, { invisible: 'default' });
    await stack.addMember(u0.ws, 'u1');
    const u1 = stack.as('u1', u0.ws);
    await u0.join();
    await u1.join();
    assert.deepEqual(await u0.sees('u0', 'u1'), { u0: 'active', u1: 'offline' });
    assert.equal((await u1.ask('GET', 'me/status')).body.invisible, true);
    await say(u1, { show: 'auto' });
    assert.deepEqual(await u0.sees('u1'), { u1: 'active' });
  });

  it('"default" hides a member who was here, was removed, and is added again', async () => {
    const [u0, u1] = await stack.room(2);
    await u1.join();
    assert.equal((await sees(u0, 'u1')).status, 'active');
    await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u1`);
    await put(u0.ws, { invisible: 'default' });
    await stack.addMember(u0.ws, 'u1');
    const follower = await u0.follow();
    await u1.join();
    const { body } = await u1.ask('GET', 'me/status');
    assert.deepEqual([body.status, body.shown, body.invisible], ['active', 'offline', true]);
    assert.equal((await sees(u0, 'u1')).status, 'offline');
    await u0.join(); // the last change, after which nothing else can come
    await follower.saw('u0', 'active');
    assert.ok(!follower.told('u1').includes('active'), follower.told('u1').join());
    await follower.stop();
  });

  it('that forbids messages hides them, and shows them again when it allows them', async () => {
    const [u0, u1] = await stack.room(2);
    await say(u0, { text: 'hello', emoji: '👋', dnd: true });
    await put(u0.ws, { messages: false });
    await until(async () => (await sees(u1, 'u0')).text === undefined, 'it is hidden', 5000);
    assert.deepEqual([(await sees(u1, 'u0')).emoji, (await sees(u1, 'u0')).dnd], [undefined, true]);
    for (const body of [{ text: 'x' }, { emoji: '👋' }, { text: 'x', dnd: false }]) {
      const refused = await say(u0, body);
      assert.deepEqual([refused.status, refused.body.code], [403, 'not_allowed'], JSON.stringify(body));
    }
    const claim = await u0.ask('PUT', 'me/claims/call', { body: { text: 'x', for: 60 } });
    assert.equal(claim.body.code, 'not_allowed');
    assert.equal((await say(u0, { dnd: true })).status, 200);
    assert.equal((await say(u0, { text: '', for: 1 })).status, 200, 'to say nothing is allowed');
    await u0.ask('DELETE', 'me/status');
    await put(u0.ws, { messages: true });
    await until(async () => (await sees(u1, 'u0')).text === 'hello', 'it is shown again', 5000);
  });
});
