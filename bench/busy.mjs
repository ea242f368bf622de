#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// What busy workspaces cost, compared with Nchan and Socket.IO in the same run. See --help.
import { parseArgs } from 'node:util';
import { installModules } from './modules.mjs';

const help = `bench/busy.mjs [OPTION...]: what it costs to tell many watchers of many changes.

Without a mode: each site has WATCHERS who follow everybody, by long poll or by stream, while 100 people change, at each of
RATES. Rollcall is behind nginx (with kept connections) and lighttpd, with two workers. Beside it are Nchan's long poll and
Socket.IO's WebSocket, if they are installed. A delivery is one change that one watcher is told of, even if it is told of several
at once. CPU is that of all processes of the site, by the scheduler's clock; the clients' own is not in it.

  --last           instead: one change to the last of WATCHERS (8,900), beside a bare responder (bench/bare.c)
  --memory         instead: memory of an idle stream, beside that of a parked poll
  --slow           instead: WATCHERS (5,000) streams, alone and beside 1,000 that read 1 KB a second
  --watchers N     (2,000)
  --rates N,N      changes a second (10,30,100)
  --seconds N      how long changes go on (5; with --slow 30)
  --rounds N       (1); the figures are medians
  --only TEXT      only sites or kinds of client whose name contains TEXT; several with commas between them
  --install        installs Socket.IO with npm, into a directory outside the checkout, and exits
  --help
`;

const { values: options } = parseArgs({
  options: {
    'last': { type: 'boolean' },
    'memory': { type: 'boolean' },
    'slow': { type: 'boolean' },
    'watchers': { type: 'string' },
    'rates': { type: 'string', default: '10,30,100' },
    'seconds': { type: 'string' },
    'rounds': { type: 'string', default: '1' },
    'only': { type: 'string', default: '' },
    'install': { type: 'boolean' },
    'help': { type: 'boolean' },
  },
});
if (options.help) {
  process.stdout.write(help);
  process.exit();
}
if (options.install) {
  installModules('socket.io@4');
  process.exit();
}

// Not before: they need a rollcalld that is built.
const { Watchers, pssBytes, sites } = await import('./sites.mjs');
const { median } = await import('./stack.mjs');

/* An interrupted bench ends what it started, and shows no logs as a failed test does. */
process.removeAllListeners('SIGINT');
process.on('SIGINT', () => {
  process.on('exit', () => (process.exitCode = 130));
  process.exit(0);
});

const rounds = Number(options.rounds);
const SLOW = 1000;
const SLOW_MIB = 64;

const one = (number, digits = 0) => (number === undefined ? '-' : number.toFixed(digits));
const sum = object => Object.values(object).reduce((all, value) => all + value, 0);
const wanted = text => !options.only || options.only.split(',').some(part => text.includes(part));

