// SPDX-License-Identifier: ISC
// A private Redis Cluster: three masters with a replica each, on ports of this machine, or on three others. A workspace's partition p
// is in the slot of the tag {p}. Tests look at each server by its Unix socket, which is there when no network is.
import { join } from 'node:path';
import { tlsArgs } from './certificates.mjs';
import { Child, makeDirectory, removeDirectory } from './child.mjs';
import { RedisClient, redisServer } from './redis.mjs';
import { until } from './until.mjs';
import { freePort } from './web.mjs';

const SLOTS = 16384;
const NODE_TIMEOUT_MS = 2500; // longer than a busy machine stands still, or a master is given up that is well

class Node {
  constructor(dir, number, [port, bus], { tls, password, args, machine }) {
    this.port = port;
    this.machine = machine;
    this.host = machine.host;
    this.log = join(dir, `redis-${number}.log`);
    this.password = password;
    this.socket = join(dir, `redis-${number}.sock`);
    const ports = tls ? ['--port', 0, '--tls-port', port, '--tls-cluster', 'yes', ...tlsArgs(tls)] : ['--port', port];
    this.argv = [...machine.prefix, redisServer, ...ports, '--bind', this.host, '--protected-mode', 'no', '--unixsocket', this.socket, '--cluster-enabled', 'yes',
      '--cluster-port', bus, '--cluster-config-file', `nodes-${number}.conf`, '--cluster-node-timeout', NODE_TIMEOUT_MS,
      '--cluster-replica-validity-factor', '0', '--cluster-require-full-coverage', 'no', '--repl-diskless-sync-delay', '0',
      '--dbfilename', `dump-${number}.rdb`, '--dir', dir, '--save', '',
      ...(password ? ['--requirepass', password, '--masterauth', password] : []), ...args].map(String);
  }

  async start() {
    this.child = new Child(this.argv, { log: this.log });
    this.client = await until(() => RedisClient.connect(this.socket).catch(() => null), 'a node answers');
    if (this.password) await this.call('AUTH', this.password);
    this.id = await this.call('CLUSTER', 'MYID');
  }

  call(...words) {
    return this.client.call(...words);
  }

  async kill() {
    this.client?.close();
    await this.child.kill();
  }

  get isAlive() {
    return this.child?.exit === null;
  }
}

const linkIsUp = async node => /master_link_status:up/.test(await node.call('INFO', 'replication'));

class Cluster {
  nodes = [];
  dir = makeDirectory('rollcall-cluster-');

  async start({ args = [], tls, password, host = '127.0.0.1', machines = [{ host, prefix: [] }] } = {}) {
    const machineOf = i => machines[(i < 3 ? i : i + 1) % machines.length]; // a replica is not where its master is
    const ports = await Promise.all(Array.from({ length: 12 }, freePort));
    const about = i => ({ tls, password, args, machine: machineOf(i) });
    this.nodes = Array.from({ length: 6 }, (_, i) => new Node(this.dir, i, [ports[i], ports[6 + i]], about(i)));
    await Promise.all(this.nodes.map(node => node.start()));
    const [masters, replicas] = [this.nodes.slice(0, 3), this.nodes.slice(3)];
    const third = Math.ceil(SLOTS / 3);
    for (const [i, node] of masters.entries()) {
      await node.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      await node.call('CLUSTER', 'ADDSLOTSRANGE', i * third, Math.min((i + 1) * third, SLOTS) - 1);
    }
    for (const [i, node] of this.nodes.entries())
      if (i > 0) await node.call('CLUSTER', 'MEET', this.nodes[0].host, this.nodes[0].port, ports[6]);
    await this.#agreed('the masters know each other', 20000);
    for (const [i, node] of replicas.entries())
      await until(() => node.call('CLUSTER', 'REPLICATE', masters[i].id).catch(() => null), 'a replica knows its master');
    await until(async () => (await Promise.all(replicas.map(linkIsUp))).every(Boolean), 'the replicas are in step', 20000);
    await this.#agreed('all know all', 20000);
  }

  /* All nodes that live see the same masters, and all slots. */
  #agreed(what, ms) {
    return until(async () => {
      const living = this.nodes.filter(node => node.isAlive);
      const infos = await Promise.all(living.map(node => node.call('CLUSTER', 'INFO')));
      const known = new RegExp(`cluster_state:ok[^]*cluster_known_nodes:${this.nodes.length}\\b`);
      return infos.every(info => known.test(info));
    }, what, ms);
  }

  /** What rollcall.conf says of it. */
  get url() {
    const hosts = this.nodes.slice(0, 3).map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`));
    return `redis-cluster://${hosts.join(',')}`;
  }

  get #anyone() {
    return this.nodes.find(node => node.isAlive);
  }

  /** The partition of workspace WS: its CRC16 modulo 64, which divides the number of slots. */
  async partitionOf(ws) {
    return (await this.#anyone.call('CLUSTER', 'KEYSLOT', ws)) % 64;
  }

  slotOf(partition) {
    return this.#anyone.call('CLUSTER', 'KEYSLOT', `{${partition}}`);
  }

  /** The master that has PARTITION, as a node that lives sees it. */
  async masterOf(partition) {
    const slot = await this.slotOf(partition);
    const ranges = await this.#anyone.call('CLUSTER', 'SLOTS');
    const range = ranges.find(([first, last]) => first <= slot && slot <= last);
    return this.nodes.find(({ id }) => id === range[2][2]);
  }

  /** The node that is a replica of MASTER, in step with it. */
  async replicaOf(master) {
    const [one] = await until(async () => {
      const replicas = await master.call('CLUSTER', 'REPLICAS', master.id);
      return replicas.length > 0 && replicas;
    }, 'it has a replica');
    const replica = this.nodes.find(({ id }) => one.startsWith(id));
    await until(() => linkIsUp(replica), 'it is in step');
    return replica;
  }

  async isMaster(node) {
    return node.isAlive && /role:master/.test(await node.call('INFO', 'replication'));
  }

  /** The masters that live: the one that has PARTITION, the one to which move() takes it, then the others. */
  async mastersFor(partition) {
    const from = await this.masterOf(partition);
    const masters = [];
    for (const node of this.nodes) if (await this.isMaster(node)) masters.push(node);
    return [from, ...masters.filter(node => node !== from)];
  }

  /**
   * Moves PARTITION to another master, as redis-cli --cluster reshard does. MIDWAY, if given, is called when half of its keys
   * have moved. Resolves with the master that has it then.
   */
  async move(partition, midway) {
    const slot = await this.slotOf(partition);
    const [from, to] = await this.mastersFor(partition);
    await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
    await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
    const keys = await from.call('CLUSTER', 'GETKEYSINSLOT', slot, 100000);
    const auth = to.password ? ['AUTH', to.password] : [];
    const migrate = some => some.length > 0 && from.call('MIGRATE', to.host, to.port, '', 0, 5000, ...auth, 'KEYS', ...some);
    await migrate(keys.slice(0, keys.length / 2));
    await midway?.();
    await migrate(await from.call('CLUSTER', 'GETKEYSINSLOT', slot, 100000));
    for (const node of [to, from]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
    return to;
  }

  async stop() {
    for (const node of this.nodes) if (node.isAlive) await node.kill();
    removeDirectory(this.dir);
  }
}

/**
 * Starts such a cluster: {host, 127.0.0.1 unless it is said; machines, three { host, prefix } to run on; args, further ones of redis-server; password; tls, {ca, cert, key}
 * if it has nothing but TLS}. Resolves once it is whole.
 */
export async function startCluster(options) {
  const cluster = new Cluster();
  try {
    await cluster.start(options);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}
