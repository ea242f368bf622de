// SPDX-License-Identifier: ISC
// Redis over TLS: what is right works as without it, and what is wrong with a certificate is refused, with a sentence that
// says what to do.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../lib/certificates.mjs';
import { makeDirectory, removeDirectory } from '../lib/child.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { startRedis } from '../lib/redis.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

describe('Redis over TLS', { concurrency: 4 }, () => {
  let dir, ours, others;
  const servers = {};

  /* A Redis that speaks nothing but TLS, with the certificate FILES. */
  async function startTls({ cert, key }, { clients = 'no', ca = ours.ca } = {}) {
    const port = await freePort();
    const args = ['--tls-port', port, '--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca,
      '--tls-auth-clients', clients, '--requirepass', 'p@ss'];
    return Object.assign(await startRedis(...args), { port });
  }

  before(async () => {
    dir = makeDirectory();
    ours = new Authority(dir);
    others = new Authority(dir, 'others');
    const right = ours.sign('right', 'DNS:localhost,IP:127.0.0.1');
    servers.right = await startTls(right);
    servers.strict = await startTls(right, { clients: 'yes' });
    servers.wrong = await startTls(ours.sign('wrong', 'DNS:redis.example'));
    servers.expired = await startTls(ours.sign('expired', 'IP:127.0.0.1', { days: -1 }));
  });
  after(async () => {
    await Promise.all(Object.values(servers).map(server => server.stop()));
    removeDirectory(dir);
  });

  const url = (server, query = `?ca=${ours.ca}`, { host = '127.0.0.1', scheme = 'rediss', db = 0 } = {}) =>
    `${scheme}://:p%40ss@${host}:${server.port}${query === '' ? '' : `/${db}`}${query}`;

  const ready = stack => fcgi.call(stack.address, 'GET', '/readyz');
  const becomesReady = stack => until(async () => (await ready(stack)).status === 200, 'it is ready');
  const saysWhy = async stack => JSON.stringify((await ready(stack)).body);

  /* rollcalld without a web server, on the Redis at REDIS. */
  const withRedis = (redis, fn) => withStack({ web: null, conf: { redis } }, fn);

  /* It stays unready, and readyz and the log say why: SENTENCE. */
  const refuses = (redis, sentence) =>
    withRedis(redis, async stack => {
      await until(async () => assert.match(await saysWhy(stack), sentence) ?? true, 'readyz says why', 20000);
      assert.equal((await ready(stack)).status, 503);
      assert.match(stack.log(), sentence);
      assert.doesNotMatch(stack.log(), /p@ss|p%40ss/);
    });

  it('does all that it does without', () =>
    withStack({ workers: 2, conf: { redis: url(servers.right, undefined, { db: 3 }) } }, async stack => {
      const [ann, bob] = await stack.room(2);
      const since = await bob.cursor();
      const poll = bob.poll({ since });
      await ann.join();
      const { status, body } = await poll;
      assert.equal(status, 200);
      assert.deepEqual(body.changes.map(change => [change.user, change.status]), [['u0', 'active']]);
    }));

  it('takes a name of several addresses, and sends it', () =>
    withRedis(url(servers.right, undefined, { host: 'localhost' }), becomesReady));

  it('refuses a certificate for another name', () =>
    refuses(url(servers.wrong), /certificate of 127\.0\.0\.1 is not for that name; .* set sni=/));

  it('takes the name that sni says instead of the host', () =>
    withRedis(url(servers.wrong, `?ca=${ours.ca}&sni=redis.example`), becomesReady));

  it('refuses a certificate of an unknown issuer', async () => {
    const sentence = /certificate of 127\.0\.0\.1 is not trusted here \(.*\); set ca=/;
    await refuses(url(servers.right, '?ca='), sentence);
    await refuses(url(servers.right, `?ca=${others.ca}`), sentence);
  });

  it('refuses a certificate that has expired', () =>
    refuses(url(servers.expired), /certificate of 127\.0\.0\.1 has expired; renew it/));

  it('says that Redis requires a client certificate, and that it does not accept ours', async () => {
    await refuses(url(servers.strict), /127\.0\.0\.1 requires a client certificate; set cert= and key=/);
    const foreign = others.sign('foreign', 'DNS:client');
    await refuses(url(servers.strict, `?ca=${ours.ca}&cert=${foreign.cert}&key=${foreign.key}`),
      /refuses our certificate \(.*unknown ca.*\)/i);
  });

  it('shows its certificate', () => {
    const own = ours.sign('own', 'DNS:client');
    return withRedis(url(servers.strict, `?ca=${ours.ca}&cert=${own.cert}&key=${own.key}`), becomesReady);
  });

  it('is not spoken where it is not, and is missed where it is', async () => {
    await refuses(url(servers.right, '', { scheme: 'redis' }), /Redis closed it|reset by peer/);
    const port = await freePort();
    const plain = await startRedis('--port', port);
    try {
      await refuses(url({ port }), /no answer to the TLS handshake within 5 s; use Redis's tls-port, or redis:\/\//);
    } finally {
      await plain.stop();
    }
  });

  it('reads renewed files on SIGHUP', async () => {
    const file = `${dir}/renewed.pem`;
    copyFileSync(others.ca, file);
    await withRedis(url(servers.right, `?ca=${file}`), async stack => {
      await until(async () => /not trusted here/.test(await saysWhy(stack)), 'the old file is read');
      copyFileSync(ours.ca, file);
      stack.daemon.signal('SIGHUP');
      await becomesReady(stack);
    });
  });

  it('tells the doctor, who adds nothing to what it says', () =>
    withRedis(url(servers.wrong), async stack => {
      const { status, stdout } = spawnSync(rollcalld, ['-c', stack.path('rollcall.conf'), '--doctor'], { encoding: 'utf8' });
      assert.equal(status, 1);
      assert.match(stdout, /^BAD .*redis .*127\.0\.0\.1:\d+: .* not for that name; .* sni= [^;]*\. The option is redis in/m);
    }));

  it('finds files that cannot be used before it starts', () =>
    withRedis(url(servers.right), stack => {
      const own = ours.sign('mine', 'DNS:client');
      const cases = [
        [`?ca=${dir}/missing.pem`, /rollcall\.conf:\d+: redis: \S*missing\.pem: No such file/],
        [`?ca=${own.key}`, /mine\.key: it has no certificate/],
        [`?ca=${ours.ca}&cert=${own.key}&key=${own.key}`, /mine\.key: it has no certificate/],
        [`?ca=${ours.ca}&cert=${own.cert}&key=${own.cert}`, /mine\.pem: it has no key/],
        [`?ca=${ours.ca}&cert=${own.cert}&key=${dir}/ca.key`, /ca\.key: this is not the key of the certificate/],
      ];
      for (const [query, sentence] of cases) {
        stack.writeConf({ redis: url(servers.right, query) });
        assert.throws(() => stack.run('-t'), error => sentence.test(error.stderr) && !/p@ss|p%40ss/.test(error.stderr), query);
      }
    }));
});
