// SPDX-License-Identifier: ISC
// A request acts on what its path names, through every web server as it is shipped: with any valid id, wherever
// Rollcall is mounted. What counts is the effect: an answer can look right although another member was removed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { atPath, countersFrom } from '../lib/servers.mjs';
import { startAt } from './suite.mjs';

const servers = ['lighttpd', 'nginx', 'apache', 'caddy'];
const programs = ['lighttpd-cgi', 'apache-cgi', 'lighttpd-spawn'];

/* Ids that a path can carry. */
const carried = [
  'https://example.org/users/ann',
  'ben b/c',
  'a/b/',
  '/a',
  '/',
  'a//b',
  '100%',
  '%2F',
  '..%2F..%2Fbeta',
  'a+b c',
  "o'brien \"x\"",
  '\\..\\x',
  'é人😀',
  'a;b=c&d?e#f',
  '...',
  '..x/x..',
  '.hidden',
  'x/../u1',
  './u1',
  'x/..',
  'members',
  'user:name@host',
];

/* And those that it cannot, since web servers or clients resolve them. */
const uncarried = ['.', '..', '../../beta', '../u1', '..//u1', 'x/../../u1', '../..', '../members/u1', './../u1'];

/* The members of acme and what else there is, which nobody here is to touch. */
async function everything(at) {
  const { body: all } = await at.adm('GET', '/workspaces');
  const members = {};
  for (const { id } of all.workspaces)
    members[id] = (await at.adm('GET', `/workspaces/${id}/members`)).body.members.map(one => one.user).sort();
  return members;
}

async function setUp(at) {
  for (const ws of ['acme', 'beta', 'members']) {
    assert.equal((await at.adm('PUT', `/workspaces/${ws}`, { body: {} })).status, 201);
    for (const user of ['u1', 'beta', 'b', 'a'])
      assert.equal((await at.adm('PUT', `/workspaces/${ws}/members/${user}`, { body: {} })).status, 201);
  }
  return everything(at);
}

/* A path as it stands: http.request() resolves nothing. */
const encoded = id => encodeURIComponent(id);
const dotted = id => encodeURIComponent(id).replaceAll('.', '%2E');

async function isServed(at, before, id, member) {
  const made = await at.adm('PUT', member, { body: { name: 'Someone' } });
  assert.equal(made.status, 201, `PUT ${member}: ${JSON.stringify(made.body)}`);
  assert.equal(made.body.user, id);
  assert.deepEqual(await everything(at), { ...before, acme: [...before.acme, id].sort() }, `after PUT ${member}`);
  assert.equal((await at.adm('GET', member)).body.user, id);
  assert.equal((await at.adm('GET', member.replace(/members?/, 'explain'))).body.user, id);
  assert.equal((await at.adm('GET', `/workspaces/acme/sessions?user=${encoded(id)}`)).status, 200);
  assert.equal((await at.adm('DELETE', `/workspaces/acme/sessions?user=${encoded(id)}`)).status, 204);
  assert.equal((await at.adm('DELETE', member)).status, 204);
  assert.deepEqual(await everything(at), before, `after DELETE ${member}`);
}

/* Whatever answers, even the web server: nothing has happened. */
async function isRefused(at, before, id) {
  for (const spelling of [encoded(id), dotted(id)]) {
    for (const method of ['PUT', 'DELETE']) {
      const path = `/presence/v1/admin/workspaces/acme/members/${spelling}`;
      const body = method === 'PUT' ? '{}' : '';
      const head = `Host: ${atPath.host}\r\nAuthorization: Bearer ${at.stack.admin}\r\nContent-Length: ${body.length}`;
      const text = await at.wire(`${method} ${path} HTTP/1.1\r\n${head}\r\nConnection: close\r\n\r\n${body}`);
      assert.doesNotMatch(text, /^HTTP\/1\.1 20[14]/, path);
      if (/problem\+json/.test(text) && / 400 /.test(text.split('\r\n')[0]))
        assert.match(text, /member\?user=/, path);
    }
  }
  assert.deepEqual(await everything(at), before, `after ${id}`);
}

const location = line => `|fcgi://rollcall/presence/"\n<Location "/presence/">\n${line}`;

const through = (kind, more, fn) => async () => {
  const { at, stop } = await startAt(kind, more);
  try {
    await fn(at);
  } finally {
    await stop();
  }
};

