// SPDX-License-Identifier: ISC
// What every resource has in common: methods, problems, headers, and the word on the server's own health.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { query } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';

describe('every resource', { concurrency: 8 }, () => {
  let stack, u0;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 5 } });
    [u0] = await stack.room(1);
  });
  after(() => stack?.stop());

  it('answers a method that it has not with 405 and those that it has', async () => {
    const ws = `/v1/workspaces/${u0.ws}`,
      admin = '/v1/admin';
    const resources = {
      [`${ws}/join`]: ['POST'],
      [`${ws}/heartbeat`]: ['POST'],
      [`${ws}/leave`]: ['POST'],
      [`${ws}/status`]: ['GET', 'POST'],
      [`${ws}/stream`]: ['GET', 'POST'],
      [`${ws}/members`]: ['GET'],
      [`${ws}/dms`]: ['GET', 'POST'],
      '/v1/me': ['GET'],
      '/healthz': ['GET'],
      '/readyz': ['GET'],
      '/metrics': ['GET'],
      [`${admin}/workspaces`]: ['GET'],
      [`${admin}/workspaces/x`]: ['GET', 'PUT', 'DELETE'],
      [`${admin}/workspaces/x/members/y`]: ['PUT', 'DELETE'],
      [`${admin}/workspaces/x/members`]: ['POST'],
      [`${admin}/workspaces/x/dms/1`]: ['PUT', 'DELETE'],
      [`${admin}/workspaces/x/sessions`]: ['GET', 'DELETE'],
      [`${admin}/tokens`]: ['GET', 'POST'],
      [`${admin}/tokens/1`]: ['DELETE'],
    };
    for (const [path, methods] of Object.entries(resources)) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].filter(one => !methods.includes(one))) {
        const answer = await stack.req(method, path, {
          token: stack.admin,
          body: method === 'GET' ? undefined : '{}',
        });
        if (answer.status !== 405 && method === 'GET') continue; // one may read more than was promised
        assert.equal(answer.status, 405, `${method} ${path}`);
        assert.equal(answer.body.code, 'method_not_allowed');
        for (const one of methods)
          assert.match(answer.headers.allow, new RegExp(`\\b${one}\\b`), `${method} ${path}`);
      }
    }
  });

  it('says 404 of what does not exist', async () => {
    for (const path of [
      '/',
      '/v1',
      '/v1/',
      '/v2/me',
      '/v1/me/',
      '/v1/me/x',
            `/v1/workspaces/${u0.ws}`,
            `/v1/workspaces/${u0.ws}/nothing`,
            '/V1/me',
            '/v1/admin',
            `/v1/workspaces/${u0.ws}/status/x`,
    ]) {
      const { status, body } = await stack.req('GET', path, { user: 'u0' });
      assert.deepEqual([status, body.code], [404, 'not_found'], path);
    }
  });

  it('says what is wrong as a problem with a stable code', async () => {
    const { headers, body, status } = await u0.ask('POST', 'heartbeat', { body: '{"session":' });
    assert.equal(status, 400);
    assert.match(headers['content-type'], /^application\/problem\+json/);
    assert.deepEqual([body.type, body.status, body.code], ['about:blank', 400, 'bad_json']);
    assert.ok(body.title.length > 0 && body.detail.length > 0);
  });

  it('answers HEAD as GET, without the body', async () => {
    for (const what of ['status', 'members', 'dms', 'stream?wait=0']) {
      const [get, head] = [await u0.ask('GET', what), await u0.ask('HEAD', what)];
      assert.equal(head.status, 200, what);
      assert.equal(head.bytes.length, 0, what);
      assert.equal(head.headers['content-type'], get.headers['content-type'], what);
    }
    assert.equal((await stack.req('HEAD', '/healthz')).status, 200);
    assert.equal((await u0.ask('HEAD', 'join')).status, 405);
  });

  it('decodes a query once, and takes a plus for a space', async () => {
    for (const user of ['a b', '100%', '100%25', 'a&b=c', 'ü+ü', 'a/b']) {
      await stack.addMember(u0.ws, user);
      const { body } = await u0.ask('GET', `status${query({ user })}`);
      assert.deepEqual(
        body.users.map(one => one.user),
        [user],
      );
    }
    assert.deepEqual(
      (await u0.ask('GET', 'status?user=a+b')).body.users.map(one => one.user),
      ['a b'],
    );
  });

  it('refuses invalid escapes', async () => {
    // Straight by FastCGI, since lighttpd mends them.
    for (const one of ['status?user=%', 'status?user=%4', 'status?user=%zz', 'status?%=x', 'stream?since=%zz']) {
      const [what, QUERY_STRING] = one.split('?');
      const REQUEST_URI = `/rollcall/v1/workspaces/${u0.ws}/${one}`;
      const answer = await fcgi.call(stack.address, 'GET', `/v1/workspaces/${u0.ws}/${what}`, {
        token: stack.tokens.get('u0'),
        over: { QUERY_STRING, REQUEST_URI },
      });
      assert.equal(answer.status, 400, one);
    }
    const over = { REQUEST_URI: '/rollcall/v1/workspaces/%zz/status', PATH_INFO: '/v1/workspaces/%zz/status' };
    assert.equal((await fcgi.call(stack.address, 'GET', '/v1/me', { over })).status, 400);
  });

  it('limits the length of path and query for every caller', async () => {
    for (const length of [4097, 8000]) {
      const { status, body } = await stack.req('GET', `/${'/'.repeat(length - '/rollcall/'.length)}`);
      assert.deepEqual([status, body.code], [414, 'target_too_long'], `${length} slashes`);
    }
    for (const QUERY_STRING of ['x'.repeat(65537), '&'.repeat(60000), 'a&'.repeat(1001)]) {
      const answer = await fcgi.call(stack.address, 'GET', '/healthz', { over: { QUERY_STRING } });
      assert.deepEqual([answer.status, answer.body.code], [414, 'target_too_long']);
    }
    for (const length of [60000, 120000]) {
      const over = { REQUEST_URI: '/'.repeat(length), PATH_INFO: '/' };
      assert.equal((await fcgi.call(stack.address, 'GET', '/', { over })).status, 414);
    }
  });

  it('is not certain for an administrator if the web server does not pass the target on', async () => {
    const over = { REQUEST_URI: undefined };
    const ask = (path, token) => fcgi.call(stack.address, 'GET', path, { token, over });
    assert.equal((await ask('/healthz')).status, 200);
    assert.equal((await ask(`/v1/workspaces/${u0.ws}/status`, stack.tokens.get('u0'))).status, 200);
    const refused = await ask(`/v1/admin/workspaces/${u0.ws}/members/u0`, stack.admin);
    assert.equal(refused.status, 400);
    assert.match(refused.body.detail, /REQUEST_URI/);
  });

  it('tells that the server is alive, that it is ready, and its figures', async () => {
    assert.deepEqual((await stack.req('GET', '/healthz')).status, 200);
    const ready = await stack.req('GET', '/readyz');
    assert.equal(ready.status, 200);
    assert.equal(ready.body.ready, true);
    await u0.join();
    const { body, headers } = await stack.req('GET', '/metrics');
    assert.match(headers['content-type'], /^text\/plain/);
    const lines = body.trimEnd().split('\n');
    for (const line of lines.filter(one => !one.startsWith('#')))
      assert.match(line, /^rollcall_[a-z_]+(\{[^}]*\})? -?[0-9.e+]+(Inf)?$/, line);
    const described = new Set(lines.filter(one => one.startsWith('# TYPE')).map(one => one.split(' ')[2]));
    for (const line of lines.filter(one => !one.startsWith('#'))) {
      const name = line.split(/[ {]/)[0];
      assert.ok(
        described.has(name) || described.has(name.replace(/_(bucket|sum|count)$/, '')),
                `${name} has a TYPE`,
      );
    }
    for (let i = 0; i < 8; i++)
      assert.ok((await stack.metric('rollcall_requests_total')) > 0, 'whichever worker answers');
  });
});
