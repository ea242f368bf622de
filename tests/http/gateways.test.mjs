// SPDX-License-Identifier: ISC
// The caller's identity as web servers pass it on: an unchecked name does not count, and a credential that the server
// does not pass on is reported.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { atPath, startServer } from '../lib/servers.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30, wait: 2 };
const basic = { Authorization: `Basic ${Buffer.from('victim:wrong').toString('base64')}` };

/* Runs FN(stack, port) with a stack behind KIND as it is shipped, with CHANGES(stack) to its configuration. */
const behind = (kind, auth, changes, fn) =>
  withStack({ web: null, auth, conf }, async stack => {
    const dir = stack.path('web');
    mkdirSync(dir);
    const web = await startServer(kind, { dir, address: stack.address, changes: changes(stack) });
    try {
      await fn(stack, web.port);
    } finally {
      await web.stop('SIGTERM', 3000);
    }
  });

const me = (stack, options) => stack.req('GET', '/v1/me', options);

describe('a name that a web server passes on', { concurrency: 4 }, () => {
  for (const auth of [['token'], ['token', 'remote_user']])
    it(`through nginx without auth_basic is nobody, with ${auth.join(' and ')}`, () =>
      withStack({ web: 'nginx', auth, conf }, async stack => {
        await stack.people('acme', 'u', 1);
        const { status, body } = await me(stack, { headers: basic });
        assert.deepEqual([status, body.code], [401, 'no_credential']);
      }));

  for (const web of ['lighttpd', 'nginx', 'apache'])
    it(`does not count if a header of the client names it, through ${web}`, () =>
      withStack({ web, auth: ['token', 'remote_user'], conf }, async stack => {
        for (const name of [
          'Remote-User',
          'X-Remote-User',
          'X-Forwarded-User',
          'X-Auth-Request-User',
          'Auth-Type',
          'Authenticated-User',
          'Redirect-Remote-User',
        ]) {
          const headers = { [name]: 'admin', 'Auth-Type': 'Basic', 'X-Auth-Type': 'Basic' };
          assert.equal((await me(stack, { headers })).status, 401, name);
          assert.equal((await stack.req('GET', '/v1/admin/workspaces', { headers })).status, 401, name);
        }
      }));

  it('counts where it was checked, and remote_user is on; else it does not', async () => {
    const asked = { over: { REMOTE_USER: 'u0', AUTH_TYPE: 'Basic' } };
    for (const [auth, status] of [
      [['token'], 401],
      [['token', 'remote_user'], 200],
    ])
      await withStack({ web: null, auth, conf }, async stack => {
        const answer = await fcgi.call(stack.address, 'GET', '/v1/me', asked);
        assert.equal(answer.status, status, auth.join(' '));
      });
  });

  it('makes nobody an administrator', () =>
    withStack({ web: null, auth: ['token', 'remote_user'], conf }, async stack => {
      for (const REMOTE_USER of ['admin', 'root', 'token:1', 'rc_admin']) {
        const over = { REMOTE_USER, AUTH_TYPE: 'Basic' };
        const answer = await fcgi.call(stack.address, 'GET', '/v1/admin/workspaces', { over });
        assert.deepEqual([answer.status, answer.body.code], [403, 'admin_only'], REMOTE_USER);
      }
    }));
});

describe('a variable that stands twice', () => {
  const included = 'include                 /etc/nginx/fastcgi_params;';
  const before = lines => [[included, `${included} ${lines}`]];
  const ann = 'fastcgi_param AUTH_TYPE Basic; fastcgi_param REMOTE_USER ann;';

  it('is what stands last: nobody, by the line of the shipped nginx.conf', () =>
    behind('nginx', ['remote_user'], () => before(ann), async (stack, port) => {
      const { status, body } = await me(stack, { port, mount: atPath.prefix });
      assert.deepEqual([status, body.code], [401, 'no_credential']);
    }));

  it('is what stands last: somebody, where that line is replaced', () => {
    const changes = () => [...before('fastcgi_param REMOTE_USER bob;'), [/fastcgi_param +REMOTE_USER "";/g, ann]];
    return behind('nginx', ['remote_user'], changes, async (stack, port) => {
      assert.equal((await me(stack, { port, mount: atPath.prefix })).body.user, 'ann');
    });
  });
});

