// SPDX-License-Identifier: ISC
// JWTs of the host application: every algorithm with real keys, and users who belong where their JWT says.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { newJwt, newKey, now } from '../lib/jwt.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, until } from '../lib/until.mjs';

const times = { ttl: 60, heartbeat: 30, wait: 20 };

/* A stack that trusts JWTs by ALG, checked with TEXT; JWT is laid over its section. */
function startTrusting(alg, text, jwt = {}) {
  return startStack({
    auth: ['token', 'jwt'],
    conf: times,
    beforeStart: stack => {
      writeFileSync(stack.path('jwt.key'), text);
      stack.conf.jwt = { algorithm: alg, key_file: stack.path('jwt.key'), ...jwt };
    },
  });
}

const meWith = async (stack, token) => (await stack.req('GET', '/v1/me', { token })).status;
const claims = (more = {}) => ({ sub: 'ann', exp: now() + 60, ...more });

describe('a JWT', { concurrency: 3 }, () => {
  for (const alg of ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])
    it(`signed by ${alg} says who asks, and by another key or algorithm says nothing`, async () => {
      const key = newKey(alg);
      const stack = await startTrusting(alg, key.checking);
      try {
        const good = newJwt(claims(), key.signing, alg);
        assert.equal(await meWith(stack, good), 200);
        assert.equal(await meWith(stack, newJwt(claims(), newKey(alg).signing, alg)), 401, 'another key');
        for (const other of ['HS256', 'RS256', 'ES256'].filter(one => one !== alg))
          assert.equal(await meWith(stack, newJwt(claims(), newKey(other).signing, other)), 401, other);
        const [head, , end] = good.split('.');
        const forged = Buffer.from(JSON.stringify(claims({ sub: 'bob' }))).toString('base64url');
        assert.equal(await meWith(stack, `${head}.${forged}.${end}`), 401, 'other claims');
      } finally {
        await stack.stop();
      }
    });

  it('signed by HMAC with the public key, which everybody knows, says nothing', async () => {
    const { checking } = newKey('RS256');
    const stack = await startTrusting('RS256', checking);
    try {
      for (const alg of ['HS256', 'HS384', 'HS512'])
        assert.equal(await meWith(stack, newJwt(claims(), checking, alg)), 401, alg);
    } finally {
      await stack.stop();
    }
  });

  it('has an algorithm that is known, or the daemon does not start', async () => {
    const stack = await startStack({ web: null });
    try {
      for (const algorithm of ['none', 'NONE', 'hs256', 'HS1', 'PS256', '']) {
        writeFileSync(stack.path('jwt.key'), newKey('HS256').checking);
        stack.writeConf({ jwt: { algorithm, key_file: stack.path('jwt.key') }, auth: ['jwt'] });
        assert.throws(() => stack.run('-t'), /algorithm/, algorithm);
      }
      writeFileSync(stack.path('jwt.key'), newKey('EdDSA').checking);
      stack.writeConf({ jwt: { algorithm: 'EdDSA', key_file: stack.path('jwt.key') }, auth: ['jwt'] });
      stack.run('-t');
    } finally {
      await stack.stop();
    }
  });

  it('is not valid before nbf nor after exp, but for a minute', async () => {
    const { signing } = newKey('HS256');
    const stack = await startTrusting('HS256', signing);
    try {
      const me = more => meWith(stack, newJwt(claims(more), signing));
      assert.equal(await me({ nbf: now() + 2 }), 200);
      assert.equal(await me({ exp: now() - 2 }), 200);
      assert.equal(await me({ exp: now() - 50 }), 200);
      assert.equal(await me({ exp: now() - 61 }), 401);
      assert.equal(await me({ nbf: now() + 70 }), 401);
      for (const exp of [String(now() + 60), 1e300, null, true, [], undefined])
        assert.equal(await me({ exp }), 401, JSON.stringify(exp));
    } finally {
      await stack.stop();
    }
  });

  it('may have times with a fraction, as Python and Java write them', async () => {
    const { signing } = newKey('HS256');
    const stack = await startTrusting('HS256', signing);
    try {
      const me = more => meWith(stack, newJwt(claims(more), signing));
      assert.equal(await me({ exp: now() + 60.25, nbf: now() - 1.5, iat: now() - 1.5 }), 200);
      assert.equal(await meWith(stack, newJwt(`{"sub":"ann","exp":${now() + 60}.0}`, signing)), 200);
      assert.equal(await me({ exp: now() - 61.5 }), 401);
      assert.equal(await me({ nbf: now() + 70.5 }), 401);
    } finally {
      await stack.stop();
    }
  });

  it('may be an access token (RFC 9068), but nothing else', async () => {
    const { signing } = newKey('HS256');
    const stack = await startTrusting('HS256', signing);
    try {
      const me = typ => meWith(stack, newJwt(claims(), signing, 'HS256', { typ }));
      for (const typ of ['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', undefined])
        assert.equal(await me(typ), 200, typ);
      for (const typ of ['', 'logout+jwt', 'text/jwt', 7, null]) assert.equal(await me(typ), 401, String(typ));
    } finally {
      await stack.stop();
    }
  });

  it('is for the configured audience alone', async () => {
    const { signing } = newKey('HS256');
    const stack = await startTrusting('HS256', signing, { audience: 'rollcall' });
    try {
      const me = aud => meWith(stack, newJwt(claims({ aud }), signing));
      assert.equal(await me('rollcall'), 200);
      assert.equal(await me(['other', 'rollcall']), 200);
      for (const aud of [undefined, '', 'other', ['other'], [], 'rollcall ', 'ROLLCALL', { rollcall: 1 }, null])
        assert.equal(await me(aud), 401, JSON.stringify(aud));
    } finally {
      await stack.stop();
    }
  });

  it('may end with a newline in its key file, which the signer leaves out', async () => {
    const { signing } = newKey('HS256');
    const stack = await startTrusting('HS256', `${signing}\n`);
    try {
      assert.equal(await meWith(stack, newJwt(claims(), signing)), 200);
      assert.equal(await meWith(stack, newJwt(claims(), `${signing}\n`)), 401);
    } finally {
      await stack.stop();
    }
  });

  it('ends a parked poll when it expires', async () => {
    const { signing } = newKey('HS256');
    const stack = await startTrusting('HS256', signing);
    try {
      const [u0] = await stack.room(1);
      const token = newJwt({ sub: 'u0', exp: now() + 3 }, signing);
      const end = await u0.poll({ since: await u0.cursor() }, { token });
      assert.deepEqual([end.status, end.body.code], [401, 'expired_credential']);
      assert.ok(end.ms < atMost(12000), `after ${end.ms} ms`);
    } finally {
      await stack.stop();
    }
  });
});

