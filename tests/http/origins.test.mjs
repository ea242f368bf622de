// SPDX-License-Identifier: ISC
// Pages of other origins: which may ask, what their browsers are told, and that none changes anything by a side door.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newSession } from '../lib/person.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const [app, other, foreign] = ['https://app.example', 'https://other.example:8443', 'https://foreign.example'];

function assertAllowed({ headers }, origin, what) {
  assert.equal(headers['access-control-allow-origin'], origin, what);
  assert.equal(headers['access-control-allow-credentials'], 'true', what);
  assert.match(headers.vary ?? '', /Origin/i, what);
}

function assertNotAllowed({ headers }, what) {
  assert.equal(headers['access-control-allow-origin'], undefined, what);
  assert.equal(headers['access-control-allow-credentials'], undefined, what);
}

describe('origins', { concurrency: 4 }, () => {
  let stack, u0;
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30, wait: 5, cors_origins: [app, other] } });
    [u0] = await stack.room(1);
  });
  after(() => stack?.stop());

  it('that are allowed stand on every reply, errors too, each its own', async () => {
    for (const origin of [app, other, app]) {
      const headers = { Origin: origin };
      assertAllowed(await u0.ask('GET', 'status', { headers }), origin, '200');
      assertAllowed(await u0.ask('POST', 'join', { headers, body: {} }), origin, '201');
      assertAllowed(await u0.ask('GET', 'stream?wait=0', { headers }), origin, 'stream');
      assertAllowed(await stack.req('GET', '/v1/me', { headers }), origin, '401');
      assertAllowed(await stack.req('GET', '/v1/workspaces/none/status', { user: 'u0', headers }), origin, '403');
      assertAllowed(await stack.req('GET', '/nothing', { headers }), origin, '404');
      assertAllowed(await u0.ask('DELETE', 'status', { headers }), origin, '405');
      assertAllowed(await u0.ask('POST', 'join', { headers, body: '{' }), origin, '400');
      assertAllowed(await u0.ask('POST', 'join', { headers, body: 'x'.repeat(1.1 * 2 ** 20) }), origin, '413');
    }
  });

  it('that are not allowed may change nothing, whatever the content type', async () => {
    const session = newSession();
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      for (const what of ['join', 'heartbeat', 'leave', 'dms']) {
        const answer = await u0.ask('POST', what, {
          body: { session },
          headers: { Origin: foreign, 'Content-Type': type },
        });
        assert.deepEqual([answer.status, answer.body.code], [403, 'foreign_origin'], `${what} as ${type}`);
        assertNotAllowed(answer, what);
      }
    }
    for (const headers of [
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: `http://127.0.0.1:${stack.port}`, 'Sec-Fetch-Site': 'same-site' },
      { Origin: `${app}.evil.example` },
      { Origin: 'http://app.example' },
      { Origin: `${app}:444` },
    ]) {
      assert.equal((await u0.beat(session, {})).status, 200);
      assert.equal(
        (await u0.ask('POST', 'heartbeat', { body: { session, status: 'away' }, headers })).status,
        403,
        JSON.stringify(headers),
      );
    }
    for (const headers of [{ Origin: foreign }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }])
      assert.equal(
        (await u0.ask('GET', `stream?wait=0&session=${session}&status=away`, { headers })).status,
        403,
        'a poll with a session is a beat',
      );
    assert.deepEqual(await u0.sees('u0'), { u0: 'active' });
    assert.equal(
      (await stack.adm('PUT', '/workspaces/evil', { body: {}, headers: { Origin: foreign } })).status,
      403,
    );
  });

  it('that are not allowed may read what their credential lets them, but no page of theirs is shown it', async () => {
    const answer = await u0.ask('GET', 'status', { headers: { Origin: foreign } });
    assert.equal(answer.status, 200);
    assertNotAllowed(answer);
    assert.match(answer.headers.vary ?? '', /Origin/i);
  });

  it('of the server itself, and programs that have none, are let in', async () => {
    const session = newSession();
    const own = `http://127.0.0.1:${stack.port}`;
    for (const headers of [
      {},
      { Origin: own },
      { Origin: own, 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'none' },
      { Origin: 'https://behind-a-proxy.example', 'Sec-Fetch-Site': 'same-origin' },
      { Origin: 'null', 'Sec-Fetch-Site': 'same-origin' },
    ]) {
      assert.equal(
        (await u0.ask('POST', 'heartbeat', { body: { session }, headers })).status,
        200,
        JSON.stringify(headers),
      );
    }
    const beacon = { Origin: own, 'Content-Type': 'text/plain;charset=UTF-8' };
    assert.equal(
      (await u0.ask('POST', 'leave', { body: JSON.stringify({ session, now: true }), headers: beacon })).status,
      204,
    );
  });

  it('are told by a preflight what they may send, without a credential', async () => {
    const ask = (origin, path) =>
      stack.req('OPTIONS', path, {
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'authorization,content-type',
        },
      });
    const answer = await ask(app, `/v1/workspaces/${u0.ws}/heartbeat`);
    assert.ok([200, 204].includes(answer.status));
    assertAllowed(answer, app);
    assert.match(answer.headers['access-control-allow-methods'], /POST/);
    assert.match(answer.headers['access-control-allow-headers'], /Authorization/i);
    assert.match(answer.headers['access-control-allow-headers'], /Content-Type/i);
    assertNotAllowed(await ask(foreign, `/v1/workspaces/${u0.ws}/heartbeat`));
  });
});

describe('a server without cors_origins', () => {
  it('tells no origin anything', async () => {
    const stack = await startStack();
    try {
      const [u0] = await stack.room(1);
      assertNotAllowed(await u0.ask('GET', 'status', { headers: { Origin: app } }));
      assert.equal((await u0.ask('POST', 'join', { body: {}, headers: { Origin: app } })).status, 403);
    } finally {
      await stack.stop();
    }
  });
});

describe('an allowed origin, while Redis is away', () => {
  it('stands on the 503 as well', () =>
    withStack({ conf: { ttl: 60, heartbeat: 30, wait: 5, cors_origins: [app, other] } }, async stack => {
      const [u0] = await stack.room(1);
      await stack.redisServer.stop();
      for (const origin of [app, other]) {
        const headers = { Origin: origin };
        const refused = await until(async () => {
          const answer = await u0.ask('POST', 'join', { headers, body: {} });
          return answer.status === 503 && answer;
        }, 'a join is refused');
        assertAllowed(refused, origin, '503');
        assert.ok(Number(refused.headers['retry-after']) >= 1);
        assertAllowed(await stack.req('GET', '/readyz', { headers }), origin, 'readyz');
      }
      assertNotAllowed(await u0.ask('GET', 'dms', { headers: { Origin: foreign } }), 'another one');
    }));
});