describe('an invalid name', () => {
  let stack;
  before(async () => {
    stack = await startStack({ web: null, auth: ['remote_user', 'token'], conf });
  });
  after(() => stack?.stop());

  it('is nobody: empty, blank, of control characters, too long', async () => {
    for (const REMOTE_USER of ['', ' ', '\t', '\n', 'a\nb', '\u0085', 'u\x7f', 'x'.repeat(129)])
      for (const AUTH_TYPE of ['Basic', '', ' ']) {
        const over = { REMOTE_USER, AUTH_TYPE };
        const { status } = await fcgi.call(stack.address, 'GET', '/v1/me', { over });
        assert.equal(status, 401, JSON.stringify(over));
      }
  });

  it('is nobody with a NUL in it, whom no web server has', async () => {
    const over = { REMOTE_USER: 'u0\0x', AUTH_TYPE: 'Basic' };
    const answer = await fcgi.call(stack.address, 'GET', '/v1/me', { over });
    assert.ok(answer === null || [400, 401].includes(answer.status), JSON.stringify(answer));
  });

  it('does not stand in the way of a token', async () => {
    const over = { REMOTE_USER: '', AUTH_TYPE: '' };
    const { body } = await fcgi.call(stack.address, 'GET', '/v1/me', { over, token: stack.admin });
    assert.equal(body.admin, true);
  });
});

describe('a token', () => {
  it('that Apache keeps to itself is missed, and the log names the setting', () =>
    behind('apache', ['token'], () => [[/CGIPassAuth On/g, '']], async (stack, port) => {
      const { status, body } = await me(stack, { token: stack.admin, port, mount: atPath.prefix });
      assert.deepEqual([status, body.code], [401, 'no_credential']);
      await until(() => /CGIPassAuth On/.test(stack.log()), 'the log names it');
    }));

  it('that Apache passes on, as shipped, is known', () =>
    behind('apache', ['token'], () => [], async (stack, port) => {
      const answer = await me(stack, { token: stack.admin, port, mount: atPath.prefix });
      assert.equal(answer.body.admin, true);
      assert.ok(!/CGIPassAuth/.test(stack.log()));
    }));
});

/* How each server is told to check names itself, as docs/ADMIN.md says: by the file of passwords FILE. */
const checking = {
  lighttpd: file => [
    ['server.modules += ( "mod_access"', 'server.modules += ( "mod_access", "mod_auth", "mod_authn_file"'],
    [
      'server.max-request-size',
            `auth.backend = "plain"
auth.backend.plain.userfile = "${file}"
auth.require = ("/presence/" => ("method" => "basic", "realm" => "site", "require" => "valid-user"))
server.max-request-size`,
    ],
  ],
  nginx: file => [
    [
      /fastcgi_param +REMOTE_USER "";/g,
            `auth_basic site; auth_basic_user_file ${file};
        fastcgi_param REMOTE_USER $remote_user; fastcgi_param AUTH_TYPE Basic;`,
    ],
  ],
  apache: file => [
    [
      /^<VirtualHost [^>]*>\n {4}ServerName www/gm,
            `${['auth_basic', 'authn_core', 'authn_file', 'authz_user']
                .map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`)
                .join('')}$&`,
    ],
    [
      'CGIPassAuth On',
            `CGIPassAuth On
        AuthType Basic
        AuthName site
        AuthUserFile ${file}
        Require valid-user`,
    ],
  ],
  caddy: () => [
    [
      /^(\t*)request_body \{/gm,
            `$1basicauth {
                u0 $$2a$$14$$d9xawsdSz9hBv809wZYVke.qYxR6odDHpPzX6A/cSgoCH4LdGXhOO
            }
            request_body {`,
    ],
    [
      /transport fastcgi \{$/gm,
            `transport fastcgi {
            env REMOTE_USER {http.auth.user.id}
            env AUTH_TYPE Basic`,
    ],
  ],
};

describe('a web server that checks names itself', { concurrency: 3 }, () => {
  const wrong = { Authorization: `Basic ${Buffer.from('u0:wrong').toString('base64')}` };
  const right = { Authorization: `Basic ${Buffer.from('u0:right').toString('base64')}` };
  for (const [kind, changes] of Object.entries(checking))
    it(`as ${kind} can, identifies the caller, if remote_user is on`, () =>
      behind(
        kind,
        ['token', 'remote_user'],
        stack => {
          /* lighttpd compares as it is; the others know this form too. */
          writeFileSync(stack.path('names'), kind === 'lighttpd' ? 'u0:right\n' : 'u0:{SHA}0nofEXcSAJSXFLGvmfBIpBb11vQ=\n');
          return changes(stack.path('names'));
        },
        async (stack, port) => {
          const ask = headers =>
            me(stack, { headers: { Host: atPath.host, ...headers }, port, mount: atPath.prefix, raw: true });
          const good = await ask(right);
          assert.equal(good.status, 200, good.bytes.toString());
          assert.equal(JSON.parse(good.bytes).user, 'u0');
          assert.equal((await ask(wrong)).status, 401);
          assert.equal((await ask({})).status, 401);
        },
      ));
});
