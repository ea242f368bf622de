// SPDX-License-Identifier: ISC
// Removal takes effect immediately, in every worker, whoever removes it: a token, a membership, a workspace.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { startStack } from '../lib/stack.mjs';
import { atMost, until } from '../lib/until.mjs';

const many = 16; // polls over four workers: that one of them has none is less than likely

describe('polls that wait in four workers', () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 4, conf: { ttl: 60, heartbeat: 30, wait: 25 } });
  });
  after(() => stack?.stop());

  /* Parks MANY polls of U0 with TOKEN, does TAKE, and resolves with how the polls ended; OTHERS are parked all the time. */
  async function endedBy(u0, token, take, others = 0) {
    const since = await u0.cursor();
    await until(async () => (await stack.parked()) === others, 'no more are parked');
    let began = 0;
    /* A worker may learn of what was before only now. */
    const poll = async cursor => {
      const answer = await u0.poll({ since: cursor }, { token });
      return answer.status === 200 && !began ? poll(answer.body.cursor) : answer;
    };
    const polls = Array.from({ length: many }, () => poll(since));
    await until(async () => (await stack.parked()) === others + many, 'they are parked');
    began = performance.now();
    await take();
    const ends = await Promise.all(polls);
    assert.ok(performance.now() - began < atMost(10000), `the last ended after ${performance.now() - began} ms`);
    for (const { body } of ends) assert.equal(body.changes, undefined, 'nothing is delivered with it');
    return [...new Set(ends.map(({ status, body }) => `${status} ${body.code}`))];
  }

  const newToken = user => stack.adm('POST', '/tokens', { body: { user } }).then(({ body }) => body);

  it('end when their token is revoked, and no others do', async () => {
    const [u0, u1] = await stack.room(2);
    const [first, second] = [await newToken('u0'), await newToken('u0')];
    let ended = false;
    const other = u0.poll({ since: await u0.cursor() }, { token: second.token }).finally(() => (ended = true));
    const revoke = () => stack.adm('DELETE', `/tokens/${first.id}`);
    assert.deepEqual(await endedBy(u0, first.token, revoke, 1), ['401 expired_credential']);
    assert.ok(!ended, 'the poll of another token of the same user goes on');
    await u1.join();
    assert.equal((await other).body.changes[0].user, 'u1');
    for (let i = 0; i < many; i++)
      assert.equal((await u0.ask('GET', 'status', { token: first.token })).status, 401, 'in every worker');
  });

  it('end when the membership does, and when the workspace does', async () => {
    const [u0] = await stack.room(1);
    const { token } = await newToken('u0');
    const remove = () => stack.adm('DELETE', `/workspaces/${u0.ws}/members/u0`);
    assert.deepEqual(await endedBy(u0, token, remove), ['403 not_a_member']);
    await stack.addMember(u0.ws, 'u0');
    const drop = () => stack.adm('DELETE', `/workspaces/${u0.ws}`);
    assert.deepEqual(await endedBy(u0, token, drop), ['403 not_a_member']);
  });

  it('end when another program takes the token out of the database', async () => {
    const [u0] = await stack.room(1);
    const { id, token } = await newToken('u0');
    const take = async () => execFileSync('sqlite3', ['-cmd', '.timeout 20000', stack.path('rollcall.db'), `DELETE FROM token WHERE id = ${id}`]);
    assert.deepEqual(await endedBy(u0, token, take), ['401 expired_credential']);
  });

  it('are not parked by a token that was just revoked', async () => {
    const [u0] = await stack.room(1);
    const { id, token } = await newToken('u0');
    const since = await u0.cursor();
    await stack.adm('DELETE', `/tokens/${id}`);
    const ends = await Promise.all(Array.from({ length: many }, () => u0.poll({ since }, { token })));
    assert.deepEqual([...new Set(ends.map(one => one.status))], [401]);
  });
});

describe('a member who is removed while Redis is asked about their poll', () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 1, proxy: true, conf: { ttl: 60, heartbeat: 30, wait: 25 } });
  });
  after(() => stack?.stop());

  it('is told no news and leaves no session behind', async () => {
    const [u0, u1] = await stack.room(2);
    await u1.join();
    await u0.cursor();
    stack.peer.rule = words => (words[0] === 'EVALSHA' && words.includes('session-of-u0') ? 'hold' : 'pass');
    const poll = u0.poll({ session: 'session-of-u0' });
    await until(() => stack.peer.holding > 0, 'Redis is asked about the poll');
    const member = `/workspaces/${u0.ws}/members/u0`;
    const removal = stack.adm('DELETE', member);
    await until(async () => (await stack.adm('GET', member)).status === 404, 'they are removed');
    stack.peer.release();
    const { status, body } = await poll;
    assert.deepEqual([status, body.code, body.changes], [403, 'not_a_member', undefined]);
    assert.equal((await removal).status, 204);
    assert.deepEqual(await stack.redis('KEYS', `rollcall:*:${u0.ws}:u:u0`), []);
  });
});
