// SPDX-License-Identifier: ISC
// A private Redis Cluster: three masters with a replica each, on ports of this machine. A workspace's partition p is in the slot
// of the tag {p}.
import { join } from 'node:path';
import { Child, makeDirectory, removeDirectory } from './child.mjs';
import { RedisClient } from './redis.mjs';
import { until } from './until.mjs';
import { freePort } from './web.mjs';

const SLOTS = 16384;

class Node {
  constructor(dir, number, port, bus, args) {
    this.port = port;
    this.log = join(dir, `redis-${number}.log`);
    this.argv = ['redis-server', '--port', port, '--bind', '127.0.0.1', '--cluster-enabled', 'yes', '--cluster-port', bus,
      '--cluster-config-file', `nodes-${number}.conf`, '--cluster-node-timeout', '1500', '--cluster-replica-validity-factor', '0',
      '--cluster-require-full-coverage', 'no', '--repl-diskless-sync-delay', '0', '--dbfilename', `dump-${number}.rdb`, '--dir', dir,
      '--save', '', ...args].map(String);
  }

  async start() {
    this.child = new Child(this.argv, { log: this.log });
    this.client = await until(() => RedisClient.connect({ host: '127.0.0.1', port: this.port }).catch(() => null), 'a node answers');
    this.id = await this.call('CLUSTER', 'MYID');
  }

  call(...words) {
    return this.client.call(...words);
  }

  async kill() {
    this.client.close();
    await this.child.kill();
  }

  get isAlive() {
    return this.child.exit === null;
  }
}

const linkIsUp = async node => /master_link_status:up/.test(await node.call('INFO', 'replication'));

class Cluster {
  async start({ args = [] } = {}) {
    this.dir = makeDirectory('rollcall-cluster-');
    const ports = await Promise.all(Array.from({ length: 12 }, freePort));
    this.nodes = Array.from({ length: 6 }, (_, i) => new Node(this.dir, i, ports[i], ports[6 + i], args));
    await Promise.all(this.nodes.map(node => node.start()));
    const [masters, replicas] = [this.nodes.slice(0, 3), this.nodes.slice(3)];
    const third = Math.ceil(SLOTS / 3);
    for (const [i, node] of masters.entries()) {
      await node.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      await node.call('CLUSTER', 'ADDSLOTSRANGE', i * third, Math.min((i + 1) * third, SLOTS) - 1);
    }
    for (const [i, node] of this.nodes.entries())
      if (i > 0) await node.call('CLUSTER', 'MEET', '127.0.0.1', this.nodes[0].port, ports[6]);
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
    return `redis-cluster://${this.nodes.slice(0, 3).map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
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
    return this.nodes.find(({ port }) => port === range[2][1]);
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

  /**
   * Moves PARTITION to another master, as redis-cli --cluster reshard does. MIDWAY, if given, is called when half of its keys
   * have moved. Resolves with the master that has it then.
   */
  async move(partition, midway) {
    const slot = await this.slotOf(partition);
    const from = await this.masterOf(partition);
    const masters = [];
    for (const node of this.nodes) if (node.isAlive && /role:master/.test(await node.call('INFO', 'replication'))) masters.push(node);
    const to = masters.find(node => node !== from);
    await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
    await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
    const keys = await from.call('CLUSTER', 'GETKEYSINSLOT', slot, 100000);
    const migrate = some => some.length > 0 && from.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...some);
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

/** Starts such a cluster; ARGS are further ones of redis-server. Resolves once it is whole. */
export async function startCluster(options) {
  const cluster = new Cluster();
  await cluster.start(options);
  return cluster;
}
