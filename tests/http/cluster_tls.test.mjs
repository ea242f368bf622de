// SPDX-License-Identifier: ISC
// A Redis Cluster that speaks nothing but TLS, and names its servers by host name: every server proves its name, also those
// that another server names.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../lib/certificates.mjs';
import { makeDirectory, removeDirectory } from '../lib/child.mjs';
import { startCluster } from '../lib/cluster.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const times = { ttl: 30, heartbeat: 10, wait: 15, gap: 10 };

/* The certificates are for this name, and not for an address. */
const name = 'localhost';

describe('a Redis Cluster with TLS', () => {
  let dir, ours, others, cluster;

  before(async () => {
    dir = makeDirectory();
    ours = new Authority(dir);
    others = new Authority(dir, 'others');
    const args = ['--cluster-announce-hostname', name, '--cluster-preferred-endpoint-type', 'hostname'];
    cluster = await startCluster({ args, password: 'p@ss', tls: { ca: ours.ca, ...ours.sign('node', `DNS:${name}`) } });
  });
  after(async () => {
    await cluster?.stop();
    removeDirectory(dir);
  });

  const url = (query, host = name) =>
    `${cluster.url.replace('//', '//:p%40ss@').replaceAll('127.0.0.1', host)}?${query}`;
  const right = () => url(`tls=yes&ca=${ours.ca}`);

  const ready = stack => fcgi.call(stack.address, 'GET', '/readyz');

  const doctor = stack => spawnSync(rollcalld, ['-c', stack.path('rollcall.conf'), '--doctor'], { encoding: 'utf8' });

  /* It stays unready, and readyz and the log say why: SENTENCE. Then MORE is run. */
  const refuses = (redis, sentence, more = () => {}) =>
    withStack({ web: null, conf: { redis } }, async stack => {
      await until(async () => assert.match(JSON.stringify((await ready(stack)).body), sentence) ?? true, 'readyz says why');
      assert.equal((await ready(stack)).status, 503);
      assert.match(stack.log(), sentence);
      assert.doesNotMatch(stack.log(), /p@ss|p%40ss/);
      await more(stack);
    });

  const sentence = /certificate of localhost is not trusted here \(.*\); set ca=/;

  it('is refused if its issuer is not known', () =>
    Promise.all([refuses(url(`tls=yes&ca=${others.ca}`), sentence), refuses(url('tls=yes'), sentence)]));

  it('is refused at a name that its certificates are not for, and the doctor says so', () => {
    const wrong = /certificate of 127\.0\.0\.1 is not for that name; .* set sni=/;
    return refuses(url(`tls=yes&ca=${ours.ca}`, '127.0.0.1'), wrong, stack => assert.match(doctor(stack).stdout, wrong));
  });

  it('is not reached without TLS', () => refuses(url('tls=no'), /Redis closed it|reset by peer/));

  it('follows partitions and masters to servers that are named by host name; nobody goes offline', () =>
    withStack({ workers: 2, conf: { ...times, redis: right() } }, async stack => {
      const [ann, bob] = await stack.room(2);
      const sessions = [await ann.join(), await bob.join()].map(({ session }) => session);
      const codes = async () => (await Promise.all([ann.beat(sessions[0]), bob.beat(sessions[1])])).map(({ status }) => status);
      const reached = async () => (await stack.metric('rollcall_redis_partitions_up')) === 2 * 64;
      const works = () => until(async () => (await reached()) && (await codes()).every(code => code === 200), 'all works', 20000);
      const everybodyIsHere = async () => assert.deepEqual(await ann.sees(), { u0: 'active', u1: 'active' });
      const becomes = status => until(async () => (await bob.beat(sessions[1], { status })).status === 200, `bob is ${status}`);
      /* A worker may read its view again only now. That ends a poll, whose client asks again. */
      const tells = async () => {
        const follower = await ann.follow();
        await until(async () => (await stack.parked()) > 0, 'it is parked');
        await becomes('away');
        await follower.saw('u1', 'away');
        await follower.stop();
        await becomes('active');
      };
      await works();
      await tells();

      const partition = await cluster.partitionOf(ann.ws);
      const moved = await cluster.move(partition);
      await works();
      assert.equal(await cluster.masterOf(partition), moved);
      await everybodyIsHere();
      await tells();

      const replica = await cluster.replicaOf(moved);
      await moved.kill();
      await until(async () => (await codes()).every(code => code === 503), 'its beats are refused');
      await works();
      await until(async () => (await cluster.masterOf(partition)) === replica, 'all servers know it');
      await everybodyIsHere();
      await tells();
      await until(async () => (await ready(stack)).body.redis === 'ok', 'all is well');
      assert.match(doctor(stack).stdout, /^ok +redis +it is a cluster, and scripts and channels work on its 3 servers$/m);
      assert.doesNotMatch(stack.log(), /127\.0\.0\.1:/, 'no server is known by its address');
      await moved.start();
    }));
});
