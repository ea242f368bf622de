// SPDX-License-Identifier: ISC
// Something other than Redis answers, or answers come that are not the scripts' own: each request fails as if Redis
// were out of reach, no worker ends or hangs, nobody goes offline, and the log says so.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newSession } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const text = bytes => `$${bytes.length}\r\n${bytes}`;
const epoch = `${text('0123456789abcdef')}\r\n`;
const shapes = {
  'nothing': '$-1',
  'an empty list': '*0',
  'one element': '*1\r\n:1',
  'two elements': `*2\r\n${epoch}:1`,
  'three elements': `*3\r\n${epoch}:1\r\n:1`,
  'lists in lists': '*5\r\n*1\r\n*1\r\n:1\r\n*0\r\n*0\r\n*0\r\n*0',
  'a huge number': ':9223372036854775807',
  'a number below zero': ':-9223372036854775808',
  'huge numbers': `*4\r\n${epoch}:9223372036854775807\r\n:9223372036854775807\r\n:9223372036854775807`,
  'numbers below zero': `*4\r\n${epoch}:-1\r\n:-9223372036854775808\r\n:-1`,
  'a time beyond all times': '*6\r\n:9223372036854775807\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0',
  'a cut change': `*9\r\n${epoch}:1\r\n:0\r\n:1\r\n$1\r\na\r\n:1\r\n$4\r\naway\r\n:1\r\n$4\r\nbeat`,
  'a text': '+OK',
  'a beat with a wrong epoch': text('ok short 1 1700000000000 active 1 1'),
  'a beat with huge numbers': text(`ok 0123456789abcdef ${'9223372036854775807 '.repeat(2)}active 1 ${'9'.repeat(26)}`),
  'nine of nothing': `*9${'\r\n$-1'.repeat(9)}`,
};

describe('an answer that no script gives', () => {
  let stack, u0, u1, watcher, others, session;
  before(async () => {
    stack = await startStack({ proxy: true, web: 'lighttpd', conf: { ttl: 60, heartbeat: 30, wait: 20 } });
    [u0, u1, watcher] = await stack.room(3);
    ({ session } = await u0.join());
    others = await watcher.follow();
    await until(async () => (await stack.parked()) === 1, 'the watcher waits');
  });
  after(() => stack?.stop());

  for (const [name, answer] of Object.entries(shapes))
    it(`is a Redis that is out of reach: ${name}`, async () => {
      const workers = stack.workers();
      const [fresh] = await stack.room(1);
      stack.peer.rule = words => (words[0] === 'EVALSHA' ? { answer } : 'pass');
      const answers = await Promise.all([
        u0.ask('POST', 'join', { body: { session: newSession() } }),
        u0.beat(session),
        u0.poll({ session, wait: 0 }),
        fresh.poll({ wait: 0 }),
        u0.leave(newSession()),
        stack.adm('GET', `/workspaces/${u0.ws}/sessions?user=u0`),
        stack.adm('DELETE', `/workspaces/${u0.ws}/members/nobody`),
        stack.adm('DELETE', '/workspaces/nowhere'),
      ]);
      for (const [i, { status, body }] of answers.entries())
        assert.deepEqual([status, body.code], [503, 'redis_unavailable'], `request ${i}`);
      assert.equal((await u1.ask('GET', 'status')).status, 200, 'what is known is still read');
      stack.peer.rule = null;
      await until(async () => (await u0.beat(session)).status === 200, 'all is well again');
      assert.deepEqual(stack.workers(), workers, 'the worker goes on');
    });

  it('has made nobody offline, and was told in the log', async () => {
    assert.deepEqual(others.told('u0'), []);
    assert.match(stack.log(), /script [a-z]+: unexpected answer/);
    await others.stop();
    assert.deepEqual(await u1.sees(), { u0: 'active' });
  });

  it('is named by the script that was to answer', async () => {
    assert.equal((await stack.adm('PUT', '/webhooks/odd', { body: { url: 'http://127.0.0.1:1/' } })).status, 201);
    stack.peer.rule = words => (words[0] === 'EVALSHA' && words[3]?.endsWith(':hook-asks') ? { answer: '+OK' } : 'pass');
    await until(async () => {
      assert.equal((await stack.adm('POST', '/webhooks/odd/test')).status, 503);
      return /script hook_ask: unexpected answer/.test(stack.log());
    }, 'the log names it');
    stack.peer.rule = null;
    assert.doesNotMatch(stack.log(), /script hook_set: unexpected answer/);
  });

  it('is a message that no script published: skipped, and what was missed is read', async () => {
    const reader = await u1.follow();
    const [meta] = await stack.redis('KEYS', `rollcall:*:${u0.ws}:meta`);
    const channel = String(meta).replace(/meta$/, 'changes');
    const [head] = await stack.redis('HMGET', meta, 'epoch');
    for (const message of [
      '',
      ' ',
      'x'.repeat(5000),
            `${head} 9223372036854775807 offline 1 leave u0`,
            `${head} -1 offline 1 leave u0`,
            `${head} 99999999999999999999 offline 99999999999999999999 leave u0`,
            `${head} 1e5 offline 1 leave u0`,
            `${head} 2 dead 1 leave u0`,
            `${head}${head}${head} 2 offline 1 leave u0`,
    ])
      await stack.redis('PUBLISH', channel, message);
    await u0.beat(session, { status: 'away' });
    await until(() => reader.told('u0').length > 0, 'the change is told');
    assert.deepEqual(reader.told('u0'), ['away']);
    await reader.stop();
  });
});