describe('a JWT that provisions', { concurrency: 4 }, () => {
  const { signing } = newKey('HS256');
  let stack;
  before(async () => {
    stack = await startTrusting('HS256', signing, { provision: true });
  });
  after(() => stack?.stop());

  let count = 0;
  const newWorkspace = async () => {
    const ws = `p${++count}`;
    assert.equal((await stack.adm('PUT', `/workspaces/${ws}`, { body: {} })).status, 201);
    return ws;
  };
  const tokenOf = (sub, workspaces, more = {}) =>
    newJwt({ sub, exp: now() + 60, rollcall_workspaces: workspaces, ...more }, signing);
  const member = async (ws, user) => (await stack.adm('GET', `/workspaces/${ws}/members/${user}`)).body;

  it('makes its user a member of the workspace that is asked for, called as it says', async () => {
    const ws = await newWorkspace();
    const token = tokenOf('ann', [ws], { name: 'Ann Ångström' });
    const joined = await stack.req('POST', `/v1/workspaces/${ws}/join`, { token, body: {} });
    assert.equal(joined.status, 201);
    assert.deepEqual(await member(ws, 'ann'), { user: 'ann', name: 'Ann Ångström', role: 'member' });
  });

  it('makes its user a member by any request, with the id for a name where it says none', async () => {
    for (const [method, what, body] of [
      ['GET', 'status'],
      ['GET', 'members'],
      ['GET', 'dms'],
      ['GET', 'stream?wait=0'],
      ['POST', 'heartbeat', { session: 'session-1' }],
    ]) {
      const ws = await newWorkspace();
      const answer = await stack.req(method, `/v1/workspaces/${ws}/${what}`, { token: tokenOf('bob', [ws]), body });
      assert.equal(answer.status, 200, what);
      assert.equal((await member(ws, 'bob')).name, 'bob');
    }
  });

  it('shows all workspaces that it names in /v1/me', async () => {
    const all = [await newWorkspace(), await newWorkspace()];
    const token = tokenOf('carol', [...all, 'not-there']);
    const { body } = await stack.req('GET', '/v1/me', { token });
    assert.deepEqual(
      body.workspaces.map(one => one.id),
      all.sort(),
    );
  });

  it('makes no workspace, and admits to none that it does not name', async () => {
    const [ws, other] = [await newWorkspace(), await newWorkspace()];
    const token = tokenOf('dora', [ws, 'ghost']);
    const ask = where => stack.req('GET', `/v1/workspaces/${where}/status`, { token, raw: true });
    const [ghost, foreign] = [await ask('ghost'), await ask(other)];
    assert.equal(ghost.status, 403);
    assert.deepEqual([ghost.status, ghost.body], [foreign.status, foreign.body]);
    assert.equal((await stack.adm('GET', '/workspaces/ghost')).status, 404);
    assert.equal((await stack.adm('GET', `/workspaces/${other}`)).body.members, 0);
  });

  it('tells those who watch of the new member, and of a new name', async () => {
    const ws = await newWorkspace();
    const eve = { token: tokenOf('eve', [ws]) };
    const first = await stack.req('GET', `/v1/workspaces/${ws}/stream`, eve);
    const next = since => stack.req('GET', `/v1/workspaces/${ws}/stream?since=${since}`, eve);
    const watching = next(first.body.cursor);
    const join = name =>
      stack.req('POST', `/v1/workspaces/${ws}/join`, {
        token: tokenOf('finn', [ws], { name }),
        body: { session: 'session-of-finn' },
      });
    await join('Finn');
    let got = await watching;
    const seen = [...(got.body.refetch ?? [])];
    await until(async () => {
      if (seen.includes('members')) return true;
      got = await next(got.body.cursor);
      seen.push(...(got.body.refetch ?? []));
      return false;
    }, 'it is told that the members are others');
    await join('Finn Renamed');
    assert.equal((await member(ws, 'finn')).name, 'Finn Renamed');
    await until(async () => {
      got = await next(got.body.cursor);
      return got.body.refetch?.includes('members');
    }, 'it is told of the new name');
  });

  it('renames by the newest JWT alone, and once in a while', async () => {
    const ws = await newWorkspace();
    const began = now();
    const me = (name, iat) => stack.req('GET', '/v1/me', { token: tokenOf('jo', [ws], { name, iat: began - iat }) });
    await me('First', 50);
    await me('Second', 40);
    assert.equal((await member(ws, 'jo')).name, 'Second');
    await me('Older', 45);
    await me('Newer, but too soon', 30);
    assert.equal((await member(ws, 'jo')).name, 'Second');
  });

  it('leaves role, and the name of who does not join, alone', async () => {
    const ws = await newWorkspace();
    await stack.adm('PUT', `/workspaces/${ws}/members/gil`, { body: { name: 'Gil', role: 'guest' } });
    await stack.req('GET', `/v1/workspaces/${ws}/status`, { token: tokenOf('gil', [ws], { name: 'Gilbert' }) });
    assert.deepEqual(await member(ws, 'gil'), { user: 'gil', name: 'Gil', role: 'guest' });
    await stack.req('POST', `/v1/workspaces/${ws}/join`, { token: tokenOf('gil', [ws], { name: 'Gilbert' }), body: {} });
    assert.deepEqual(await member(ws, 'gil'), { user: 'gil', name: 'Gilbert', role: 'guest' });
  });

  it('is refused where its claim has another form', async () => {
    for (const wrong of ['acme', 42, [42], ['not an id'], { acme: true }, Array(33).fill('acme')])
      assert.equal(await meWith(stack, tokenOf('hal', wrong)), 401, JSON.stringify(wrong));
  });

  it('is logged as an admission, by whom and where', async () => {
    const ws = await newWorkspace();
    await stack.req('GET', `/v1/workspaces/${ws}/status`, { token: tokenOf('ida', [ws]) });
    const line = `audit: actor=user action="member.admit" workspace="${ws}" object="ida"`;
    await until(() => stack.log().includes(line), 'it is in the log');
  });

  it('makes nobody an administrator', async () => {
    for (const sub of ['admin', 'administrator', 'root', 'rc_admin']) {
      const token = tokenOf(sub, [], { admin: true, role: 'admin', rollcall_admin: true });
      assert.equal((await stack.req('GET', '/v1/admin/workspaces', { token })).status, 403, sub);
      assert.equal((await stack.req('GET', '/v1/me', { token })).body.admin, false, sub);
    }
  });
});

