// SPDX-License-Identifier: ISC
// What goes wrong around a Rollcall on several machines, by topology: see tests/truth/check.mjs for what a fault is. Where what each may
// cost is promised: docs/DEPLOY.md, "Use a Redis Cluster", "Run two machines with Sentinel" and "Let PostgreSQL hold the record", and
// docs/RELIABILITY.md, "Faults".
import { held, reshard, START_MS } from '../truth/faults.mjs';
import { promotion, settled, tell } from '../lib/sentinels.mjs';
import { pause, until } from '../lib/until.mjs';

const CUT_MS = 20000;
/* A service manager starts what has died again after this. */
const RESTART_MS = 1000;
/* What a master had not yet passed to its replica is lost with it: at most one second's worth. */
const REPLICATION_MS = 1000;
/* PostgreSQL is looked for again within 1 s, and the log read again at the latest 5 s later. */
const RECORD_MS = 6000;

const workspace = 'truth';

/* ---- PostgreSQL ---- */

async function restartRecord({ primary }) {
  await primary.stop('SIGINT');
  await pause(RESTART_MS);
  await primary.start();
}

/* It crashes, and its standby, which has all that was confirmed, takes over. */
async function failRecordOver({ primary, standby }) {
  await primary.stop();
  await pause(2000);
  standby.promote();
}

/* All of STRIKE comes to pass while there is no PostgreSQL. */
const withoutRecord = strike => async stack => {
  await stack.primary.stop('SIGINT');
  await strike(stack);
  await stack.primary.start();
};

/* ---- machines ---- */

async function killDaemon({ hosts: [host] }) {
  await host.daemon.kill();
  await pause(RESTART_MS);
  host.start();
  await host.ready();
}

/* The host of the master that has the workspace, or one of the others. */
async function hostWith(stack, isMaster) {
  const { machine } = await stack.topology.masterOf(workspace);
  return stack.hosts.findLast(host => (host.machine === machine) === isMaster);
}

const cutOffOne = isMaster => async stack => {
  const host = await hostWith(stack, isMaster);
  host.machine.cutOff();
  await pause(CUT_MS);
  host.machine.reconnect();
  await host.ready();
};

/* ---- a Redis Cluster ---- */

async function killClusterMaster({ topology: { cluster, masterOf } }) {
  const master = await masterOf(workspace);
  const replica = await cluster.replicaOf(master);
  await master.kill();
  await until(async () => (await masterOf(workspace)) === replica, 'its replica is the master', 20000);
  await master.start();
}

/*
 * The partition moves. While its keys are on their way, a master that has nothing to do with that is killed; then the replica of the
 * one that has them takes over.
 */
async function moveSlotsInFailover({ topology: { cluster, masterOf } }) {
  const partition = await cluster.partitionOf(workspace);
  const [, to, third] = await cluster.mastersFor(partition);
  const heir = await cluster.replicaOf(third);
  await cluster.move(partition, async () => {
    await third.kill();
    await until(() => cluster.isMaster(heir), 'its replica is a master', 20000);
  });
  await until(async () => (await masterOf(workspace)) === to, 'the partition has moved', 20000);
  const next = await cluster.replicaOf(to);
  await next.call('CLUSTER', 'FAILOVER');
  await until(async () => (await masterOf(workspace)) === next, 'the replica has taken over', 20000);
  await third.start();
}

/* ---- Sentinel ---- */

async function killWatchedMaster({ topology: { watched, masterOf } }) {
  const master = await masterOf();
  const heir = watched.nodes.find(node => node !== master);
  await master.kill();
  await promotion(heir);
  await master.start();
  await tell(master, 'REPLICAOF', heir.host, heir.port);
  await settled(watched);
}

async function killSentinel({ topology: { watched } }) {
  await watched.sentinels.pop().stop();
  await pause(5000);
}

const common = {
  'record-restarted': { writes: true, windowMs: RECORD_MS, strike: restartRecord },
  'record-failover': { writes: true, windowMs: RECORD_MS, strike: failRecordOver },
  'daemon-killed': { kills: true, windowMs: START_MS, strike: killDaemon },
  'cut-off': { kills: true, windowMs: held, strike: cutOffOne(false) },
  'cut-off-master': { kills: true, loses: REPLICATION_MS, windowMs: held, strike: cutOffOne(true) },
};

const cluster = {
  'slots-moved': { windowMs: held, strike: stack => reshard(stack.topology, 1500) },
  'slots-moved-in-failover': { windowMs: held, strike: moveSlotsInFailover },
  'master-killed': { loses: REPLICATION_MS, windowMs: held, strike: killClusterMaster },
  'master-killed-without-record': { loses: REPLICATION_MS, windowMs: held, strike: withoutRecord(killClusterMaster) },
};

const sentinel = {
  'master-killed': { loses: REPLICATION_MS, windowMs: held, strike: killWatchedMaster },
  'master-killed-without-record': { loses: REPLICATION_MS, windowMs: held, strike: withoutRecord(killWatchedMaster) },
  'sentinel-dead': { windowMs: 0, strike: killSentinel },
};

const named = list => Object.fromEntries(Object.entries(list).map(([name, fault]) => [name, { name, stack: {}, ...fault }]));

/** All faults of each topology, by name. */
export const faults = { cluster: named({ ...common, ...cluster }), sentinel: named({ ...common, ...sentinel }) };
