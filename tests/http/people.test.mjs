// SPDX-License-Identifier: ISC
// People: members, direct-message conversations, and the caller.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { query } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';

describe('people', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30 } });
  });
  after(() => stack?.stop());

  it('are listed with name, role and status', async () => {
    const [u0, u1] = await stack.room(3);
    await stack.adm('PUT', `/workspaces/${u0.ws}/members/u1`, { body: { name: 'Ödön', role: 'guest' } });
    await u1.join({ status: 'away' });
    const { status, body } = await u0.ask('GET', 'members');
    assert.equal(status, 200);
    assert.deepEqual(
      body.members.map(({ user, name, role, status: is }) => [user, name, role, is]),
      [
        ['u0', 'U0', 'member', 'offline'],
        ['u1', 'Ödön', 'guest', 'away'],
        ['u2', 'U2', 'member', 'offline'],
      ],
    );
    assert.equal(typeof body.cursor, 'string');
    assert.ok(Number.isInteger(body.members[1].since));
    assert.equal(body.members[2].since, undefined, 'who was never seen, is so since nobody knows when');
  });

  it('are listed in pages that lose and repeat nobody', async () => {
    const [u0] = await stack.room(7);
    const seen = [];
    for (let after; ;) {
      const { body } = await u0.ask('GET', `members${query({ limit: 3, after })}`);
      assert.ok(body.members.length <= 3);
      seen.push(...body.members.map(one => one.user));
      if (body.next === undefined) break;
      after = body.next;
    }
    assert.deepEqual(seen, ['u0', 'u1', 'u2', 'u3', 'u4', 'u5', 'u6']);
  });

  it('are read alone if they are named, as far as they are members', async () => {
    const [u0, u1, u2] = await stack.room(4);
    await u2.join();
    const read = async users => {
      const { status, body } = await u0.ask('GET', `members${query({ user: users, limit: 1 })}`);
      assert.equal(status, 200);
      assert.equal(body.next, undefined);
      return body.members.map(({ user, name, status: is }) => [user, name, is]);
    };
    assert.deepEqual(await read(['u2', 'nobody', 'u1']), [['u2', 'U2', 'active'], ['u1', 'U1', 'offline']]);
    assert.deepEqual(await read(['nobody']), []);
    const invisible = await u1.say({ show: 'invisible' });
    assert.equal(invisible.invisible, true);
    await u1.join();
    assert.deepEqual(await read([u1.user]), [['u1', 'U1', 'offline']]);
    const many = n => Array.from({ length: n }, (_, i) => `n${i}`);
    assert.deepEqual(await read(many(500)), []);
    for (const user of [many(501), '', 'a\u0007'])
      assert.equal((await u0.ask('GET', `members${query({ user })}`)).status, 400);
  });

  it('open a conversation of two once, whoever opens it and however many try at once', async () => {
    const [u0, u1] = await stack.room(2);
    const open = (from, to) => from.ask('POST', 'dms', { body: { participants: [to.user] } });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? open(u0, u1) : open(u1, u0))));
    assert.equal(new Set(answers.map(one => one.body.id)).size, 1);
    assert.deepEqual(answers.map(one => one.status).sort(), [...Array(9).fill(200), 201]);
    assert.equal(answers[0].body.group, false);
    assert.equal((await open(u0, u1)).status, 200);
  });

  it('open one group for an Idempotency-Key, whichever worker gets the request again', async () => {
    const [u0, u1] = await stack.room(3);
    const open = (key, body = {}, from = u0) =>
      from.ask('POST', 'dms', {
        body: { participants: ['u0', 'u1', 'u2'], name: 'Lunch', ...body },
        headers: { 'Idempotency-Key': key },
      });
    const first = await open('"8e03978e-40d5-43e8-bc93-6894a57f9324"');
    assert.equal(first.status, 201);
    const again = await Promise.all(Array.from({ length: 20 }, () => open('"8e03978e-40d5-43e8-bc93-6894a57f9324"')));
    assert.deepEqual([...new Set(again.map(({ status, body }) => `${status} ${body.id}`))], [`200 ${first.body.id}`]);
    assert.equal((await open('8e03978e-40d5-43e8-bc93-6894a57f9324')).body.id, first.body.id, 'without quotes');
    const at_once = await Promise.all(Array.from({ length: 20 }, () => open('"at-once"')));
    assert.equal(new Set(at_once.map(({ body }) => body.id)).size, 1);
    assert.equal(at_once.filter(({ status }) => status === 201).length, 1);
    const other = await open('"at-once"', { name: 'Dinner' });
    assert.deepEqual([other.status, other.body.code], [422, 'key_reused']);
    assert.equal((await open('"at-once"', {}, u1)).status, 201, 'a key is its user\'s own');
    for (const key of ['""', '"', '"a b"', '"a', 'a"b', `"${'x'.repeat(256)}"`, '"\\"'])
      assert.equal((await open(key)).status, 400, key);
    assert.equal((await open(`"${'x'.repeat(255)}"`)).status, 201);
  });

  it('have group conversations, as many as they open', async () => {
    const [u0] = await stack.room(3);
    const open = () => u0.ask('POST', 'dms', { body: { participants: ['u1', 'u2'], name: 'Lunch' } });
    const [first, second] = [await open(), await open()];
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.notEqual(first.body.id, second.body.id);
    assert.equal(first.body.name, 'Lunch');
    assert.equal(first.body.group, true);
    assert.deepEqual(
      first.body.participants.map(one => one.user),
      ['u0', 'u1', 'u2'],
    );
  });

  it('see their own conversations alone, with name and status of each participant', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const {
      body: { id },
    } = await u0.ask('POST', 'dms', { body: { participants: ['u1'] } });
    await u1.join();
    const { body } = await u0.ask('GET', 'dms');
    assert.deepEqual(
      body.dms.map(dm => dm.id),
      [id],
    );
    assert.deepEqual(
      body.dms[0].participants.map(({ user, name, status }) => [user, name, status]),
      [
        ['u0', 'U0', 'offline'],
        ['u1', 'U1', 'active'],
      ],
    );
    assert.equal(typeof body.cursor, 'string');
    assert.deepEqual((await u2.ask('GET', 'dms')).body.dms, []);
  });

  it('see their conversations in pages', async () => {
    const [u0] = await stack.room(6);
    const ids = [];
    for (let i = 1; i < 6; i++)
      ids.push((await u0.ask('POST', 'dms', { body: { participants: [`u${i}`] } })).body.id);
    const seen = [];
    for (let after; ;) {
      const { body } = await u0.ask('GET', `dms${query({ limit: 2, after })}`);
      seen.push(...body.dms.map(dm => dm.id));
      if (body.next === undefined) break;
      after = body.next;
    }
    assert.deepEqual(
      seen,
      ids.sort((a, b) => a - b),
    );
  });

  it('cannot open a conversation with nobody, strangers, themselves alone, or a crowd', async () => {
    const [u0] = await stack.room(2);
    const wrong = [
      {},
      { participants: [] },
      { participants: 'u1' },
      { participants: ['stranger'] },
      { participants: ['u0'] },
      { participants: [1] },
      { participants: ['u1'], name: 7 },
      { participants: Array.from({ length: 51 }, (_, i) => `u${i}`) },
      { participants: [''] },
    ];
    for (const body of wrong)
      assert.equal((await u0.ask('POST', 'dms', { body })).status, 400, JSON.stringify(body));
  });

  it('keep a conversation of two when a third one is removed, and lose it when one of them is', async () => {
    const [u0, u1] = await stack.room(3);
    await u0.ask('POST', 'dms', { body: { participants: ['u1'] } });
    await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u2`);
    assert.equal((await u1.ask('GET', 'dms')).body.dms.length, 1);
    await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u0`);
    assert.equal((await u1.ask('GET', 'dms')).body.dms.length, 0);
  });

  it('learn who they are and where they belong', async () => {
    await stack.people('first', 'me', 1);
    await stack.people('second', 'me', 1);
    const { status, body } = await stack.req('GET', '/v1/me', { user: 'me0' });
    assert.equal(status, 200);
    assert.deepEqual(body, {
      user: 'me0',
      admin: false,
      workspaces: [
        { id: 'first', name: 'first' },
        { id: 'second', name: 'second' },
      ],
    });
    assert.equal((await stack.req('GET', '/v1/me', { token: stack.admin })).body.admin, true);
  });
});