describe('a JWT, with provisioning off', () => {
  it('admits to no workspace, whatever it names', async () => {
    const { signing } = newKey('HS256');
    const stack = await startTrusting('HS256', signing);
    try {
      await stack.adm('PUT', '/workspaces/acme', { body: {} });
      const token = newJwt(claims({ rollcall_workspaces: ['acme'] }), signing);
      assert.equal((await stack.req('GET', '/v1/workspaces/acme/status', { token })).status, 403);
      assert.deepEqual((await stack.req('GET', '/v1/me', { token })).body.workspaces, []);
      const odd = newJwt(claims({ rollcall_workspaces: 42 }), signing);
      assert.equal(await meWith(stack, odd), 200, 'nor is it looked at');
    } finally {
      await stack.stop();
    }
  });
});

describe('the signature of a JWT', () => {
  it('is compared as bytes: what merely decodes to the same is refused', async () => {
    const { signing } = newKey('HS256');
    const stack = await startTrusting('HS256', signing);
    try {
      const good = newJwt(claims(), signing);
      const [head, body] = good.split('.');
      const bytes = createHmac('sha256', signing).update(`${head}.${body}`).digest();
      assert.equal(await meWith(stack, `${head}.${body}.${bytes.toString('base64url')}`), 200);
      for (const text of [bytes.toString('base64'), `${bytes.toString('base64url')}=`, bytes.toString('hex')])
        assert.equal(await meWith(stack, `${head}.${body}.${text}`), 401);
    } finally {
      await stack.stop();
    }
  });
});
