// SPDX-License-Identifier: ISC
// The status resource: one read of who is what, for those who do not follow.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { query } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';

describe('status', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30 } });
  });
  after(() => stack?.stop());

  it('is offline for a member who was never seen, and left out for users who are not members', async () => {
    const [u0] = await stack.room(2);
    assert.deepEqual(await u0.sees('u1', 'stranger'), { u1: 'offline' });
    const { body } = await u0.ask('GET', `status${query({ user: 'u1' })}`);
    assert.equal(body.users[0].since, undefined, 'since when, nobody can know');
  });

  it('lists everyone who is not offline if nobody is named', async () => {
    const [u0, u1, u2] = await stack.room(4);
    await u0.join();
    await u1.join({ status: 'away' });
    await u2.leaveNow((await u2.join()).session);
    assert.deepEqual(await u2.sees(), { u0: 'active', u1: 'away' });
  });

  it('comes in pages by user id', async () => {
    const people = await stack.room(5);
    for (const one of people) await one.join();
    const seen = [];
    let after;
    do {
      const { body } = await people[0].ask('GET', `status${query({ limit: 2, after })}`);
      assert.ok(body.users.length <= 2);
      seen.push(...body.users.map(one => one.user));
      after = body.next;
    } while (after !== undefined);
    assert.deepEqual(seen, ['u0', 'u1', 'u2', 'u3', 'u4']);
  });

  it('has the cursor as its ETag, and is not sent again while nothing changed', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    const first = await u1.ask('GET', 'status');
    const etag = first.headers.etag;
    assert.ok(etag.includes(first.body.cursor), `${etag} is not of ${first.body.cursor}`);
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await u1.ask('GET', 'status', { headers: { 'If-None-Match': value } });
      assert.equal(again.status, 304, value);
      assert.equal(again.bytes.length, 0);
      assert.equal(again.headers.etag, etag);
    }
    await u1.join();
    assert.equal((await u1.ask('GET', 'status', { headers: { 'If-None-Match': etag } })).status, 200);
  });

  it('of many is asked by POST', async () => {
    const [u0, u1] = await stack.room(3);
    await u0.join();
    const users = ['u0', 'u2', 'stranger'];
    const { status, body } = await u1.ask('POST', 'status', { body: { users } });
    assert.equal(status, 200);
    assert.deepEqual(Object.fromEntries(body.users.map(one => [one.user, one.status])), {
      u0: 'active',
      u2: 'offline',
    });
    assert.equal(body.cursor, await u1.cursor());
    for (const wrong of [{ users: 'u0' }, { users: [1] }, { users: [null] }, []]) {
      assert.equal((await u1.ask('POST', 'status', { body: wrong })).status, 400, JSON.stringify(wrong));
    }
  });

  it('is the start of a stream: its cursor continues where it was read', async () => {
    const [u0, u1] = await stack.room(2);
    const {
      body: { cursor },
    } = await u1.ask('GET', 'status');
    await u0.join();
    const { body } = await u1.poll({ since: cursor });
    assert.deepEqual(
      body.changes.map(change => change.user),
      ['u0'],
    );
    assert.equal(body.resync, false);
  });

  it('is answered to HEAD without a body', async () => {
    const [u0] = await stack.room(1);
    const { status, bytes, headers } = await u0.ask('HEAD', 'status');
    assert.equal(status, 200);
    assert.equal(bytes.length, 0);
    assert.ok(headers.etag);
  });

  it('refuses invalid parameters', async () => {
    const [u0] = await stack.room(1);
    for (const one of ['limit=0', 'limit=x', 'user=', 'user=%ED%A0%80', 'after=%C0%AF', 'user=a%00b']) {
      assert.equal((await u0.ask('GET', `status?${one}`)).status, 400, one);
    }
  });
});
