// SPDX-License-Identifier: ISC
// me/status: what people say of themselves by hand, which limits it has, and that a 503 leaves nothing of it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { query } from '../lib/person.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const days = 86400;
const put = (person, body) => person.ask('PUT', 'me/status', { body });
const own = async person => (await person.ask('GET', 'me/status')).body;

/* Says BODY, which must be taken. Resolves with the answer's body. */
async function say(person, body) {
  const answer = await put(person, body);
  assert.equal(answer.status, 200, `${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

describe('me/status', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30 } });
  });
  after(() => stack?.stop());

  it('of somebody who never said anything is empty', async () => {
    const [u0] = await stack.room(1);
    const { now, ...body } = await own(u0);
    assert.ok(Math.abs(now - Date.now()) < 60000);
    assert.deepEqual(body, { rev: 0, status: 'offline', shown: 'offline', invisible: false, dnd: false, layers: [] });
    await u0.join({ status: 'away' });
    assert.deepEqual([(await own(u0)).status, (await own(u0)).shown], ['away', 'away']);
  });

  it('tells what each layer says and decides, and which ends next', async () => {
    const [u0] = await stack.room(1);
    await u0.join();
    await say(u0, { text: 'at home', emoji: '🏠' });
    const body = await say(u0, { show: 'away', dnd: true, for: 3600 });
    assert.deepEqual([body.status, body.shown, body.dnd, body.text, body.emoji], ['away', 'away', true, 'at home', '🏠']);
    assert.equal(body.until, undefined, 'of the message, whose layer has no end');
    const [base, temporary] = body.layers;
    assert.deepEqual([base.layer, base.text, base.emoji, base.wins], ['base', 'at home', '🏠', ['message']]);
    assert.deepEqual([temporary.layer, temporary.show, temporary.dnd, temporary.wins], ['temporary', 'away', true, ['show', 'dnd']]);
    assert.equal(temporary.until - temporary.set, 3600000);
    assert.deepEqual(body.next, { at: temporary.until, layer: 'temporary' });
    const { rev, ...again } = await own(u0);
    assert.equal(rev, body.rev);
    assert.deepEqual(again.layers, body.layers);
  });

  it('has an ETag of what was said, which a session does not change', async () => {
    const [u0] = await stack.room(1);
    const first = await u0.ask('GET', 'me/status');
    assert.equal(first.headers.etag, '"m0"');
    const { headers } = await put(u0, { dnd: true });
    assert.match(headers.etag, /^"m\d+"$/);
    const ask = tag => u0.ask('GET', 'me/status', { headers: { 'If-None-Match': tag } });
    assert.equal((await ask(first.headers.etag)).status, 200);
    await u0.join();
    const same = await ask(headers.etag);
    assert.deepEqual([same.status, same.headers.etag], [304, headers.etag]);
    assert.equal((await ask(`"x", W/${headers.etag}`)).status, 304);
    await say(u0, { dnd: false });
    assert.equal((await ask(headers.etag)).status, 200);
  });

  it('without an end changes the base, with one is temporary, and is taken back in that order', async () => {
    const [u0] = await stack.room(1);
    const layers = async () => (await own(u0)).layers.map(({ layer }) => layer);
    await say(u0, { text: 'base' });
    await say(u0, { text: 'temporary', until: Date.now() + 60000 });
    assert.deepEqual(await layers(), ['base', 'temporary']);
    const clear = all => u0.ask('DELETE', `me/status${query({ all })}`);
    assert.equal((await clear()).status, 204);
    assert.deepEqual(await layers(), ['base']);
    await say(u0, { dnd: true, for: 60 });
    await say(u0, { text: 'other' });
    assert.deepEqual(await layers(), ['base'], 'the base ends what is temporary');
    assert.equal((await clear()).status, 204);
    assert.deepEqual(await layers(), []);
    assert.equal((await clear()).status, 204, 'nothing is there to end');
    await say(u0, { text: 'base' });
    await say(u0, { text: 'temporary', for: 60 });
    assert.equal((await clear('yes')).status, 400);
    assert.equal((await clear('true')).status, 204);
    assert.deepEqual(await layers(), []);
  });

  it('takes an emoji of any kind, and no words', async () => {
    const [u0] = await stack.room(1);
    for (const emoji of ['✏️', '👨‍👩‍👧‍👦', '🏳️‍🌈', '👋🏿', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', ':party-parrot:', '🏠'.repeat(16), ':+1:'])
      assert.equal((await say(u0, { emoji })).emoji, emoji);
    for (const emoji of ['ab', 'x', ' ', '🏠 ', '🏠 🏠', '🏠\n', ':Parrot:', ':a b:', ':parrot', '9'.repeat(70), '🏠'.repeat(17), '☕'.repeat(17), `:${'a'.repeat(65)}:`, 7])
      assert.equal((await put(u0, { emoji })).status, 400, JSON.stringify(emoji));
    assert.equal((await own(u0)).emoji, ':+1:');
    assert.equal((await say(u0, { emoji: '' })).emoji, undefined);
  });

  it('takes a text of 100 characters, whatever their size, and cuts nothing', async () => {
    const [u0, u1] = await stack.room(2);
    for (const text of ['x'.repeat(100), '𝒳'.repeat(100), 'مشغول', '<b>bold</b> &lt; "quoted" \\ {}', ' é ']) {
      assert.equal((await say(u0, { text })).text, text);
      assert.equal((await u1.entryOf('u0')).text, text);
    }
    for (const text of ['x'.repeat(101), '𝒳'.repeat(101), 'a\nb', 'a\tb', 'a\0b', 'a\u007f', 'a\u0085b', '   ', '\u200b\u200d', 7, ['x']]) {
      const { status, body } = await put(u0, { text });
      assert.equal(status, 400, JSON.stringify(text));
      assert.ok(body.detail.endsWith('.'), body.detail);
    }
    assert.equal((await own(u0)).text, ' é ');
    assert.equal((await say(u0, { text: '' })).text, undefined);
  });

  it('ends when it says, from a second to 366 days ahead', async () => {
    const [u0] = await stack.room(1);
    const { layers: [layer] } = await say(u0, { show: 'away', for: 14400 });
    assert.equal(layer.until - layer.set, 4 * 3600 * 1000);
    await say(u0, { text: 'x', for: 1 });
    await say(u0, { text: 'x', for: 366 * days });
    const now = Date.now();
    assert.equal((await say(u0, { text: 'x', until: now + 366 * days * 1000 - 5000 })).until, now + 366 * days * 1000 - 5000);
    const refused = [
      { for: 0 }, { for: -1 }, { for: 1.5 }, { for: '60' }, { for: 366 * days + 1 }, { for: 1e15 },
      { until: now }, { until: now - 60000 }, { until: -9e15 }, { until: 9e15 }, { until: now + 366 * days * 1000 + 60000 },
      { until: 'tomorrow' }, { for: 60, until: now + 60000 },
    ];
    for (const end of refused) assert.equal((await put(u0, { text: 'x', ...end })).status, 400, JSON.stringify(end));
    await say(u0, { text: 'x', for: null, until: null });
  });

  it('refuses what it does not know, and what says nothing', async () => {
    const [u0] = await stack.room(1);
    const refused = [
      {}, { text: null }, { show: null }, { for: 60 }, { show: 'busy' }, { show: 'active' }, { show: 'offline' }, { show: true }, { show: '' }, { dnd: 'yes' },
      { dnd: 1 }, { colour: 'red' }, { text: 'x', priority: 9 }, { text: 'x', present: true },
    ];
    for (const body of refused) {
      const answer = await put(u0, body);
      assert.deepEqual([answer.status, answer.body.code], [400, 'bad_request'], JSON.stringify(body));
    }
    for (const body of [[], 'text']) assert.equal((await put(u0, body)).body.code, 'bad_json');
    assert.equal((await own(u0)).rev, 0);
  });

  it('is for members, and of the caller alone', async () => {
    const [u0, u1] = await stack.room(2);
    await say(u0, { text: 'mine' });
    assert.equal((await own(u1)).text, undefined);
    const stranger = stack.as('u0', 'elsewhere');
    for (const method of ['GET', 'PUT', 'DELETE'])
      assert.equal((await stranger.ask(method, 'me/status', { body: method === 'PUT' ? { dnd: true } : undefined })).status, 403);
    const admin = await stack.req('PUT', `/v1/workspaces/${u0.ws}/me/status`, { token: stack.admin, body: { dnd: true } });
    assert.equal(admin.body.code, 'not_a_member');
  });

  it('is gone with the member', async () => {
    const [u0] = await stack.room(1);
    await say(u0, { text: 'mine' });
    await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u0`);
    await stack.addMember(u0.ws, 'u0');
    assert.deepEqual([(await own(u0)).layers, (await own(u0)).text], [[], undefined]);
  });
});

