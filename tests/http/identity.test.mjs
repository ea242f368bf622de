// SPDX-License-Identifier: ISC
// Authentication: valid and invalid credentials, their end while a poll waits, and what nobody can find out.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, pause } from '../lib/until.mjs';

const key = '0123456789abcdef0123456789abcdef';

function jwt(claims, { alg = 'HS256', secret = key, head = {} } = {}) {
  const part = value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg, typ: 'JWT', ...head })}.${part(claims)}`;
  return `${text}.${alg === 'HS256' ? createHmac('sha256', secret).update(text).digest('base64url') : ''}`;
}

describe('who asks', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({
      auth: ['token', 'jwt', 'remote_user'],
      conf: { ttl: 60, heartbeat: 30, wait: 20, jwt: { algorithm: 'HS256', key_file: '/dev/null' } },
      beforeStart: one => {
        writeFileSync(one.path('jwt.key'), key);
        one.conf.jwt.key_file = one.path('jwt.key');
      },
    });
  });
  after(() => stack?.stop());

  const now = () => Math.floor(Date.now() / 1000);
  const me = async token => (await stack.req('GET', '/v1/me', { token })).status;
  const raw = (target, over) => fcgi.call(stack.address, 'GET', target, { over });

  it('must say so, and is told how', async () => {
    const [u0] = await stack.room(1);
    for (const path of ['/v1/me', `/v1/workspaces/${u0.ws}/status`, '/v1/admin/workspaces']) {
      const { status, headers, body } = await stack.req('GET', path);
      assert.equal(status, 401, path);
      assert.match(headers['www-authenticate'], /^Bearer/);
      assert.equal(body.code, 'no_credential');
    }
  });

  it('is refused with an invalid token', async () => {
    const good = await stack.newToken({ user: 'u0' });
    assert.equal(await me(good), 200);
    const flipped = good.slice(0, -2) + (good.endsWith('AA') ? 'BB' : 'AA');
    for (const token of [
      flipped,
      good.slice(0, -1),
            `${good}x`,
            good.toUpperCase(),
            'rc_',
            'rc_'.padEnd(46, 'A'),
            'x',
            good.slice(3),
    ]) {
      const { status, body } = await stack.req('GET', '/v1/me', { token });
      assert.deepEqual([status, body.code], [401, 'invalid_credential'], token.length);
    }
    for (const value of ['Bearer', 'Bearer ', `Basic ${good}`, `Bearer  ${good} ${good}`, `Token ${good}`, good]) {
      assert.equal(
        (await stack.req('GET', '/v1/me', { headers: { Authorization: value } })).status,
        401,
        value.split(' ')[0],
      );
    }
    assert.equal(
      (await stack.req('GET', '/v1/me', { headers: { Authorization: `bearer ${good}` } })).status,
      200,
      'the scheme is the same in any case',
    );
  });

  it('is not let in by a token in the URL, and no token is in the log', async () => {
    const token = await stack.newToken({ user: 'u0' });
    for (const name of ['token', 'access_token'])
      assert.equal((await stack.req('GET', `/v1/me?${name}=${token}`)).status, 401);
    await me(token);
    await me(`${token}wrong`);
    assert.ok(!stack.log().includes(token.slice(3)));
  });

  it('cannot tell a workspace that does not exist from one of others', async () => {
    const [u0] = await stack.room(1);
    await stack.adm('PUT', '/workspaces/others', { body: {} });
    const ask = (method, ws, what, body) => stack.req(method, `/v1/workspaces/${ws}/${what}`, { user: 'u0', body });
    for (const [method, what, body] of [
      ['GET', 'status'],
      ['GET', 'stream'],
      ['GET', 'members'],
      ['GET', 'dms'],
      ['POST', 'join', {}],
      ['POST', 'heartbeat', { session: 'session-x' }],
      ['POST', 'leave', { session: 'session-x' }],
      ['POST', 'dms', { participants: ['u1'] }],
      ['POST', 'status', { users: [] }],
    ]) {
      const [none, theirs, odd] = [
        await ask(method, 'nowhere', what, body),
        await ask(method, 'others', what, body),
        await ask(method, '-odd', what, body),
      ];
      assert.equal(none.status, 403, `${method} ${what}`);
      assert.equal(none.body.code, 'not_a_member');
      assert.deepEqual(none.body, theirs.body);
      assert.deepEqual(none.body, odd.body);
    }
    assert.equal(
      (await stack.req('GET', `/v1/workspaces/${u0.ws}/status`, { token: stack.admin })).status,
      403,
      'an administrator is not a member',
    );
  });

  it("may not administrate with a user's token", async () => {
    const [u0] = await stack.room(1);
    for (const [method, path] of [
      ['GET', '/workspaces'],
      ['PUT', '/workspaces/x'],
      ['DELETE', `/workspaces/${u0.ws}`],
      ['GET', '/tokens'],
      ['POST', '/tokens'],
    ]) {
      const { status, body } = await stack.adm(method, path, {
        token: stack.tokens.get('u0'),
        body: method === 'GET' ? undefined : {},
      });
      assert.deepEqual([status, body.code], [403, 'admin_only'], `${method} ${path}`);
    }
  });

  it('loses a parked poll when the token expires, is revoked, or the member is removed, with nothing delivered', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const since = await u0.cursor();
    const brief = await stack.newToken({ user: 'u0', expires_in: 4 });
    const revocable = await stack.adm('POST', '/tokens', { body: { user: 'u1' } });
    const expiring = u0.poll({ since }, { token: brief });
    const revoked = u1.poll({ since }, { token: revocable.body.token });
    const removed = u2.poll({ since });
    await pause(300);
    await stack.adm('DELETE', `/tokens/${revocable.body.id}`);
    assert.deepEqual(await revoked.then(({ status, ms }) => [status, ms < atMost(10000)]), [401, true]);
    const end = await expiring;
    assert.deepEqual([end.status, end.body.code], [401, 'expired_credential']);
    assert.ok(end.ms < atMost(12000), `after ${end.ms} ms`);
    assert.equal((await u0.ask('GET', 'status', { token: brief })).status, 401);
    await stack.adm('DELETE', `/workspaces/${u2.ws}/members/u2`);
    const gone = await removed;
    assert.deepEqual([gone.status, gone.body.code, gone.body.changes], [403, 'not_a_member', undefined]);
  });

  it('may be named by a JWT of the host application', async () => {
    assert.equal(await me(jwt({ sub: 'u0', exp: now() + 60 })), 200);
    assert.equal(await me(jwt({ sub: 'u0', exp: now() - 30 })), 200, 'within the leeway');
    assert.equal(await me(jwt({ sub: 'u0', exp: now() + 60, nbf: now() + 2 })), 200, 'within the leeway');
    const bad = {
      'alg none': jwt({ sub: 'u0', exp: now() + 60 }, { alg: 'none' }),
      'alg NoNe': jwt({ sub: 'u0', exp: now() + 60 }, { alg: 'NoNe' }),
      expired: jwt({ sub: 'u0', exp: now() - 90 }),
      'not yet': jwt({ sub: 'u0', exp: now() + 900, nbf: now() + 300 }),
      'no exp': jwt({ sub: 'u0' }),
      'exp of text': jwt({ sub: 'u0', exp: String(now() + 60) }),
      'exp of 1e300': jwt(`{"sub":"u0","exp":1e300}`),
      'another key': jwt({ sub: 'u0', exp: now() + 60 }, { secret: 'x'.repeat(32) }),
      'an empty key': jwt({ sub: 'u0', exp: now() + 60 }, { secret: '' }),
      'sub of a number': jwt({ sub: 42, exp: now() + 60 }),
      'sub null': jwt({ sub: null, exp: now() + 60 }),
      'sub empty': jwt({ sub: '', exp: now() + 60 }),
      'sub of a list': jwt({ sub: ['u0'], exp: now() + 60 }),
      'sub missing': jwt({ exp: now() + 60 }),
      'sub with NUL': jwt({ sub: 'u0\0x', exp: now() + 60 }),
      'two parts': 'a.b',
      'no signature': 'a.b.',
      'four parts': `${jwt({ sub: 'u0', exp: now() + 60 })}.x`,
    };
    for (const [name, token] of Object.entries(bad)) assert.equal(await me(token), 401, name);
    assert.equal(
      await me(jwt({ sub: 'u0', exp: now() + 60 }, { head: { kid: '../../x' } })),
      200,
      'kid is nothing to us',
    );
  });

  it('may be named by the web server, if that has authenticated them', async () => {
    assert.equal((await raw('/v1/me', { REMOTE_USER: 'u0', AUTH_TYPE: 'Basic' })).body.user, 'u0');
    for (const over of [
      { REMOTE_USER: 'u0' },
      { REMOTE_USER: 'u0', AUTH_TYPE: '' },
      { REMOTE_USER: 'u0', AUTH_TYPE: ' ' },
      { REMOTE_USER: '', AUTH_TYPE: 'Basic' },
      { REMOTE_USER: ' ', AUTH_TYPE: 'Basic' },
      { HTTP_REMOTE_USER: 'u0', AUTH_TYPE: 'Basic' },
      { HTTP_X_FORWARDED_USER: 'u0', HTTP_AUTH_TYPE: 'Basic' },
    ]) {
      assert.equal((await raw('/v1/me', over)).status, 401, JSON.stringify(over));
    }
  });
});

describe('a key', () => {
  it('that is missing, empty, blank or short is refused at start', async () => {
    const stack = await startStack({ web: null });
    try {
      for (const text of ['', ' ', '\n', 'short']) {
        writeFileSync(stack.path('bad.key'), text);
        stack.writeConf({ auth: ['jwt'], jwt: { algorithm: 'HS256', key_file: stack.path('bad.key') } });
        assert.throws(() => stack.run('-t'), /bad\.key/, JSON.stringify(text));
      }
      stack.writeConf({ jwt: { algorithm: 'HS256', key_file: stack.path('none.key') } });
      assert.throws(() => stack.run('-t'), /none\.key/);
      stack.writeConf({ jwt: { algorithm: 'none', key_file: stack.path('bad.key') } });
      assert.throws(() => stack.run('-t'), /algorithm/);
    } finally {
      await stack.stop();
    }
  });
});
