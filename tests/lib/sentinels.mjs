// SPDX-License-Identifier: ISC
// A master, a replica and sentinels that watch them: real ones, as fast as they can be set. Each Redis also has the Unix
// socket of startRedis(), by which a test looks at it.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { tlsArgs } from './certificates.mjs';
import { Child, here, makeDirectory, removeDirectory } from './child.mjs';
import { RedisClient, redisServer, startRedis } from './redis.mjs';
import { Splitter, wordsOf } from './resp.mjs';
import { until } from './until.mjs';
import { freePort } from './web.mjs';

export const master = 'my master';

/** A Redis on a port of its own, .port; a replica of the node OF, if given. TLS: {ca, cert, key}. MACHINE: {host, prefix}. */
export async function startNode({ tls, password, of, machine = here } = {}) {
  const port = await freePort();
  const args = tls ? ['--tls-port', port, ...tlsArgs(tls)] : ['--port', port];
  if (password) args.push('--requirepass', password, '--masterauth', password);
  if (of) args.push('--replicaof', of.host, of.port);
  if (machine !== here) args.push('--bind', machine.host, '--protected-mode', 'no');
  const redis = await startRedis(...args, '--repl-diskless-sync-delay', '0', { prefix: machine.prefix });
  return Object.assign(redis, { machine, host: machine.host, port, password });
}

/** Runs a command on a connection of its own: sentinels close those of a node that they promote or demote. */
export async function tell(node, ...words) {
  const client = await node.connect();
  try {
    if (node.password) await client.call('AUTH', node.password);
    return await client.call(...words);
  } finally {
    client.close();
  }
}

/** Until NODE replicates from its master. */
const untilReplicates = node =>
  until(async () => (await tell(node, 'ROLE'))[3] === 'connected', 'the replica replicates', 20000);

export class Sentinel {
  /** Watches the master at PORT of HOST. */
  static async start(port, { tls, password, dataPassword, quorum = 2, machine = here, host = here.host } = {}) {
    const self = new Sentinel();
    self.machine = machine;
    self.host = machine.host;
    self.dir = makeDirectory('rollcall-sentinel-');
    self.port = await freePort();
    self.socket = join(self.dir, 'sentinel.sock');
    const lines = [
      `port ${tls ? 0 : self.port}`, `dir ${self.dir}`, `unixsocket ${self.socket}`, `bind ${machine.host}`, 'protected-mode no',
      ...(tls ? [`tls-port ${self.port}`, ...tlsArgs(tls).join(' ').slice(2).split(' --')] : []),
      `sentinel monitor "${master}" ${host} ${port} ${quorum}`,
      `sentinel down-after-milliseconds "${master}" 1500`, // longer than a busy machine stands still
      `sentinel failover-timeout "${master}" 3000`,
      ...(dataPassword ? [`sentinel auth-pass "${master}" ${dataPassword}`] : []),
      ...(password ? [`requirepass ${password}`, `sentinel sentinel-pass ${password}`] : []),
    ];
    writeFileSync(join(self.dir, 'sentinel.conf'), lines.join('\n'));
    self.child = new Child([...machine.prefix, redisServer, join(self.dir, 'sentinel.conf'), '--sentinel'], { log: join(self.dir, 'log') });
    self.client = await until(() => RedisClient.connect(self.socket).catch(() => null), 'a sentinel listens');
    if (password) await self.client.call('AUTH', password);
    return self;
  }

  call(...words) {
    return this.client.call(...words);
  }

  /** What it knows of the master: an object. */
  async about() {
    const list = await this.call('SENTINEL', 'MASTER', master);
    return Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]]] : [])));
  }

  async stop() {
    this.client?.close();
    await this.child?.kill();
    removeDirectory(this.dir);
  }
}

/** What says, like a sentinel, that the master is at PORT, and nothing else: { port, stop() }. */
export async function startHerald(port) {
  const bulk = text => `$${text.length}\r\n${text}\r\n`;
  const answerTo = ([word, channel]) =>
    /^sentinel$/i.test(word) ? `*2\r\n${bulk('127.0.0.1')}${bulk(String(port))}` : `*3\r\n${bulk(word.toLowerCase())}${bulk(channel)}:1\r\n`;
  const clients = new Set();
  const server = net.createServer(client => {
    const commands = new Splitter();
    clients.add(client);
    client.on('error', () => {});
    client.on('data', bytes => commands.feed(bytes).forEach(command => client.write(answerTo(wordsOf(command)))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    for (const client of clients) client.destroy();
    server.close();
  };
  return { port: server.address().port, stop };
}

/* Until SENTINELS know the replica, and each other. */
async function untilKnown(sentinels, count) {
  for (const sentinel of sentinels)
    await until(async () => {
      const { 'num-slaves': replicas, 'num-other-sentinels': others, flags } = await sentinel.about();
      return replicas === '1' && others === String(count - 1) && flags === 'master';
    }, 'the sentinels know each other', 30000);
}

/**
 * Starts a master, a replica and COUNT sentinels that know of each other: { nodes, sentinels, stop() }. MACHINES: where, in turn; on
 * this one if not given.
 */
export async function startWatched({ count = 3, tls, password, sentinelPassword, machines = [here] } = {}) {
  const machineOf = i => machines[i % machines.length];
  const all = { nodes: [], sentinels: [] };
  all.stop = () => Promise.all([...all.sentinels, ...all.nodes].map(one => one.stop()));
  try {
    all.nodes.push(await startNode({ tls, password, machine: machineOf(0) }));
    all.nodes.push(await startNode({ tls, password, of: all.nodes[0], machine: machineOf(1) }));
    await untilReplicates(all.nodes[1]);
    const { host, port } = all.nodes[0];
    const options = { tls, password: sentinelPassword, dataPassword: password, host };
    for (let i = 0; i < count; i++) all.sentinels.push(await Sentinel.start(port, { ...options, machine: machineOf(i) }));
    await untilKnown(all.sentinels, count);
    return all;
  } catch (error) {
    await all.stop();
    throw error;
  }
}

/**
 * [master, replica] of WATCHED, once the replica replicates and the sentinels are content: sentinels that are as fast as
 * these may switch once more by themselves.
 */
export const settled = ({ nodes, sentinels }) =>
  until(async () => {
    const roles = await Promise.all(nodes.map(node => tell(node, 'ROLE')));
    const of = nodes.findIndex((_, i) => roles[i][0] === 'master');
    if (of < 0 || roles[1 - of][3] !== 'connected') return false;
    const known = await Promise.all(sentinels.map(sentinel => sentinel.about()));
    return known.every(({ port, flags }) => +port === nodes[of].port && flags === 'master') && [nodes[of], nodes[1 - of]];
  }, 'one is the master, and the other replicates', 30000);

/** The time of the monotonic clock at which NODE has become a master. */
export async function promotion(node) {
  await until(async () => (await tell(node, 'ROLE').catch(() => []))[0] === 'master', 'it is promoted', 30000);
  return performance.now();
}
