#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// What a site on several machines gets and pays. Words on the command line choose parts (all):
//   beats     heartbeats with one Redis and with a Redis Cluster of three masters, in turn: how many a second, and the CPU of each
//             process for one. All share the cores of this machine, so it is the CPU that tells what more machines would carry.
//   failover  a master that is killed, with Sentinel and in a cluster: from the kill to the last refused heartbeat, and from the
//             promotion of its replica
//   change    a change of the directory on one machine until another one shows it
//   copy      a copy of the record made again, MEMBERS in the environment (100,000), and how long reads take meanwhile
//   away      reads with PostgreSQL, without it, and on a machine that has no record, in turn
// MEASURE_S in the environment: how many seconds one measurement of beats and of away takes (4).
import { writeFileSync } from 'node:fs';
import { forgetLogs } from '../tests/lib/child.mjs';
import { startCluster } from '../tests/lib/cluster.mjs';
import { percentile } from '../tests/lib/crowd.mjs';
import * as fcgi from '../tests/lib/fcgi.mjs';
import { startPostgres } from '../tests/lib/postgres.mjs';
import { master, settled, startWatched, tell } from '../tests/lib/sentinels.mjs';
import { pause, until } from '../tests/lib/until.mjs';
import { cpuOf, heartbeatScript, joinAll, median, report, startBench, stopBench, wrk } from './stack.mjs';

const ROUNDS = 3;
const WORKSPACES = 48; // enough that each of three masters has a fair part
const PEOPLE = 3;
const CHANGES = 300;
const CALM_MS = 3000; // a failover is over when so long no heartbeat was refused
const seconds = Number(process.env.MEASURE_S ?? 4);
const members = Number(process.env.MEMBERS ?? 100000);

const ms = value => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const since = began => performance.now() - began;

// ---- beats ----

/* A stack with a script of heartbeats in all workspaces, and its PROCESSES: [name, pids] each. */
async function beatingSide(name, conf, redisProcesses) {
  const stack = await startBench({ conf });
  const sessions = [];
  for (let i = 0; i < WORKSPACES; i++) {
    const ws = `w${i}`;
    const joined = await joinAll(stack, ws, await stack.people(ws, 'u', PEOPLE));
    sessions.push(...joined.map(([token, session]) => [token, session, ws]));
  }
  const web = stack.extra.at(-1).pid;
  const processes = [['worker', stack.daemon.pid], ['web server', web], ...redisProcesses(stack)];
  return { name, stack, script: heartbeatScript(stack, 'all', sessions), processes, rounds: [] };
}

const usedBy = ({ processes }) => processes.map(([, pid]) => cpuOf(pid));

/* One measurement of SIDE, which it is added to: { perSecond, us: of each process a heartbeat }. */
function measureBeats(side) {
  const before = usedBy(side);
  const { perSecond, requests } = wrk(`http://127.0.0.1:${side.stack.port}/`, seconds, side.script);
  const us = usedBy(side).map((used, i) => (used - before[i]) / requests * 1e6);
  side.rounds.push({ perSecond, us });
}

/* Prints SIDE's figures; resolves with the us a heartbeat of that Redis that has most to do. */
function sayBeats({ name, processes, rounds }) {
  const us = processes.map((_, i) => median(rounds.map(round => round.us[i])));
  const redis = us.filter((_, i) => processes[i][0].startsWith('Redis'));
  const sum = list => list.reduce((all, one) => all + one, 0);
  const rate = median(rounds.map(({ perSecond }) => perSecond)).toFixed(0);
  const each = processes.map(([what], i) => `${what} ${us[i].toFixed(1)}`).join(', ');
  console.log(`     ${name}: ${rate} heartbeats/s; us of CPU for one: ${each}`);
  console.log(`     ${name}: ${sum(redis).toFixed(1)} us of all Redis, ${sum(us).toFixed(1)} us of all`);
  return Math.max(...redis);
}

