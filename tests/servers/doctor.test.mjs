// SPDX-License-Identifier: ISC
// rollcalld --doctor finds nothing if all is well, and says what is wrong if something is.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { describe, it } from 'node:test';
import { request } from '../lib/http.mjs';
import { atPath, startServer } from '../lib/servers.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';
import { pause } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';
import { openUp } from './suite.mjs';

const conf = { ttl: 60, heartbeat: 5, wait: 2, gap: 5 };

/* Resolves with { status, out }. The Apache configuration that it reads is the test's own. ON_TEXT is called with the process and OUT. */
function doctor(stack, url, env = {}, prefix = [], onText = () => {}) {
  return new Promise(resolve => {
    const words = [...prefix, rollcalld, '-c', stack.path('rollcall.conf'), '--doctor', ...(url ? [url] : [])];
    const child = spawn(words[0], words.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, APACHE_CONFDIR: stack.path('web', 'apache'), ...env },
    });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', text => {
        out += text;
        onText(child, out);
      });
    child.on('close', status => resolve({ status, out }));
  });
}

/* Runs the command after it with the given file as /etc/nginx/nginx.conf. */
const ownNginx = ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/nginx/nginx.conf && exec "$@"'];
const canMount = process.getuid() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

/* Runs FN with a stack behind KIND; its configuration is changed by CHANGE(text) once it is written. */
const behind = (kind, options, fn) =>
  withStack({ web: null, conf, ...options }, async stack => {
    const dir = stack.path('web');
    mkdirSync(dir);
    const web = await startServer(kind, { dir, address: stack.address, ...options.at });
    try {
      /* The doctor has only a site's name, which leads nowhere here; a request for any other name gets the first site. */
      await fn(stack, `http://127.0.0.1:${web.port}${atPath.prefix}`);
    } finally {
      await web.stop('SIGTERM', 3000);
    }
  });

