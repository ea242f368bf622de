// SPDX-License-Identifier: ISC
//
// Everything that goes wrong around a Rollcall, one thing at a time or several at random: what the truth checker runs beside.
//
// A fault is { name, on, stack, strike, windowMs, amnesia, unheard, moved, kills, forgets, resync, long }, as check.mjs says, and besides
//   on     what it breaks: redis, cluster (which is there instead), daemon, web, database or clock. Two on the same thing do not
//          strike at once
//   long   it takes more than half a minute
// windowMs is what docs/ARCHITECTURE.md, "A fault is not an absence", leaves until all is as before.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, copyFileSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { canMoveClocks, Clock } from '../lib/clock.mjs';
import { startCluster } from '../lib/cluster.mjs';
import { startRedis } from '../lib/redis.mjs';
import { pause, until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

/* Coming back: a worker looks for Redis at least once a second, and reads its views again. */
const RECONNECT_MS = 3000;
/* A worker that died is started again within 100 ms, and a service after 1 s; both serve within a second or two. */
export const START_MS = 3000;
/* A view is compared with Redis every 5 s, if Redis could not tell that something happened. */
const CHECK_MS = 5000;

const longestLease = ({ ttl, heartbeat, wait, gap }) => Math.max(ttl, Math.max(wait, heartbeat) + gap);
/** After Redis could not be used: expiry is held for the longest lease, so a lapse is told that much later. */
export const held = times => RECONNECT_MS + longestLease(times);
/** The same after its clock moved: a deadline that is too far ahead is brought nearer, with a second to spare. */
const moved = times => held(times) + longestLease(times) + 1000;

const quietly = promise => promise.catch(() => {});
const isGone = pid => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

/* ---- the daemon ---- */

async function killWorker(stack) {
  const [victim] = stack.workers();
  const others = stack.workers().length;
  process.kill(victim, 'SIGKILL');
  await until(() => stack.workers().length === others && !stack.workers().includes(victim), 'another worker is there');
}

/* The daemon as its service manager starts it again. */
async function startAgain(stack) {
  stack.startDaemon();
  await quietly(stack.ready(5000)); // not if Redis or the web server is broken, too
}

async function killMaster(stack) {
  const workers = stack.workers();
  stack.daemon.signal('SIGKILL');
  await stack.daemon.ended;
  await until(() => workers.every(isGone), 'the workers have ended too');
  await startAgain(stack);
}

async function killAll(stack) {
  await stack.kill();
  await startAgain(stack);
}

async function reload(stack, times) {
  for (let i = 0; i < times; i++) {
    if (i > 0) await pause(300);
    stack.daemon.signal('SIGHUP');
  }
}

const softLimit = pid =>
  execFileSync('prlimit', ['--pid', String(pid), '--nofile', '--noheadings', '--output', 'SOFT'], { encoding: 'utf8' }).trim();

/* No worker can have another descriptor, for a second or two: less than any lease has to spare. */
async function exhaustDescriptors(stack, ms) {
  const workers = stack.workers();
  const before = workers.map(softLimit);
  const limit = (pid, soft) => spawnSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`]);
  workers.forEach(pid => limit(pid, 3)); // what is open stays open
  await pause(ms);
  workers.forEach((pid, i) => limit(pid, before[i]));
}

async function stopWorker(stack) {
  const [victim] = stack.workers();
  process.kill(victim, 'SIGSTOP');
  await until(() => isGone(victim), 'it was found silent and killed', 15000);
}

/* ---- Redis ---- */

const redisFiles = stack => readdirSync(stack.redisServer.dir).filter(name => /^(dump\.rdb|appendonly)/.test(name));

async function killRedis(stack, { empty = false, downMs = 0 } = {}) {
  await stack.redisServer.kill();
  if (empty) for (const name of redisFiles(stack)) rmSync(join(stack.redisServer.dir, name), { recursive: true });
  await pause(downMs);
  await stack.redisServer.start(stack.redisEnv);
}

async function restartFromDump(stack) {
  await stack.redis('SAVE');
  await pause(2500);
  await killRedis(stack);
}

async function stopRedis(stack, ms) {
  const { pid } = stack.redisServer;
  process.kill(pid, 'SIGSTOP');
  await pause(ms);
  process.kill(pid, 'SIGCONT');
  await stack.redis('PING');
}

const field = (info, name) => new RegExp(`^${name}:(\\S*)`, 'm').exec(info)?.[1];

/* A replica of the stack's Redis, in step with it. */
async function startReplica(stack) {
  const port = await freePort();
  await stack.redis('CONFIG', 'SET', 'port', port);
  await stack.redis('CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
  const replica = await startRedis('--replicaof', '127.0.0.1', port, '--repl-diskless-sync-delay', '0');
  await until(
    async () => field(await replica.call('INFO', 'replication'), 'master_link_status') === 'up',
    'the replica is in step',
    20000,
  );
  return replica;
}

/* As a good failover does: writes are held until the replica has them all. */
async function handOver(stack, replica) {
  await stack.redis('CLIENT', 'PAUSE', '5000', 'WRITE');
  const offset = field(await stack.redis('INFO', 'replication'), 'master_repl_offset');
  await until(
    async () => Number(field(await replica.call('INFO', 'replication'), 'slave_repl_offset')) >= Number(offset),
    'the replica has all',
  );
}

async function failOver(stack, { orderly }) {
  const replica = await startReplica(stack);
  const old = stack.redisServer;
  if (orderly) await handOver(stack, replica);
  else await old.kill();
  await replica.call('REPLICAOF', 'NO', 'ONE');
  stack.redisServer = replica;
  stack.peer.upstream = replica.socket;
  stack.peer.drop();
  await old.stop();
}

/* ---- a Redis Cluster ---- */

const ownCluster = {
  beforeStart: async stack => {
    stack.cluster = await startCluster();
    stack.conf.redis = stack.cluster.url;
  },
};

const ownPartition = stack => stack.cluster.partitionOf('truth');

/** The partition moves, which takes MS, and back. STACK has a cluster. */
export async function reshard(stack, ms) {
  const partition = await ownPartition(stack);
  for (let i = 0; i < 2; i++) await stack.cluster.move(partition, () => pause(ms));
}

/* Its replica takes over from the master that has the partition: in good order, or because the master is killed. */
async function promote(stack, { orderly }) {
  const { cluster } = stack;
  const partition = await ownPartition(stack);
  const master = await cluster.masterOf(partition);
  const replica = await cluster.replicaOf(master);
  if (orderly) await replica.call('CLUSTER', 'FAILOVER');
  else await master.kill();
  await until(async () => (await cluster.masterOf(partition)) === replica, 'the replica is the master', 20000);
  if (!orderly) await master.start();
}

/* Kills the connections of one kind, then of the other, and so on, each EVERYMS after the one before. */
async function killClients(stack, rounds, everyMs = 150) {
  for (let i = 0; i < rounds; i++) {
    if (i > 0) await pause(everyMs);
    await quietly(stack.redis('CLIENT', 'KILL', 'TYPE', i % 2 ? 'normal' : 'pubsub', 'SKIPME', 'yes'));
  }
}

function slowChannel(stack) {
  stack.peer.messagesLateMs = 100;
}

async function setFor(stack, ms, name, value, after) {
  await stack.redis('CONFIG', 'SET', name, value);
  await pause(ms);
  await stack.redis('CONFIG', 'SET', name, after);
}

/* A script that does not end: at first Redis says nothing at all, then BUSY, until it is killed. */
async function runSlowScript(stack, ms) {
  await stack.redis('CONFIG', 'SET', 'lua-time-limit', Math.round(ms / 2));
  const client = await stack.redisServer.connect();
  const script = quietly(client.call('EVAL', 'while true do end', 0));
  await pause(ms);
  await until(() => stack.redis('SCRIPT', 'KILL').catch(error => /NOTBUSY/.test(error.message)), 'the script is killed');
  await script;
  client.close();
  await stack.redis('CONFIG', 'SET', 'lua-time-limit', '5000');
}

async function beReplica(stack, ms) {
  await stack.redis('REPLICAOF', '127.0.0.1', '1');
  await pause(ms);
  await stack.redis('REPLICAOF', 'NO', 'ONE');
}

async function pauseClients(stack, ms) {
  await stack.redis('CLIENT', 'PAUSE', ms, 'ALL');
  await pause(ms);
  await stack.redis('PING');
}

/* Nobody reaches it, and its clock goes on, while MEANWHILE goes on. */
async function beAway(stack, meanwhile) {
  stack.peer.accepting = 'close';
  stack.peer.drop();
  await meanwhile();
  stack.peer.accepting = 'pass';
}

async function reloadAll(stack) {
  const before = stack.workers();
  reload(stack, 1);
  await until(() => !stack.workers().some(pid => before.includes(pid)), 'all workers are new', 15000);
}

/* ---- the web server ---- */

async function restartWeb(stack) {
  await stack.web.stop('SIGTERM', 1000);
  await stack.startWeb();
}

async function stopWeb(stack, ms) {
  process.kill(-stack.web.pid, 'SIGSTOP');
  await pause(ms);
  process.kill(-stack.web.pid, 'SIGCONT');
}

/* ---- the database ---- */

/* The database as the daemon sees it. */
const databaseOf = stack => join(`/proc/${stack.daemon.pid}/root`, stack.conf.database);

async function lockDatabase(stack, ms) {
  const holder = spawn('sqlite3', [databaseOf(stack)], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    holder.stdin.write(".timeout 5000\nBEGIN IMMEDIATE; SELECT 'held';\n");
    await once(holder.stdout, 'data');
    await pause(ms);
  } finally {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
}

/* A small file system that only the daemon sees, with the database in it. */
const smallDisk = {
  prefix: [
    'unshare',
    ...(process.getuid() === 0 ? ['-m'] : ['-Urm']),
    'sh',
    '-c',
    'mount -t tmpfs -o size=12m,mode=0777 none "$ROLLCALL_SMALL" && cp "$ROLLCALL_FROM" "$ROLLCALL_SMALL" && exec "$@"',
    'sh',
  ],
  beforeStart(stack) {
    mkdirSync(stack.path('small'));
    const places = { ROLLCALL_SMALL: stack.path('small'), ROLLCALL_FROM: stack.path('rollcall.db') };
    stack.options.env = { ...stack.options.env, ...places };
  },
  /* After the administrator's token was made, before the daemon is started. */
  beforeDaemon(stack) {
    execFileSync('sqlite3', [stack.conf.database, 'PRAGMA wal_checkpoint(TRUNCATE)']);
    stack.writeConf({ database: stack.path('small', 'rollcall.db') });
  },
};

async function fillDisk(stack, ms) {
  const junk = join(`/proc/${stack.daemon.pid}/root`, stack.path('small', 'junk'));
  const fd = openSync(junk, 'w');
  assert.throws(
    () => {
      for (;;) writeSync(fd, Buffer.alloc(4096));
    },
    { code: 'ENOSPC' },
  );
  closeSync(fd);
  await pause(ms);
  rmSync(junk);
}

/* Another file in its place: the daemon says so, and takes no change, until its own is there again. */
async function replaceDatabase(stack, ms) {
  const database = databaseOf(stack);
  const files = ['', '-wal', '-shm'].map(end => database + end).filter(file => existsSync(file));
  const aside = file => `${file}.aside`;
  files.forEach(file => renameSync(file, aside(file)));
  copyFileSync(aside(database), database);
  await pause(ms);
  ['', '-wal', '-shm'].forEach(end => rmSync(database + end, { force: true }));
  files.forEach(file => renameSync(aside(file), file));
}

/* Without the right to write it, no new worker can start; the others go on, and the master tries again. */
async function denyDatabase(stack, ms) {
  const setMode = mode =>
    ['', '-wal', '-shm'].map(end => databaseOf(stack) + end).filter(file => existsSync(file)).forEach(file => chmodSync(file, mode));
  setMode(0o444);
  reload(stack, 1);
  process.kill(stack.workers()[0], 'SIGKILL');
  await pause(ms);
  setMode(0o640);
}

/* ---- clocks ---- */

const ownClock = where => ({
  beforeRedis(stack) {
    stack.clock = new Clock();
    if (where === 'redis') stack.redisEnv = { ...process.env, ...stack.clock.env };
    else stack.options.env = { ...stack.options.env, ...stack.clock.env };
  },
});

async function stepClock(stack, ...steps) {
  for (const s of steps) {
    stack.clock.step(s);
    await pause(2000);
  }
}

/* ---- all of them ---- */

const list = {
  /* Requests that the worker had break, and its polls: their clients ask again. */
  'worker-killed': { on: 'daemon', kills: true, windowMs: START_MS, strike: killWorker },
  'master-killed': { on: 'daemon', kills: true, restarts: true, windowMs: START_MS, strike: killMaster },
  'all-killed': { on: 'daemon', kills: true, restarts: true, windowMs: START_MS, strike: killAll },
  /* It is found after 7 s. Those whose polls it holds may be taken for silent: in use, leases are longer than that. */
  'worker-stopped': { on: 'daemon', kills: true, unheard: true, windowMs: START_MS, strike: stopWorker },
  'reload': { on: 'daemon', windowMs: START_MS, strike: stack => reload(stack, 1) },
  'reload-storm': { on: 'daemon', windowMs: START_MS, strike: stack => reload(stack, 5) },
  'descriptors': { on: 'daemon', windowMs: START_MS, strike: stack => exhaustDescriptors(stack, 1500) },

  'redis-empty': { on: 'redis', amnesia: true, windowMs: held, strike: stack => killRedis(stack, { empty: true }) },
  'redis-dump': { on: 'redis', amnesia: true, windowMs: held, strike: restartFromDump },
  'redis-aof': {
    on: 'redis',
    windowMs: held,
    stack: { redisArgs: ['--appendonly', 'yes', '--appendfsync', 'everysec'] },
    strike: stack => killRedis(stack, { downMs: 3000 }),
  },
  'redis-stopped': { on: 'redis', windowMs: held, strike: stack => stopRedis(stack, 5000) },
  'redis-stopped-long': { on: 'redis', long: true, windowMs: held, strike: stack => stopRedis(stack, 60000) },
  /* For longer than any lease. */
  'redis-away': {
    on: 'redis',
    stack: { proxy: true },
    windowMs: held,
    strike: stack => beAway(stack, () => pause(9000)),
  },
  /* New workers come while it is away, and it comes back soon after. */
  'redis-away-reload': {
    on: 'redis',
    forgets: true,
    stack: { proxy: true },
    windowMs: held,
    strike: stack => beAway(stack, () => pause(9000).then(() => reloadAll(stack))),
  },
  'failover': { on: 'redis', stack: { proxy: true }, windowMs: held, strike: stack => failOver(stack, { orderly: true }) },
  'failover-hard': {
    on: 'redis',
    amnesia: true,
    stack: { proxy: true },
    windowMs: held,
    strike: stack => failOver(stack, { orderly: false }),
  },
  'clients-killed': { on: 'redis', windowMs: RECONNECT_MS, strike: stack => killClients(stack, 2) },
  /* They are there most of the time: nothing is held. */
  'clients-killed-often': { on: 'redis', windowMs: RECONNECT_MS, strike: stack => killClients(stack, 16, 500) },
  'clients-killed-storm': { on: 'redis', windowMs: held, strike: stack => killClients(stack, 60) },
  /* They are hardly ever there. */
  'clients-killed-always': { on: 'redis', windowMs: held, strike: stack => killClients(stack, 150, 60) },
  /* From the beginning: what was published comes after the replies to later calls, and nothing else is amiss. */
  'channel-slow': { on: 'redis', stack: { proxy: true, beforeDaemon: slowChannel }, windowMs: 0, strike: () => {} },
  'script-flush': { on: 'redis', windowMs: RECONNECT_MS, strike: stack => stack.redis('SCRIPT', 'FLUSH') },
  'flushall': {
    on: 'redis',
    amnesia: true,
    windowMs: ({ heartbeat, wait }) => CHECK_MS + Math.max(wait, heartbeat),
    strike: stack => stack.redis('FLUSHALL'),
  },
  /* When nothing is published that would tell of it. */
  'flushall-at-rest': { on: 'redis', amnesia: true, atRest: true, windowMs: CHECK_MS, strike: stack => stack.redis('FLUSHALL') },
  'redis-full': { on: 'redis', windowMs: held, strike: stack => setFor(stack, 4000, 'maxmemory', '1', '0') },
  'redis-slow': { on: 'redis', windowMs: held, strike: stack => runSlowScript(stack, 4000) },
  'redis-paused': { on: 'redis', windowMs: held, strike: stack => pauseClients(stack, 3000) },
  'redis-readonly': { on: 'redis', windowMs: held, strike: stack => beReplica(stack, 3000) },

  'cluster-reshard': { on: 'cluster', stack: ownCluster, windowMs: held, strike: stack => reshard(stack, 1500) },
  'cluster-failover': { on: 'cluster', stack: ownCluster, windowMs: held, strike: stack => promote(stack, { orderly: true }) },
  'cluster-killed': {
    on: 'cluster',
    amnesia: true,
    stack: ownCluster,
    windowMs: held,
    strike: stack => promote(stack, { orderly: false }),
  },

  'web-restarted': { on: 'web', windowMs: START_MS, strike: restartWeb },
  'web-stopped': { on: 'web', windowMs: 1000, strike: stack => stopWeb(stack, 1500) },

  'database-locked': { on: 'database', windowMs: 1000, strike: stack => lockDatabase(stack, 4000) },
  'database-full': { on: 'database', windowMs: 2000, stack: smallDisk, strike: stack => fillDisk(stack, 3000) },
  /* Nobody can be identified meanwhile: what holds for Redis holds for it. */
  'database-replaced': { on: 'database', windowMs: held, strike: stack => replaceDatabase(stack, 6000) },
  'database-readonly': {
    on: 'database',
    windowMs: START_MS + 5000,
    stack: { prefix: ['setpriv', '--bounding-set', '-dac_override', '--'] },
    strike: stack => denyDatabase(stack, 3000),
  },

  'worker-clock': { on: 'clock', windowMs: 0, stack: ownClock('daemon'), strike: stack => stepClock(stack, 90, -90, 600, -600, 0) },
  'redis-clock-ahead': {
    on: 'clock',
    moved: true,
    windowMs: moved,
    stack: ownClock('redis'),
    strike: stack => stepClock(stack, 600),
  },
  'redis-clock-back': {
    on: 'clock',
    moved: true,
    windowMs: moved,
    stack: ownClock('redis'),
    strike: stack => stepClock(stack, -600),
  },
};

/** All faults, by name. */
export const faults = Object.fromEntries(Object.entries(list).map(([name, fault]) => [name, { name, stack: {}, ...fault }]));

const canMount = () => spawnSync('unshare', [...smallDisk.prefix.slice(1, -4), 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

/** Why FAULT cannot be tried on this machine, or null. */
export function whyNot(fault) {
  if (fault.on === 'clock' && !canMoveClocks()) return 'there is no C compiler';
  if (fault.name === 'database-full' && !canMount()) return 'no file system can be mounted here';
  if (fault.name === 'database-readonly' && process.getuid() !== 0) return 'only root can have the right and lose it';
  return null;
}

/* ---- several ---- */

/*
 * What goes together: two things that are done before the command do not, nor do two clocks, nor a daemon that starts again with a
 * disk that ended with it or a database that it may not use, nor a new worker with a database that is another one for a while.
 */
function fitting(chosen) {
  const taken = new Set();
  const bound = chosen.some(({ name, stack }) => stack === smallDisk || name === 'database-readonly');
  const replaced = chosen.some(({ name }) => name === 'database-replaced');
  return chosen.filter(({ on, stack, restarts }) => {
    const needs = ['prefix', 'beforeRedis', 'beforeDaemon'].filter(name => stack[name]);
    if ((bound && restarts) || (replaced && on === 'daemon')) return false;
    if (needs.some(name => taken.has(name))) return false;
    needs.forEach(name => taken.add(name));
    return true;
  });
}

const stackFor = chosen =>
  Object.assign({}, ...chosen.map(({ stack }) => stack), { redisArgs: chosen.flatMap(({ stack }) => stack.redisArgs ?? []) });

/* FAULTS in lists that do not disturb each other; Redis's clock goes with Redis. */
function byWhatBreaks(chosen) {
  const lanes = {};
  for (const fault of chosen) (lanes[fault.on === 'clock' ? 'redis' : fault.on] ??= []).push(fault);
  return Object.values(lanes);
}

/* Strikes with each of LANE in turn, after pauses of their own. */
async function strikeInTurn(lane, stack, chance) {
  for (const fault of lane) {
    await pause(chance.between(0, 1500));
    await fault.strike(stack);
  }
}

/* One or two faults on each of some of the things that can break, by CHANCE. */
function choose(able, chance) {
  const on = [...new Set(able.map(fault => fault.on))].filter(() => chance.int(0, 2) > 0);
  const chosen = on.flatMap(one => {
    const those = able.filter(fault => fault.on === one);
    return Array.from({ length: chance.int(1, 2) }, () => those[chance.int(0, those.length - 1)]);
  });
  const fits = fitting(chosen);
  return fits.length > 1 ? fits : choose(able, chance);
}

/**
 * A fault that is several at random, by CHANCE: in turn if they break the same thing, otherwise at once. With AMNESIA Redis may
 * forget.
 */
export function mix(chance, { amnesia = false } = {}) {
  const able = Object.values(faults).filter(fault => fault.on !== 'cluster' && !fault.long && !fault.atRest && (amnesia || !fault.amnesia) && !whyNot(fault));
  const chosen = choose(able, chance);
  const lanes = byWhatBreaks(chosen);
  return {
    name: `mix: ${chosen.map(({ name }) => name).join(', ')}`,
    stack: stackFor(chosen),
    amnesia: chosen.some(fault => fault.amnesia),
    unheard: chosen.some(fault => fault.unheard),
    moved: chosen.some(fault => fault.moved),
    kills: chosen.some(fault => fault.kills),
    forgets: ['redis', 'daemon'].every(on => chosen.some(fault => fault.on === on)) || chosen.some(fault => fault.forgets),
    windowMs: times => Math.max(...chosen.map(({ windowMs }) => (typeof windowMs === 'function' ? windowMs(times) : windowMs))) + START_MS,
    strike: stack => Promise.all(lanes.map(lane => strikeInTurn(lane, stack, chance))),
  };
}