function table(heads, rows) {
  const lines = [heads, ...rows].map(line => line.map(String));
  const widths = heads.map((_, i) => Math.max(...lines.map(line => line[i].length)));
  for (const line of lines)
    console.log(line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ').trimEnd());
}

async function withSite(open, fn) {
  const site = await open();
  try {
    await fn(site);
  } finally {
    await site.stop();
  }
}

/**
 * Calls FN(site, kind) for each site that is wanted and installed, and each of KINDS that it has. With APART each has a site of its
 * own: lighttpd does not tell that those of the kind before have gone.
 */
async function each(kinds, fn, { apart = false } = {}) {
  for (const { name, kinds: has, open, missing } of sites) {
    const chosen = kinds.filter(kind => has.includes(kind) && wanted(`${name} ${kind}`));
    if (missing && chosen.length) console.log(`${name} is not installed, so it is left out. To install it: ${missing}`);
    if (missing || !chosen.length) continue;
    for (const together of apart ? chosen.map(kind => [kind]) : [chosen])
      await withSite(open, async site => {
        for (const kind of together) await fn(site, kind);
      });
  }
}

async function withWatchers(site, kind, settings, fn) {
  const watchers = new Watchers(site, kind, settings);
  try {
    await watchers.open();
    return await fn(watchers);
  } finally {
    await watchers.close();
  }
}

/* ---- many changes ---- */

const costOf = result => ({
  delivery: sum(result.cpu) / result.pairs * 1e6,
  second: sum(result.cpu) / result.seconds / result.watchers * 1e6,
  answer: sum(result.cpu) / result.answers * 1e6,
  parts: Object.fromEntries(Object.entries(result.cpu).map(([kind, seconds]) => [kind, seconds / result.pairs * 1e6])),
});

function say(name, rate, result) {
  const { delivery, second, answer, parts } = costOf(result);
  const by = Object.entries(parts).map(([kind, us]) => `${kind} ${one(us, 1)}`).join(', ');
  console.log(`${name}, ${rate} changes a second: ${one(delivery, 1)} us of CPU a delivery (${by}), ${one(answer, 1)} us an answer or event, ${one(second)} us a watcher-second; ` +
    `told after p50 ${one(result.p50)}, p99 ${one(result.p99)}, at worst ${one(result.worst)} ms; ` +
    `${result.right} of ${result.watchers} watchers end with the right picture` +
    (result.failed ? `; ${result.failed} clients failed: ${result.fault}` : ''));
}

async function busy() {
  const watchers = Number(options.watchers ?? 2000);
  const seconds = Number(options.seconds ?? 5);
  const rates = options.rates.split(',').map(Number);
  const results = new Map(); // by name and rate
  for (let round = 0; round < rounds; round++)
    await each(['poll', 'stream', 'nchan', 'websocket'], async (site, kind) => {
      for (const rate of rates)
        await withWatchers(site, kind, { watchers, rate, seconds }, async clients => {
          const result = { watchers, ...await clients.run() };
          const name = `${site.name} ${kind}`;
          say(name, rate, result);
          const key = JSON.stringify([name, rate]);
          results.set(key, [...results.get(key) ?? [], result]);
        });
    });
  console.log();
  table(
    ['', 'changes/s', 'us/delivery', 'web server', 'worker', 'Redis', 'us/answer', 'us/watcher-s', 'p50 ms', 'p99 ms', 'worst ms', 'right', 'clients\' CPU'],
    [...results].map(([key, list]) => {
      const [name, rate] = JSON.parse(key);
      const mid = of => median(list.map(of).filter(value => value !== undefined));
      const part = kind => one(mid(result => costOf(result).parts[kind]), 1);
      const server = name === 'Socket.IO websocket' ? 'Node' : 'web server';
      return [name, rate, one(mid(result => costOf(result).delivery), 1), part(server), part('worker'), part('Redis'),
        one(mid(result => costOf(result).answer), 1), one(mid(result => costOf(result).second)), one(mid(({ p50 }) => p50)), one(mid(({ p99 }) => p99)), one(mid(({ worst }) => worst)),
        `${Math.min(...list.map(({ right }) => right))}/${watchers}`, one(mid(({ client, seconds: took }) => client / took), 2)];
    }),
  );
}

/* ---- one change ---- */

async function last() {
  const watchers = Number(options.watchers ?? 8900);
  const results = new Map();
  for (let round = 0; round < rounds; round++)
    await each(['bare', 'poll', 'stream', 'nchan', 'websocket'], async (site, kind) =>
      withWatchers(site, kind, { watchers, changers: 1, rate: 0, seconds: 0 }, async clients => {
        const result = await clients.run();
        const name = `${site.name} ${kind}`;
        console.log(`${name}: one change reaches ${result.told} of ${watchers}, half of them after ${one(result.p50)} ms, the last after ${one(result.worst)} ms`);
        results.set(name, [...results.get(name) ?? [], result]);
      }));
  console.log();
  table(['', 'told', 'p50 ms', 'last ms', 'CPU, ms'], [...results].map(([name, list]) => {
    const mid = of => median(list.map(of));
    return [name, Math.min(...list.map(({ told }) => told)), one(mid(({ p50 }) => p50)), one(mid(({ worst }) => worst)), one(mid(({ cpu }) => sum(cpu)) * 1e3)];
  }));
}

/* ---- memory ---- */

const memoryOf = site => Object.fromEntries(Object.entries(site.processes()).map(([kind, pids]) => [kind, pssBytes(pids)]));

async function memory() {
  const watchers = Number(options.watchers ?? 5000);
  const rows = [];
  await each(['poll', 'stream', 'nchan', 'websocket'], async (site, kind) => {
    // What is used once is there before: the figure is what another client takes.
    await withWatchers(site, kind, { watchers: 500, changers: 1, rate: 0, seconds: 0 }, async () => {});
    const before = memoryOf(site);
    await withWatchers(site, kind, { watchers, changers: 1, rate: 0, seconds: 0 }, async () => {
      const after = memoryOf(site);
      const bytes = Object.fromEntries(Object.keys(after).map(name => [name, (after[name] - before[name]) / watchers]));
      console.log(`${site.name} ${kind}: memory of one that waits is ${Object.entries(bytes).map(([name, n]) => `${one(n)} bytes in the ${name}`).join(', ')}`);
      rows.push([`${site.name} ${kind}`, one(bytes['web server'] ?? bytes.Node), one(bytes.worker)]);
    });
  }, { apart: true });
  console.log();
  table(['', 'server, bytes', 'worker, bytes'], rows);
}

/* ---- slow readers ---- */

async function slow() {
  const watchers = Number(options.watchers ?? 5000);
  const seconds = Number(options.seconds ?? 30);
  const rate = Number(options.rates.split(',').at(-1));
  const MIB = 1024 ** 2;
  const rows = [];
  await each(['stream', 'websocket'], async (site, kind) => {
    const measure = async slow => {
      const all = watchers + slow;
      return withWatchers(site, kind, { watchers: all, slow, rate, seconds }, async clients => {
        const before = sum(memoryOf(site));
        let most = before;
        const look = setInterval(() => (most = Math.max(most, sum(memoryOf(site)))), 1000);
        const result = await clients.run().finally(() => clearInterval(look));
        const rightSlow = slow ? (await clients.next()).right : 0;
        return { ...result, grown: (most - before) / MIB, rightSlow };
      });
    };
    const alone = await measure(0);
    const beside = await measure(SLOW);
    const name = `${site.name} ${kind}`;
    const more = beside.grown - alone.grown;
    console.log(`${name}: beside ${SLOW} that read 1 KB a second, ${watchers} fast ones are told after p99 ${one(beside.p99)} ms ` +
      `(alone ${one(alone.p99)}), memory grows by ${one(more, 1)} MiB more (at most ${SLOW_MIB}); ` +
      `${beside.right} fast and ${beside.rightSlow} slow ones end with the right picture`);
    if (more > SLOW_MIB || beside.right < watchers) process.exitCode = 1;
    rows.push([name, one(alone.p99), one(beside.p99), one(alone.grown, 1), one(beside.grown, 1), beside.right, beside.rightSlow]);
  });
  console.log();
  table(['', 'p99 alone', 'p99 beside', 'MiB alone', 'MiB beside', 'fast right', 'slow right'], rows);
}

await (options.last ? last : options.memory ? memory : options.slow ? slow : busy)();