async function beats() {
  const cluster = await startCluster();
  const sides = [];
  try {
    const nodes = cluster.nodes.map(({ child }, i) => [`Redis ${i < 3 ? 'master' : 'replica'} ${i % 3 + 1}`, child.pid]);
    sides.push(await beatingSide('one Redis', {}, stack => [['Redis', stack.redisServer.pid]]));
    sides.push(await beatingSide('three masters', { redis: cluster.url }, () => nodes));
    for (let round = 0; round < ROUNDS; round++) sides.forEach(measureBeats);
    const [one, three] = sides.map(sayBeats);
    console.log('     Everything shares this machine: the heartbeats a second say what it carries, the CPU what several would.');
    const fill = us => 1e6 / us;
    report('one Redis fills its core with', fill(one).toFixed(0), '-', 'heartbeats/s', true);
    report('the busiest of three masters fills its core with', fill(three).toFixed(0), '-', 'heartbeats/s', true);
    report('three masters carry, against one', (fill(three) / fill(one)).toFixed(2), '-', 'times', true);
  } finally {
    for (const side of sides) await stopBench(side.stack);
    await cluster.stop();
  }
}

// ---- failover ----

/* Heartbeats of PERSON until CALM_MS after the last that was refused; resolves with when that was. FAIL runs meanwhile. */
async function lastRefused(person, session, fail) {
  let refused = null;
  let over = false;
  const beating = (async () => {
    while (!over) {
      const { status } = await person.beat(session);
      if (status !== 200) refused = performance.now();
      await pause(5);
    }
  })();
  try {
    await fail();
    await until(() => refused && since(refused) > CALM_MS, 'heartbeats are taken again', 60000);
    return refused;
  } finally {
    over = true;
    await beating;
  }
}

/*
 * Kills OLD while PERSON goes on; ISMASTER says whether its replica is a master. Resolves with the ms from the kill to the
 * promotion, and to the last refused heartbeat.
 */
async function kill(person, session, old, isMaster) {
  let killed, promoted;
  const refused = await lastRefused(person, session, async () => {
    killed = performance.now();
    await old.kill();
    await until(() => isMaster().catch(() => false), 'its replica is promoted', 60000);
    promoted = performance.now();
  });
  return { promoted: promoted - killed, refused: refused - killed };
}

/* NEXT(person) makes all ready for another failover: [old master, whether its replica is one now]; AFTER(old) brings it back. */
async function failovers(name, conf, next, after) {
  const stack = await startBench({ workers: 2, conf });
  const gaps = [];
  try {
    const [person] = await stack.room(1);
    const { session } = await person.join();
    for (let round = 0; round < ROUNDS; round++) {
      const [old, isMaster] = await next(person);
      const { promoted, refused } = await kill(person, session, old, isMaster);
      gaps.push(Math.max(refused - promoted, 0));
      console.log(`     ${name}: promotion ${ms(promoted)} after the kill, the last refused heartbeat ${ms(refused)}`);
      await after(old);
    }
    const worst = Math.max(...gaps);
    report(`${name}: from the promotion to the last refused heartbeat, worst of ${ROUNDS}`, worst.toFixed(0), '2000', 'ms', worst <= 2000);
  } finally {
    await stopBench(stack);
  }
}

/* With down-after-milliseconds as docs/DEPLOY.md has it. */
async function sentinelFailover() {
  const watched = await startWatched();
  try {
    for (const sentinel of watched.sentinels) {
      await sentinel.call('SENTINEL', 'SET', master, 'down-after-milliseconds', 2000);
      await sentinel.call('SENTINEL', 'SET', master, 'failover-timeout', 10000);
    }
    const hosts = watched.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
    let heir;
    const next = async () => {
      const [old, replica] = await settled(watched);
      heir = replica;
      return [old, async () => (await tell(replica, 'ROLE'))[0] === 'master'];
    };
    const after = async old => {
      await old.start();
      await tell(old, 'REPLICAOF', '127.0.0.1', heir.port);
    };
    await failovers('Sentinel', { redis: `redis-sentinel://${hosts}/0?master=${encodeURIComponent(master)}` }, next, after);
  } finally {
    await watched.stop();
  }
}

