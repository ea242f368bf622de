// SPDX-License-Identifier: ISC
// What the processes of a stack hold: memory, descriptors, CPU; and what Redis and the database do.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const MIB = 1024 ** 2;

/** What process PID holds: { rss, pss } in MiB, descriptors, and the seconds of CPU that it has used. */
export function processVitals(pid) {
  const memory = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = name => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)[1]) / 1024;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return {
    rss: mib('Rss'),
    pss: mib('Pss'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    cpu: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
  };
}

/** For how many ms process PID has had a processor so far, its first thread alone; 0 if the kernel does not say. */
export function ranMs(pid) {
  const file = `/proc/${pid}/schedstat`;
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6 : 0;
}

/** Of the stack's Redis: { memory } in MiB, keys. */
export async function redisVitals(stack) {
  const info = await stack.redis('INFO', 'memory');
  return { memory: Number(/used_memory:(\d+)/.exec(info)[1]) / MIB, keys: await stack.redis('DBSIZE') };
}

/** The size of the stack's database, with what has not been moved into it yet, in MiB. */
export function databaseMib(stack) {
  return ['', '-wal'].map(end => stack.path(`rollcall.db${end}`))
    .reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size / MIB : 0), 0);
}

/** All of STACK, whose web server is process WEB: each as one number, by name. */
export async function stackVitals(stack, web) {
  const all = {};
  const add = (name, vitals) => Object.entries(vitals).forEach(([what, value]) => (all[`${name} ${what}`] = value));
  const workers = stack.workers().map(processVitals);
  workers.forEach((vitals, i) => add(`worker ${i + 1}`, vitals));
  // Either of them takes a connection: only their sum says something.
  add('workers', { descriptors: workers.reduce((sum, vitals) => sum + vitals.descriptors, 0) });
  add('web server', processVitals(web));
  add('Redis', processVitals(stack.redisServer.pid));
  add('Redis', await redisVitals(stack));
  all['database size'] = databaseMib(stack);
  return all;
}

/** The slope of POINTS ([x, y]) by least squares. */
export function slope(points) {
  const mean = at => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return spread ? points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread : 0;
}