describe('what was asked for', { concurrency: 2 }, () => {
  for (const kind of [...servers, ...programs]) {
    it(`${kind}: each id is that member, or is refused, and nobody else's`, async () => {
      await through(kind, {}, async at => {
        const before = await setUp(at);
        for (const id of carried)
          await isServed(at, before, id, `/workspaces/acme/members/${encoded(id)}`);
        for (const id of uncarried) await isRefused(at, before, id);
        for (const id of uncarried)
          await isServed(at, before, id, `/workspaces/acme/member?user=${encoded(id)}`);
      })();
    });
  }

  /* What a rewrite makes of a path is not what was asked for; the configuration has to say where the mount is. */
  const rewriting = {
    nginx: [
      [['location /presence/ {', 'rewrite ^/chat/(.*)$ /presence/$1;\n location /presence/ {']],
      ['fastcgi_pass ', 'fastcgi_param ROLLCALL_MOUNT /chat;\n fastcgi_pass '],
    ],
    lighttpd: [
      [
        ['"mod_access"', '"mod_rewrite", "mod_setenv", "mod_access"'],
        ['server.max-fds', 'url.rewrite-once = ( "^/chat/(.*)$" => "/presence/$1" )\nserver.max-fds'],
      ],
      ['url.rewrite', 'setenv.set-environment = ( "ROLLCALL_MOUNT" => "/chat" )\nurl.rewrite'],
    ],
    caddy: [
      [['handle /presence/*', 'rewrite /chat/* /presence{uri}\n uri replace /chat/ / 1\n handle /presence/*']],
      ['transport fastcgi {', 'transport fastcgi {\n env ROLLCALL_MOUNT /chat'],
    ],
  };

  for (const [kind, [rewrite, telling]] of Object.entries(rewriting)) {
    it(`${kind}: a rewrite is refused, and works with ROLLCALL_MOUNT`, async () => {
      const chat = { mount: { ...atPath, prefix: '/chat' } };
      await through(kind, { more: { changes: rewrite } }, async at => {
        const { status, body } = await at.ask('GET', '/healthz', chat);
        assert.equal(status, 400);
        assert.match(body.detail, /ROLLCALL_MOUNT/);
      })();
      await through(kind, { more: { changes: [...rewrite, telling] } }, async at => {
        assert.equal((await at.ask('GET', '/healthz', chat)).status, 200);
      })();
    });
  }

  it('apache: a mount that mod_proxy_fcgi does not tell is told by ROLLCALL_MOUNT', async () => {
    const whole = ['|fcgi://rollcall/" enablereuse=on flushpackets=on timeout=60\n\n    <Location "/presence/">', location('')];
    await through('apache', { more: { changes: [whole] } }, async at => {
      assert.equal((await at.ask('GET', '/healthz', { raw: true })).status, 404);
    })();
    const told = [whole[0], location('ProxyFCGISetEnvIf "true" ROLLCALL_MOUNT "/presence"')];
    await through('apache', { more: { changes: [told] } }, async at => {
      assert.equal((await at.ask('GET', '/healthz')).status, 200);
    })();
  });

  /* GET of PATH as it stands, with further header LINES; all that comes back. */
  const get = (at, path, lines = '') =>
    at.wire(`GET ${path} HTTP/1.1\r\nHost: ${atPath.host}\r\n${lines}Connection: close\r\n\r\n`);

  const spellings = [
    '/presence',
    '/presence?',
    '/presence/',
    '/presence//',
    '/presence/.',
    '/presence%2F',
    '/presence/%2e%2e/presence',
    '/presence/../rollcalld',
    '/presence/v1',
    '/presence/v1/../..',
    '/presence/rollcalld',
    '/presence.rollcalld',
    '/Presence',
    '//presence',
    '/presence;/v1',
    '/usr/sbin/rollcalld',
  ];

  for (const kind of [...servers, ...programs]) {
    it(`${kind}: the mount is Rollcall's, and the program's bytes are nobody's`, async () => {
      await through(kind, {}, async at => {
        for (const path of spellings)
          for (const lines of ['', 'Range: bytes=0-3\r\n'])
            assert.ok(!(await get(at, path, lines)).includes('ELF'), path);
        if (kind.startsWith('lighttpd')) assert.match(await get(at, '/presence'), /problem\+json/);
      })();
    });
  }

  /* Counters are for another address here: see countersFrom. */
  for (const kind of [...servers, 'lighttpd-spawn']) {
    it(`${kind}: no spelling shows the counters to strangers`, async () => {
      const changes = kind === 'lighttpd-spawn' ? [['127.0.0.0/8', countersFrom]] : [];
      await through(kind, { more: { changes } }, async at => {
        for (const what of ['metrics', 'readyz'])
          for (const path of ['', '/', '%2F', '/.', '/x/..', '/x%2F..', '//', '?', ';', '%00', '#'])
            for (const spelled of [what, `%${what.charCodeAt(0).toString(16)}${what.slice(1)}`, `/${what}`]) {
              const text = await get(at, `/presence/${spelled}${path}`);
              assert.doesNotMatch(text, /rollcall_|"ready"/, `${spelled}${path}`);
            }
      })();
    });
  }

  for (const kind of [...servers, ...programs]) {
    it(`${kind}: mounted anywhere`, async () => {
      for (const mount of ['/api/v1/presence', '/v1', '/healthz', '/metrics/x']) {
        const changes = [['/presence', mount]];
        await through(kind, { more: { changes } }, async at => {
          const there = { mount: { ...atPath, prefix: mount } };
          assert.equal((await at.ask('GET', '/healthz', there)).body.ok, true, mount);
          const put = await at.adm('PUT', '/workspaces/acme', { body: { name: 'A' }, ...there });
          assert.equal(put.status, 201, mount);
          const member = `/workspaces/acme/members/${encoded('v1/a b')}`;
          assert.equal((await at.adm('PUT', member, { body: {}, ...there })).body.user, 'v1/a b');
          assert.equal((await at.adm('DELETE', member, there)).status, 204);
        })();
      }
    });
  }
});
