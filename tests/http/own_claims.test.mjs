// SPDX-License-Identifier: ISC
// me/claims and me/settings: what programs claim of their user, for how long, and how much a user lets others know.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startStack } from '../lib/stack.mjs';

const claim = (person, name, body) => person.ask('PUT', `me/claims/${name}`, { body });
const end = (person, name) => person.ask('DELETE', `me/claims/${name}`);
const own = async person => (await person.ask('GET', 'me/status')).body;

describe('me/claims', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30 } });
  });
  after(() => stack?.stop());

  it('are made, renewed and told, by name', async () => {
    const [u0] = await stack.room(1);
    await u0.join({ status: 'away' });
    const made = await claim(u0, 'call', { show: 'active', dnd: true, text: 'In a call', emoji: '📞', for: 60 });
    assert.equal(made.status, 201);
    assert.equal(made.headers.etag, `"m${made.body.rev}"`);
    assert.deepEqual([made.body.status, made.body.shown, made.body.text, made.body.dnd], ['active', 'active', 'In a call', true]);
    const [layer] = made.body.layers;
    assert.deepEqual([layer.layer, layer.name, layer.show, layer.wins], ['claim', 'call', 'active', ['show', 'dnd', 'message']]);
    assert.equal(layer.until - layer.set, 60000);
    assert.deepEqual(made.body.next, { at: layer.until, layer: 'claim' });
    const renewed = await claim(u0, 'call', { text: 'Still in a call', until: Date.now() + 3600000 });
    assert.equal(renewed.status, 200);
    assert.deepEqual([renewed.body.layers.length, renewed.body.status, renewed.body.dnd], [1, 'away', false], 'as a whole');
  });

  it('that their user has ended stay silent', async () => {
    const [u0] = await stack.room(1);
    await claim(u0, 'meeting', { dnd: true, for: 600 });
    assert.equal((await end(u0, 'meeting')).status, 204);
    assert.equal((await end(u0, 'meeting')).status, 204);
    assert.equal((await claim(u0, 'meeting', { dnd: true, for: 600 })).status, 200);
    assert.deepEqual([(await own(u0)).dnd, (await own(u0)).layers], [false, []]);
    assert.equal((await claim(u0, 'other', { dnd: true, for: 600 })).status, 201);
  });

  it('are ranked by their priority, around what the user says', async () => {
    const [u0] = await stack.room(1);
    const texts = async (...claims) => {
      for (const [name, priority] of claims) await claim(u0, name, { text: name, priority, for: 60 });
      return (await own(u0)).text;
    };
    await u0.ask('PUT', 'me/status', { body: { text: 'base' } });
    assert.equal(await texts(['low', 3]), 'base');
    assert.equal(await texts(['usual', null]), 'usual');
    assert.equal(await texts(['higher', 6]), 'higher');
    await u0.ask('PUT', 'me/status', { body: { text: 'temporary', for: 60 } });
    assert.equal((await own(u0)).text, 'temporary');
    assert.equal(await texts(['highest', 9]), 'highest');
  });

  it('have an end within a day, and rules for each of their parts', async () => {
    const [u0] = await stack.room(1);
    assert.equal((await claim(u0, 'a', { dnd: true, for: 86400 })).status, 201);
    const refused = [
      {}, { user: 'u1', dnd: true, for: 60 }, { dnd: true }, { dnd: true, for: 86401 }, { dnd: true, for: 0 }, { dnd: true, until: Date.now() + 86400000 + 60000 },
      { dnd: true, for: 5, until: Date.now() + 5000 }, { for: 60 }, { show: 'invisible', for: 60 }, { show: 'auto', for: 60 },
      { dnd: true, for: 60, priority: 0 }, { dnd: true, for: 60, priority: 10 }, { dnd: true, for: 60, priority: 5.5 },
      { present: 'yes', for: 60 }, { text: 'x'.repeat(101), for: 60 }, { emoji: 'ab', for: 60 }, { name: 'b', dnd: true, for: 60 },
    ];
    for (const body of refused) assert.equal((await claim(u0, 'b', body)).status, 400, JSON.stringify(body));
    for (const name of ['A', 'a.b', 'a%20b', 'x'.repeat(33), '%C3%A9']) {
      assert.equal((await claim(u0, name, { dnd: true, for: 60 })).status, 400, name);
      assert.equal((await end(u0, name)).status, 400, name);
    }
    assert.equal((await claim(u0, 'x'.repeat(32), { dnd: true, for: 60 })).status, 201);
  });

  it('are 8 at most', async () => {
    const [u0] = await stack.room(1);
    for (let i = 0; i < 8; i++) assert.equal((await claim(u0, `c${i}`, { dnd: true, for: 600 })).status, 201);
    const refused = await claim(u0, 'c8', { dnd: true, for: 600 });
    assert.deepEqual([refused.status, refused.body.code], [409, 'too_many_claims']);
    assert.equal((await claim(u0, 'c7', { dnd: true, for: 600 })).status, 200, 'renewing one is no more');
    assert.equal((await own(u0)).layers.length, 8);
    assert.equal((await end(u0, 'c3')).status, 204);
    assert.equal((await claim(u0, 'c8', { dnd: true, for: 600 })).status, 201, 'one that was ended does not count');
  });

  it('make nobody online, except with present', async () => {
    const [u0, u1] = await stack.room(2);
    await claim(u0, 'call', { show: 'active', for: 60 });
    assert.deepEqual([(await own(u0)).status, (await own(u0)).shown], ['offline', 'offline']);
    await claim(u0, 'door', { present: true, for: 60 });
    assert.deepEqual([(await own(u0)).status, (await own(u0)).shown], ['active', 'active']);
    assert.deepEqual(await u1.sees('u0'), { u0: 'active' });
  });
});

describe('me/settings', () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30 } });
  });
  after(() => stack?.stop());

  it('are exact at first, and kept', async () => {
    const [u0, u1] = await stack.room(2);
    const get = async person => (await person.ask('GET', 'me/settings')).body;
    const put = (person, body) => person.ask('PUT', 'me/settings', { body });
    assert.deepEqual(await get(u0), { last_seen: 'exact', typing: true });
    for (const last_seen of ['hour', 'day', 'hidden', 'exact', 'day']) {
      const { status, body } = await put(u0, { last_seen });
      assert.deepEqual([status, body], [200, { last_seen, typing: true }]);
      assert.deepEqual(await get(u0), { last_seen, typing: true });
    }
    assert.deepEqual((await put(u0, { typing: false })).body, { last_seen: 'day', typing: false });
    assert.deepEqual((await put(u0, {})).body, { last_seen: 'day', typing: false }, 'what is left out stays');
    assert.deepEqual((await put(u0, { last_seen: 'day', typing: true })).body, { last_seen: 'day', typing: true });
    for (const last_seen of ['week', '', 7, true]) assert.equal((await put(u0, { last_seen })).status, 400);
    for (const typing of ['no', 0, {}]) assert.equal((await put(u0, { typing })).status, 400);
    await u0.ask('PUT', 'me/status', { body: { text: 'x' } });
    await u0.ask('DELETE', 'me/status?all=true');
    assert.deepEqual(await get(u0), { last_seen: 'day', typing: true }, 'a status is another thing');
    assert.deepEqual(await get(u1), { last_seen: 'exact', typing: true });
  });
});
