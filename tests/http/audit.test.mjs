// SPDX-License-Identifier: ISC
// The log: a line for each administrative change, who, what and to which; and no secret in it, in an error or in a URL.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { newJwt, newKey, now } from '../lib/jwt.mjs';
import { startStack } from '../lib/stack.mjs';

const ndjson = { 'Content-Type': 'application/x-ndjson' };

describe('the log of rollcalld', () => {
  const { signing } = newKey('HS256');
  const said = []; // every answer's head and body
  let stack, mine;

  before(async () => {
    stack = await startStack({
      auth: ['token', 'jwt'],
      conf: { ttl: 60, heartbeat: 30, wait: 2, log_level: 'debug' },
      beforeStart: one => {
        writeFileSync(one.path('jwt.key'), signing, { mode: 0o600 });
        one.conf.jwt = { algorithm: 'HS256', key_file: one.path('jwt.key') };
      },
    });
    const { body } = await stack.adm('GET', '/tokens');
    mine = body.tokens.find(one => one.admin).id;
  });
  after(() => stack?.stop());

  async function ask(method, path, options = {}) {
    const answer = await stack.req(method, path, options);
    said.push(JSON.stringify(answer.headers), answer.bytes.toString());
    return answer;
  }

  const audited = () => stack.log().match(/audit: .*/g) ?? [];

  /* Does what is to be done, and tells which lines it left. */
  async function leaves(...asked) {
    const before = audited().length;
    const answer = await stack.adm(...asked);
    assert.ok(answer.status < 300, `${asked[0]} ${asked[1]}: ${answer.status}`);
    return audited().slice(before);
  }

  it('has one line for each administrative change, with who did what to which', async () => {
    const at = '/workspaces/acme';
    const line = (action, more = '') => `audit: actor=token:${mine} action="${action}"${more}`;
    const acme = ' workspace="acme"';
    const cases = [
      [['PUT', at, { body: { name: 'Acme' } }], line('workspace.put', acme)],
      [['PUT', `${at}/members/bob`, { body: {} }], line('member.put', `${acme} object="bob"`)],
      [['PUT', `${at}/members/a%20%22b%22`, { body: {} }], line('member.put', `${acme} object="a \\"b\\""`)],
      [['POST', `${at}/members`, { body: '{"user":"carol"}\n', headers: ndjson }], line('members.import', acme)],
      [['PUT', `${at}/dms/7`, { body: { participants: ['bob', 'carol'] } }], line('dm.put', `${acme} object="7"`)],
      [['DELETE', `${at}/dms/7`], line('dm.delete', `${acme} object="7"`)],
      [['DELETE', `${at}/members/carol`], line('member.delete', `${acme} object="carol"`)],
    ];
    for (const [asked, expected] of cases) assert.deepEqual(await leaves(...asked), [expected]);
    const [made] = await leaves('POST', '/tokens', { body: { user: 'bob', label: 'laptop' } });
    const [, id] = made.match(/^audit: actor=token:\d+ action="token\.add" object="(\d+)"$/);
    assert.deepEqual(await leaves('DELETE', `/tokens/${id}`), [line('token.revoke', ` object="${id}"`)]);
    assert.match((await leaves('POST', '/tokens', { body: { admin: true } }))[0], /action="token\.add\.admin"/);
    const token = await stack.newToken({ user: 'bob' });
    await stack.req('POST', '/v1/workspaces/acme/join', { token, body: {} });
    assert.deepEqual(await leaves('DELETE', `${at}/sessions?user=bob`), [line('sessions.end', `${acme} object="bob"`)]);
    assert.deepEqual(await leaves('DELETE', at), [line('workspace.delete', acme)]);
  });

  it('has none for what was only read, or was refused', async () => {
    await stack.adm('PUT', '/workspaces/quiet', { body: {} });
    const before = audited().length;
    for (const path of ['/workspaces', '/workspaces/quiet', '/workspaces/quiet/members', '/tokens'])
      await stack.adm('GET', path);
    await stack.adm('PUT', '/workspaces/quiet', { body: { name: 7 } });
    await stack.adm('POST', '/workspaces/quiet/members', { body: '{"user":""}', headers: ndjson });
    await stack.adm('PUT', '/workspaces/none/members/bob', { body: {} });
    await stack.adm('PUT', '/workspaces/quiet', { token: await stack.newToken({ user: 'bob' }), body: {} });
    assert.equal(audited().length, before + 1, 'but for the token just made');
  });

  it('has no line that a client made up in it', async () => {
    await stack.adm('PUT', '/workspaces/lines', { body: {} });
    const name = encodeURIComponent('bob\u2028audit: actor=token:1 action="forged"');
    await stack.adm('PUT', `/workspaces/lines/members/${name}`, { body: {} });
    await stack.adm('PUT', '/workspaces/lines/members/a%0Aaudit%3A%20forged', { body: {} });
    assert.ok(
      !stack
        .log()
        .split('\n')
        .some(line => /^(<\d>)?audit: (actor=token:1 action="forged"|forged)/.test(line)),
    );
  });

  it('has no secret in it, nor has any answer, nor what the web server logs', async () => {
    const secrets = [stack.admin, signing];
    await stack.adm('PUT', '/workspaces/secret', { body: {} });
    const made = await ask('POST', '/v1/admin/tokens', { token: stack.admin, body: { user: 'bob' } });
    said.pop(); // the one time that it is shown
    const token = made.body.token;
    const jwt = newJwt({ sub: 'bob', exp: now() + 60 }, signing);
    const bad = newJwt({ sub: 'bob', exp: now() + 60 }, `${signing}x`);
    const old = newJwt({ sub: 'bob', exp: now() - 600 }, signing);
    const flipped = `${token.slice(0, -3)}AAA`;
    secrets.push(token, flipped, ...[jwt, bad, old].map(one => one.split('.')[2]));
    for (const credential of [token, flipped, `${token}x`, jwt, bad, old, `${jwt}.x`, stack.admin, `${stack.admin}x`]) {
      await ask('GET', '/v1/me', { token: credential });
      await ask('GET', '/v1/workspaces/secret/status', { token: credential });
      await ask('GET', '/v1/admin/tokens', { token: credential });
      await ask('POST', '/v1/workspaces/secret/join', { token: credential, body: '{' });
      await ask('POST', '/v1/admin/tokens', { token: credential, body: { user: '' } });
      for (const name of ['token', 'access_token', 'auth'])
        assert.equal((await ask('GET', `/v1/me?${name}=${credential}`)).status, 401, 'in a query it is nothing');
      assert.equal((await ask('GET', '/v1/me', { headers: { Authorization: `Basic ${credential}` } })).status, 401);
      assert.equal((await ask('GET', '/v1/me', { headers: { Cookie: `token=${credential}` } })).status, 401);
      assert.equal((await ask('POST', '/v1/me', { body: { token: credential } })).status, 405);
    }
    const { body } = await stack.adm('GET', '/tokens');
    await ask('DELETE', `/v1/admin/tokens/${body.tokens.find(one => one.user === 'bob').id}`, { token: stack.admin });
    await ask('GET', '/v1/me', { token });
    await ask('GET', '/metrics');
    await ask('GET', '/readyz');
    const texts = [...said, ...logs(stack)];
    assert.ok(texts.length > 100);
    for (const secret of secrets)
      for (const text of texts) assert.ok(!text.includes(secret.replace(/^rc_/, '')), `a secret is in: ${text.slice(0, 300)}`);
  });

  it('and the database keep no token as it is', async () => {
    const token = await stack.newToken({ user: 'bob' });
    for (const file of readdirSync(stack.dir).filter(name => name.startsWith('rollcall.db')))
      assert.ok(!readFileSync(stack.path(file)).includes(token.slice(3)), file);
  });
});

/* What was written to any log in the stack's directory. */
function logs(stack) {
  const files = readdirSync(stack.dir, { recursive: true }).filter(name => name.endsWith('.log'));
  return files
    .map(name => join(stack.dir, name))
    .filter(file => existsSync(file))
    .map(file => readFileSync(file, 'utf8'));
}