/* With cluster-node-timeout as docs/DEPLOY.md has it. */
async function clusterFailover() {
  const cluster = await startCluster({ args: ['--cluster-node-timeout', '2000'] });
  try {
    const next = async ({ ws }) => {
      const old = await cluster.masterOf(await cluster.partitionOf(ws));
      const replica = await cluster.replicaOf(old);
      return [old, async () => (await replica.call('ROLE'))[0] === 'master'];
    };
    await failovers('a cluster', { redis: cluster.url }, next, old => old.start());
  } finally {
    await cluster.stop();
  }
}

async function failover() {
  await sentinelFailover();
  await clusterFailover();
}

// ---- the directory ----

/* Runs FN(postgres) with a PostgreSQL that is there for it alone. */
async function withPostgres(fn) {
  const postgres = await startPostgres();
  try {
    await fn(postgres);
  } finally {
    await postgres.close();
  }
}

async function admin(stack, method, path, body) {
  const answer = await fcgi.call(stack.address, method, `/v1/admin${path}`, { token: stack.admin, body });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
  return answer.body;
}

/* Renames a member on A, and resolves with the ms until A has answered, and until B shows it. */
async function rename(a, b, i) {
  const path = `/workspaces/acme/members/u${i % 10}`;
  const name = `Name ${i}`;
  const began = performance.now();
  const seen = (async () => {
    while (JSON.stringify(await admin(b, 'GET', path)).indexOf(name) < 0) if (since(began) > 30000) throw new Error('it is never shown');
    return since(began);
  })();
  await admin(a, 'PUT', path, { name });
  const answered = since(began);
  return { answered, shown: await seen };
}

const change = () => withPostgres(async postgres => {
  const record = postgres.create('changes');
  const a = await startBench({ workers: 2, conf: { record } });
  let b;
  try {
    b = await startBench({ workers: 2, conf: { record, redis: a.conf.redis } });
    b.admin = a.admin;
    await a.people('acme', 'u', 10);
    await until(() => admin(b, 'GET', '/workspaces/acme/members/u9').then(() => true), 'the other machine has them');
    const all = [];
    for (let i = 0; i < CHANGES; i++) all.push(await rename(a, b, i));
    const [answered, shown] = ['answered', 'shown'].map(name => all.map(one => one[name]));
    const [p50, p99] = [0.5, 0.99].map(p => ms(percentile(answered, p)));
    console.log(`     ${CHANGES} changes on one machine: answered there after p50 ${p50}, p99 ${p99}`);
    for (const [p, budget] of [[0.5, 50], [0.99, 1000]]) {
      const figure = percentile(shown, p);
      report(`from the request to another machine that shows it, p${p * 100}`, figure.toFixed(1), budget, 'ms', figure <= budget);
    }
  } finally {
    for (const stack of [b, a]) if (stack) await stopBench(stack);
  }
});

/* Reads of one page of members, one after the other, until OVER(); the ms that each took. */
async function readUntil(stack, over) {
  const took = [];
  while (!over()) {
    const began = performance.now();
    await admin(stack, 'GET', '/workspaces/acme/members?limit=50');
    took.push(since(began));
  }
  return took;
}

function sayReads(when, took) {
  const [p50, p99, longest] = [0.5, 0.99, 1].map(p => ms(percentile(took, p)));
  console.log(`     ${took.length} reads ${when}: p50 ${p50}, p99 ${p99}, longest ${longest}`);
}