describe('a status by hand with a rate limit', () => {
  it('can be changed 10 times a minute, whatever was refused', () =>
    withStack({ conf: { ttl: 60, heartbeat: 30, rate_limit: 20 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      for (let i = 0; i < 20; i++) assert.equal((await put(u0, { show: 'busy' })).status, 400);
      for (let i = 0; i < 8; i++) await say(u0, { text: `${i}` });
      assert.equal((await u0.ask('DELETE', 'me/status')).status, 204);
      assert.equal((await u0.ask('PUT', 'me/settings', { body: { last_seen: 'day' } })).status, 200);
      const refused = await put(u0, { text: 'x' });
      assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited']);
      assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 6);
      assert.equal((await own(u0)).text, undefined);
      await say(u1, { text: 'another' });
      const began = performance.now();
      let claims = 0;
      const claim = () => u0.ask('PUT', 'me/claims/call', { body: { dnd: true, for: 60 } });
      for (let code; (code = (await claim()).status) !== 429; claims++) assert.ok([200, 201].includes(code) && claims < 100, `${code}`);
      assert.ok(claims >= 60 && claims <= 60 + (performance.now() - began) / 1000, `${claims} and one more a second`);
      for (let i = 0; i < 70; i++) {
        const { status } = await stack.adm('PUT', `/workspaces/${u0.ws}/members/u0/status`, { body: { text: `${i}` } });
        assert.equal(status, 200, 'an administrator may');
      }
    }));
});