/* Runs FN with a site that leads to URL, except for what ALTER({ method, path, url }) has an answer for: { status, code, after }. */
async function altered(url, alter, fn) {
  const server = http.createServer(async (incoming, outgoing) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method, url: path, headers } = incoming;
    const own = alter(method, path);
    if (own?.status) {
      const body = JSON.stringify({ type: 'about:blank', title: 'altered', status: own.status, code: own.code });
      outgoing.writeHead(own.status, { 'Content-Type': 'application/problem+json' }).end(body);
      return;
    }
    const asked = request({ port: Number(new URL(url).port), method, path, headers, body: Buffer.concat(chunks) });
    const giveUp = () => asked.abort();
    outgoing.on('close', giveUp);
    const answer = await asked.catch(() => null); // its client went away
    outgoing.off('close', giveUp);
    if (!answer) return;
    const { status, headers: got, bytes } = answer;
    delete got['transfer-encoding'];
    if (own?.after) await pause(own.after);
    outgoing.writeHead(status, got).end(bytes);
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  try {
    await fn(`http://127.0.0.1:${server.address().port}${atPath.prefix}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/* Caddy serves nothing for a name that it was not told; here it was told none. */
const anyHost = [[/http:\/\/www\.example\.org:/g, 'http://:']];

/* A certificate for 127.0.0.1 in site.pem, with key.pem, by the issuer of ca.pem; other.pem is another issuer. */
function certify(stack) {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: stack.dir, stdio: 'pipe' });
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  for (const name of ['ca', 'other'])
    openssl('req', ...made, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`);
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=site', '-keyout', 'key.pem', '-out', 'site.csr');
  writeFileSync(stack.path('san'), 'subjectAltName=IP:127.0.0.1\n');
  openssl('x509', '-req', '-in', 'site.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2',
    '-extfile', 'san', '-out', 'site.pem');
}

const nothingBad = ({ status, out }) => {
  assert.ok(!/^BAD/m.test(out), out);
  assert.equal(status, 0, out);
};

describe('the doctor', { concurrency: 6 }, () => {
  for (const kind of ['lighttpd', 'nginx', 'apache', 'caddy'])
    it(`finds nothing wrong with ${kind} as it is shipped, and leaves nothing behind`, () =>
      behind(kind, kind === 'caddy' ? { at: { changes: anyHost } } : {}, async (stack, url) => {
        const result = await doctor(stack, url);
        nothingBad(result);
        for (const good of [
          'leads to Rollcall',
          'serves the script for pages',
          'passes Authorization',
          '%2F',
          '1 MB',
          'a change on to waiting polls at once',
          'the events of a stream on at once',
          'read timeout',
        ])
          assert.match(result.out, new RegExp(`^ok .*${good}`, 'm'));
        const { body } = await stack.req('GET', '/v1/admin/workspaces', {
          port: Number(new URL(url).port),
          mount: atPath.prefix,
          token: stack.admin,
        });
        assert.deepEqual(body.workspaces, []);
      }));

  it('finds nothing wrong after it was suspended while it waited', () =>
    behind('nginx', {}, async (stack, url) => {
      let suspended = false;
      const result = await doctor(stack, url, {}, [], async (child, out) => {
        if (suspended || !out.includes('waiting for a poll')) return;
        suspended = true;
        for (const signal of ['SIGSTOP', 'SIGCONT']) {
          child.kill(signal);
          await pause(200);
        }
      });
      nothingBad(result);
      assert.ok(suspended);
    }));

  it('sees a read timeout below the wait, a mount that leads elsewhere, and no server at all', () =>
    behind(
      'nginx',
      {
        conf: { ...conf, wait: 4 },
        at: { changes: [['fastcgi_read_timeout    60s', 'fastcgi_read_timeout 2s']] },
      },
      async (stack, url) => {
        const slow = await doctor(stack, url);
        assert.equal(slow.status, 1);
        assert.match(slow.out, /^BAD .*a poll of 4 s ended after [2-9]\.\d s with 504.*fastcgi_read_timeout/m);
        const astray = await doctor(stack, url.replace('/presence', '/elsewhere'));
        assert.equal(astray.status, 1);
        assert.match(astray.out, /^BAD .*\/elsewhere\/healthz is answered 404, and not by Rollcall/m);
        const gone = await doctor(stack, 'http://127.0.0.1:1/presence');
        assert.match(gone.out, /^BAD .*it does not answer/m);
        assert.match((await doctor(stack, 'ftp://example.org')).out, /^BAD .*is not a URL like/m);
        const { origin } = new URL(url);
        for (const near of [`${url}/v1`, `${url}/v1/workspaces/acme/`, origin])
          assert.match(
            (await doctor(stack, near)).out,
            new RegExp(`^BAD .*Rollcall is not at .*: use ${origin}/presence$`, 'm'),
          );
      },
    ));

  it('follows to HTTPS on the same host and port, and checks its certificate', () =>
    withStack({ web: null, conf }, async stack => {
      const ca = stack.path('ca.pem');
      certify(stack);
      const tls = await freePort();
      const dir = stack.path('web');
      mkdirSync(dir);
      const change = (to, certificate) => [
        'server_name www.example.org;',
                `server_name www.example.org; listen 127.0.0.1:${tls} ssl; ssl_certificate ${certificate};
                ssl_certificate_key ${stack.path('key.pem')};
                error_page 497 =301 https://${to}:${tls}$request_uri;
                if ($scheme = http) { return 301 https://${to}:${tls}$request_uri; }`,
      ];
      const serve = async (to, fn) => {
        const changes = [change(to, stack.path('site.pem'))];
        const web = await startServer('nginx', { dir, address: stack.address, changes });
        try {
          await fn(`http://127.0.0.1:${tls}${atPath.prefix}`, web.port);
        } finally {
          await web.stop('SIGTERM', 3000);
        }
      };
      await serve('127.0.0.1', async (url, other) => {
        const secure = `https://127.0.0.1:${tls}${atPath.prefix}`;
        const followed = await doctor(stack, url, { SSL_CERT_FILE: ca });
        nothingBad(followed);
        assert.match(followed.out, new RegExp(`^note .*it redirects to ${secure}`, 'm'));
        assert.match(followed.out, /^ok .*passes a change on to waiting polls at once/m);
        nothingBad(await doctor(stack, secure, { SSL_CERT_FILE: ca }));
        const untrusted = await doctor(stack, url, { SSL_CERT_FILE: stack.path('other.pem') });
        assert.equal(untrusted.status, 1);
        assert.match(untrusted.out, /^BAD .*its certificate is not trusted here: .*SSL_CERT_FILE/m);
        const misnamed = await doctor(stack, secure.replace('127.0.0.1', 'localhost'), { SSL_CERT_FILE: ca });
        assert.match(misnamed.out, /^BAD .*its certificate is not for localhost/m);
        const elsewhere = await doctor(stack, url.replace(`:${tls}`, `:${other}`), { SSL_CERT_FILE: ca });
        assert.equal(elsewhere.status, 1);
        assert.match(elsewhere.out, /^BAD .*it redirects to https:.*another port.*give its URL/m);
      });
      await serve('localhost', async url => {
        const { status, out } = await doctor(stack, url, { SSL_CERT_FILE: ca });
        assert.equal(status, 1);
        assert.match(out, /^BAD .*it redirects to https:\/\/localhost:.*another host/m);
      });
    }));

  it('says where else a redirect leads', () =>
    behind(
      'nginx',
      { at: { changes: [['server_name www.example.org;', 'server_name www.example.org; return 302 /login;']] } },
      async (stack, url) => {
        const { status, out } = await doctor(stack, url);
        assert.equal(status, 1);
        assert.match(out, /^BAD .*\/presence\/healthz is redirected to http:.*\/login, which is not Rollcall/m);
      },
    ));

  it('sees that the MPM of Apache leaves no room for a site, and how much another one has', async () => {
    const look = async (at, pattern, status) =>
      behind('apache', { at }, async (stack, url) => {
        const result = await doctor(stack, url);
        assert.equal(result.status, status, result.out);
        assert.match(result.out, pattern);
      });
    await look(
      { mpm: 'prefork', limits: 'MaxRequestWorkers 20\n<IfModule mpm_event_module>\nMaxRequestWorkers 3000\n</IfModule>' },
      /^BAD .*prefork MPM with at most 20 processes.*event MPM.*: see Apache in \/\S+\/doc\/rollcall\/SERVERS\.md$/m,
      1,
    );
    await look(
      { limits: '<IfModule mpm_prefork_module>\nMaxRequestWorkers 20\n</IfModule>\nMaxRequestWorkers 150' },
      /^note .*\(event MPM\) serves at most 150 requests at once.*more than 100 browsers/m,
      0,
    );
    await look(
      { limits: 'ServerLimit 20\nThreadLimit 100\nThreadsPerChild 100\nMaxRequestWorkers 1500' },
      /^ok .*\(event MPM\) has room for 1000 browsers/m,
      0,
    );
  });

  it('sees how many connections nginx has', { skip: !canMount && 'no file can be mounted here' }, () =>
    behind('nginx', {}, async (stack, url) => {
      const look = async (text, pattern) => {
        writeFileSync(stack.path('nginx.conf'), text);
        const result = await doctor(stack, url, {}, [...ownNginx, stack.path('nginx.conf')]);
        nothingBad(result);
        assert.match(result.out, pattern);
      };
      await look(
        'worker_processes 4;\nevents { worker_connections 768;\n# worker_connections 9999;\n}\n',
        /^note .*nginx accepts 768 connections in each of its 4 processes.*more than 1536 browsers.* \/\S+\/doc\/rollcall\/examples\/nginx\.conf says$/m,
      );
      await look(
        'worker_processes 2;\nevents {\n\tworker_connections 22000;\n}\n',
        /^ok .*nginx has room for 22000 browsers/m,
      );
    }));

  for (const [kind, line, change] of [
    ['lighttpd', 'server.stream-response-body = 1', [/^ *server\.stream-response-body = 1$/gm, '']],
    ['apache', 'flushpackets=on', [/ flushpackets=on/g, '']],
    ['nginx', 'fastcgi_ignore_headers', [/fastcgi_keep_conn .*on;/g, 'fastcgi_ignore_headers X-Accel-Buffering;']],
  ])
    it(`says which line ${kind} needs if it holds the events of a stream back`, () =>
      behind(kind, { at: { changes: [change] } }, async (stack, url) => {
        const result = await doctor(stack, url);
        nothingBad(result);
        assert.match(result.out, /^note .*holds the events of a stream back.*long polls/m);
        assert.ok(result.out.match(/^note .*holds the events.*/m)[0].includes(line), result.out);
      }));

  it('says that a CGI program answers a stream like a poll', () =>
    withStack({ web: null, conf, redisArgs: ['--unixsocketperm', '777'] }, async stack => {
      const dir = stack.path('web');
      mkdirSync(dir);
      const program = openUp(stack);
      const web = await startServer('lighttpd-cgi', { dir, address: stack.address, ...program });
      try {
        const { out } = await doctor(stack, `http://127.0.0.1:${web.port}${atPath.prefix}`);
        assert.match(out, /^note .*a stream is answered like a poll.*CGI/m);
      } finally {
        await web.stop('SIGTERM', 3000);
      }
    }));

  it('sees that Apache does not pass Authorization on', () =>
    behind('apache', { at: { changes: [[/CGIPassAuth On/g, '']] } }, async (stack, url) => {
      const { status, out } = await doctor(stack, url);
      assert.equal(status, 1);
      assert.match(out, /^BAD .*CGIPassAuth On/m);
    }));

  for (const [name, change, sentence] of [
    ['is missing', [/location ~ \^\/rollcall\(/g, 'location ~ ^/other('], '/rollcall.js, the script for pages, is answered 404: add'],
    ['lacks its modules', [/\^\/rollcall\(-\[a-z\]\+\)\?/g, '^/rollcall'], '/rollcall-tabs.js, the script for pages, is answered 404: add'],
    ['has a type that browsers refuse', [/text\/javascript js;/g, 'text/plain js;'], '/rollcall.js comes as text/plain, which browsers'],
  ])
    it(`notes that the script for pages ${name}`, () =>
      behind('nginx', { at: { changes: [change] } }, async (stack, url) => {
        const result = await doctor(stack, url);
        nothingBad(result);
        assert.ok(new RegExp(`^note .* ${sentence}`, 'm').test(result.out), result.out);
      }));

  it('sees that Apache rejects encoded slashes', () =>
    behind('apache', { at: { changes: [[/AllowEncodedSlashes NoDecode/g, '']] } }, async (stack, url) => {
      const { status, out } = await doctor(stack, url);
      assert.equal(status, 1);
      assert.match(out, /^BAD .*AllowEncodedSlashes NoDecode/m);
    }));

  it('says which requests the site answers otherwise than Rollcall would', () =>
    behind('nginx', {}, async (stack, url) => {
      const look = (alter, ...patterns) =>
        altered(url, alter, async site => {
          const { status, out } = await doctor(stack, site);
          for (const pattern of patterns) assert.match(out, pattern);
          assert.equal(status, /^BAD/m.test(out) ? 1 : 0, out);
        });
      const to = (method, ending) => (asked, path) => asked === method && path.endsWith(ending);
      const answer = (is, own, times = Infinity) => (method, path) => (is(method, path) && times-- > 0 ? own : null);
      await Promise.all([
        look(answer(to('GET', '?limit=1'), { status: 401, code: 'invalid_credential' }), /^BAD .*a token of this database is not accepted/m),
        look(answer(to('GET', '?limit=1'), { status: 500 }), /^BAD .*a request with a token is answered 500/m),
        look(answer(to('POST', '/members'), { status: 413 }), /^note .*a body of 1 MB is answered 413.*client_max_body_size/m),
        look(answer(to('GET', '/metrics'), { status: 200 }), /^note .*\/metrics can be read from here/m),
        look(answer(to('PUT', '/members/doctor'), { status: 403 }), /^BAD .*no workspace could be created through it/m),
        look(answer(to('POST', '/tokens'), { status: 403 }), /^BAD .*no workspace could be created through it/m),
        look(answer(to('PUT', '/members/doctor'), { status: 503 }, 2), /^ok .*a change on to waiting polls at once/m),
        look(answer(to('POST', '/join'), { status: 502 }), /^BAD .*a join is answered 502/m),
        look(
          (method, path) => (path.includes('/stream?') ? { after: 2500 } : null),
          /^BAD .*a change after 1 s was answered 200 after \d\.\d s: it buffers answers/m,
        ),
      ]);
      const { body } = await stack.req('GET', '/v1/admin/workspaces', {
        port: Number(new URL(url).port),
        mount: atPath.prefix,
        token: stack.admin,
      });
      assert.deepEqual(body.workspaces, [], 'what was made is gone');
    }));

  it('bears a server whose answers are cut short, or whose chunks are longer than they are', () =>
    withStack({ web: null, conf }, async stack => {
      const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
      const cut = ['', 'H', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\n\r\n'];
      for (const answer of [...cut, `${chunked}ffff\r\nshort`, `${chunked}2\r\nx`]) {
        const server = net.createServer(socket => {
          socket.on('error', () => {});
          socket.once('data', () => socket.end(answer));
        });
        await new Promise(done => server.listen(0, '127.0.0.1', done));
        const { status, out } = await doctor(stack, `http://127.0.0.1:${server.address().port}/presence`);
        server.close();
        assert.equal(status, 1, `${JSON.stringify(answer)}: ${out}`);
        assert.match(out, /^BAD .*web server/m);
      }
    }));

  it('sees what is wrong on this machine: no daemon, no Redis, a policy that evicts, a socket that everyone may use', () =>
    withStack(
      { web: null, conf, redisArgs: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] },
      async stack => {
        const first = await doctor(stack);
        assert.equal(first.status, 0, first.out);
        assert.match(first.out, /^ok .*socket.* is served$/m);
        assert.match(first.out, /^note .*listen_mode = 0660/m);
        assert.match(first.out, /^note .*redis .*allkeys-lru/m);
        assert.doesNotMatch(first.out, /^<\d>/m);
        assert.match(first.out, /^ok .*redis/m);
        chmodSync(stack.address, 0o660);
        assert.match((await doctor(stack)).out, /^(note|ok ) .*socket.*group/m);
        await stack.stopDaemon();
        const text = readFileSync(stack.path('rollcall.conf'), 'utf8');
        writeFileSync(
          stack.path('rollcall.conf'),
          text.replace(/redis = .*/, `redis = "unix:${stack.path('none.sock')}"`),
        );
        const second = await doctor(stack);
        assert.equal(second.status, 1);
        assert.match(second.out, /^BAD .*socket.*is rollcalld running/m);
        assert.match(second.out, /^BAD .*redis .*none\.sock: .*No such file.*start Redis.*option is redis in .*rollcall\.conf/m);
        for (const once of [/none\.sock/g, /start Redis/g, /rollcall\.conf/g])
          assert.equal(second.out.match(/^BAD .*redis .*none\.sock.*/m)[0].match(once).length, 1, second.out);
      },
    ));

  it('says where it looked for Redis and what to do, and checks no polls without it', () =>
    behind('nginx', {}, async (stack, url) => {
      stack.writeConf({ redis: `redis://127.0.0.1:${await freePort()}/0` });
      const { status, out } = await doctor(stack, url);
      assert.equal(status, 1);
      assert.match(out, /^BAD .*redis .*127\.0\.0\.1:\d+: .*Connection refused; start Redis/m);
      assert.match(out, /^note .*polls are not checked/m);
      assert.equal(out.match(/^BAD/gm).length, 1, out);
    }));
});