const copy = () => withPostgres(async postgres => {
  const stack = await startBench({ workers: 2, conf: { record: postgres.create('copies') } });
  try {
    await admin(stack, 'PUT', '/workspaces/acme', { name: 'Acme' });
    postgres.sql(`INSERT INTO member (workspace, "user", name, role)
      SELECT 'acme', 'user-' || n, 'Somebody Nr. ' || n, 'member' FROM generate_series(1, ${members}) AS n`, 'copies');
    const last = `/workspaces/acme/members/user-${members}`;
    const following = performance.now();
    await until(() => admin(stack, 'GET', last).then(() => true), 'the copy has all', 300000);
    console.log(`     ${members} members that psql has added in one transaction: followed after ${ms(since(following))}`);
    const idle = performance.now();
    sayReads('before', await readUntil(stack, () => since(idle) > 3000));

    const made = () => stack.log().split('the copy of the record is complete').length;
    const before = made();
    const began = performance.now();
    postgres.sql('UPDATE record SET id = gen_random_uuid()', 'copies');
    const done = until(() => made() > before, 'the copy is complete', 600000).then(() => since(began));
    let taken;
    done.then(value => (taken = value), () => (taken = -1));
    const took = await readUntil(stack, () => taken);
    sayReads('meanwhile', took);
    report(`a copy of ${members} members made again`, ((await done) / 1000).toFixed(1), '-', 's', true);
    const p99 = percentile(took, 0.99);
    report('reads meanwhile, p99', p99.toFixed(1), '50', 'ms', p99 <= 50);
  } finally {
    await stopBench(stack);
  }
});

/* A stack with a wrk script that reads a page of members, as one of them. */
async function readingSide(conf) {
  const stack = await startBench({ workers: 2, conf });
  const [user] = await stack.people('acme', 'u', 50);
  const script = stack.path('read.lua');
  writeFileSync(script, `wrk.path = "/rollcall/v1/workspaces/acme/members"
wrk.headers["Authorization"] = "Bearer ${stack.tokens.get(user)}"
`);
  return { stack, measure: rounds => rounds.push(wrk(`http://127.0.0.1:${stack.port}/`, seconds, script)) };
}

const recordSays = (stack, is) => until(async () => is((await stack.req('GET', '/readyz')).body.record), 'readyz says so', 30000);

const away = () => withPostgres(async postgres => {
  const alone = await readingSide();
  let side;
  const rounds = { 'without a record': [], 'with PostgreSQL': [], 'PostgreSQL away': [] };
  try {
    side = await readingSide({ record: postgres.create('reads') });
    for (let round = 0; round < ROUNDS; round++) {
      alone.measure(rounds['without a record']);
      side.measure(rounds['with PostgreSQL']);
      await postgres.stop();
      await recordSays(side.stack, text => /since/.test(text));
      side.measure(rounds['PostgreSQL away']);
      await postgres.start();
      await recordSays(side.stack, text => text === 'ok');
    }
    for (const [name, list] of Object.entries(rounds))
      console.log(`     ${name}: ${list.map(one => `${one.perSecond.toFixed(0)}/s, p99 ${ms(one.p99_ms)}`).join('; ')}`);
    const against = (one, other) => median(rounds[one].map(({ perSecond }, i) => perSecond / rounds[other][i].perSecond));
    for (const [one, other] of [['PostgreSQL away', 'with PostgreSQL'], ['with PostgreSQL', 'without a record']]) {
      const ratio = against(one, other);
      report(`reads ${one}, against those ${other}`, ratio.toFixed(2), '0.95', 'times', ratio >= 0.95);
    }
  } finally {
    for (const one of [side, alone]) if (one) await stopBench(one.stack);
  }
});

const parts = { beats, failover, change, copy, away };
const wanted = process.argv.slice(2);
for (const name of wanted) if (!parts[name]) throw new Error(`no part named ${name}: ${Object.keys(parts).join(', ')}`);
for (const name of wanted.length ? wanted : Object.keys(parts)) {
  await parts[name]();
  forgetLogs();
}