describe('a status by hand that Redis refuses', { concurrency: 4 }, () => {
  /* Breaks Redis, says something, mends it: nothing of it may be there then, nor come. DELETES: an end is refused too. */
  const leavesNothing = (options, breakIt, mend, deletes = true) =>
    withStack({ workers: 2, conf: { ttl: 60, heartbeat: 30 }, ...options }, async stack => {
      const [u0, u1] = await stack.room(2);
      await u0.join();
      await say(u0, { text: 'before', dnd: true });
      const before = await own(u0);
      await breakIt(stack);
      const refused = ({ status, body }) => assert.deepEqual([status, body.code], [503, 'redis_unavailable']);
      const atOnce = [
        put(u0, { text: 'after', for: 60 }),
        ...(options.workers === 1 ? [put(u0, { text: 'after that', for: 60 }), put(u0, { dnd: false })] : []),
        u0.ask('PUT', 'me/claims/call', { body: { text: 'call', for: 60, priority: 9 } }),
        u0.ask('PUT', 'me/settings', { body: { last_seen: 'hidden' } }),
      ];
      for (const answer of await Promise.all(atOnce)) refused(answer);
      refused(await put(u0, { text: 'after' }));
      if (deletes) refused(await u0.ask('DELETE', 'me/status?all=true'));
      await mend(stack);
      /* Each worker notices in its own time. */
      const done = async (what, ask) => {
        let answer;
        await until(async () => (answer = await ask()).status === 200, what, 20000);
        return answer.body;
      };
      const then = await done('Redis is back', () => u0.ask('GET', 'me/status'));
      assert.deepEqual(then.layers, before.layers);
      assert.equal((await u0.ask('GET', 'me/settings')).body.last_seen, 'exact');
      await done('somebody else says something', () => put(u1, { text: 'next' }));
      const seen = () => done('the status is read', () => u1.ask('GET', 'status?user=u0'));
      await until(async () => (await seen()).users[0].text === 'before', 'others see what was before', 10000);
      assert.equal((await done('it can be changed', () => put(u0, { text: 'again' }))).text, 'again');
    });

  it('is not seen as part of what is said after it', () =>
    withStack({ workers: 1, proxy: true, conf: { ttl: 60, heartbeat: 30 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      await u0.join();
      const isSaid = (words, what) => words.some(word => word.includes(what));
      const isFirst = words => isSaid(words, '"dnd":true') && !isSaid(words, '"call"');
      stack.peer.rule = words => (isFirst(words) ? 'hold' : 'pass');
      const first = put(u0, { dnd: true });
      await until(() => stack.peer.holding === 1, 'it is held');
      const second = u0.ask('PUT', 'me/claims/call', { body: { text: 'call', for: 60 } });
      await until(() => [...stack.peer.links].some(link => link.held?.some(bytes => bytes.includes('"call"'))), 'so is the other');
      stack.peer.release(words => (isFirst(words) ? { answer: '-ERR broken' } : 'pass'));
      assert.deepEqual([(await first).status, (await second).status], [503, 201]);
      assert.deepEqual((await own(u0)).layers.map(({ layer }) => layer), ['claim']);
      const seen = async () => (await u1.ask('GET', 'status?user=u0')).body.users[0];
      await until(async () => (await seen()).dnd === undefined, 'nor do others see it');
      assert.equal((await seen()).text, 'call');
    }));

  it('because it is out of memory is as before', () =>
    leavesNothing(
      { workers: 1, redisArgs: ['--maxmemory-policy', 'noeviction'] },
      stack => stack.redis('CONFIG', 'SET', 'maxmemory', '1'),
      stack => stack.redis('CONFIG', 'SET', 'maxmemory', '0'),
      false, // which needs no memory
    ));

  it('because it is a replica is as before', () =>
    leavesNothing(
      {},
      async stack => {
        await stack.redis('REPLICAOF', '127.0.0.1', '1');
      },
      stack => stack.redis('REPLICAOF', 'NO', 'ONE'),
    ));

  /* It reads the requests once it goes on, and must not do then what was answered 503. */
  it('because it stands still is as before', () =>
    leavesNothing(
      {},
      stack => process.kill(stack.redisServer.pid, 'SIGSTOP'),
      stack => process.kill(stack.redisServer.pid, 'SIGCONT'),
    ));

  it('because it has stopped is as before', () =>
    leavesNothing(
      {},
      stack => stack.redisServer.kill(),
      stack => stack.redisServer.start(),
    ));
});
