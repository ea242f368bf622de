// SPDX-License-Identifier: ISC
// What the benches share: a Rollcall with everyday times behind lighttpd, the yardsticks behind the same lighttpd, and the
// figures of a process.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Child } from '../tests/lib/child.mjs';
import * as fcgi from '../tests/lib/fcgi.mjs';
import { confText, rollcalld, startStack } from '../tests/lib/stack.mjs';
import { until } from '../tests/lib/until.mjs';
import { freePort } from '../tests/lib/web.mjs';

// Linux gives each session its fair part of the CPU (autogroup). Measurements must not depend on that: all are in one
// session.
Child.apart = false;

const here = dirname(fileURLToPath(import.meta.url));
const everydayTimes = { ttl: 60, heartbeat: 30, wait: 25, gap: 10, leave_grace: 5, closed_grace: 8 };

/** Compiles bench/NAME.c, and what MORE names, into DIR; the path of the program. */
export function compile(name, dir, ...more) {
  const out = join(dir, name);
  const sources = [name, ...more].map(one => join(here, `${one}.c`));
  execFileSync('cc', ['-O2', '-std=c11', '-D_GNU_SOURCE', ...sources, '-o', out, '-lfcgi']);
  return out;
}

function lighttpdConf(stack, apps) {
  const backends = Object.entries({ rollcall: 'fcgi', ...apps })
    .map(([mount, name]) => `"/${mount}" => (("socket" => "${stack.path(`${name}.sock`)}", "check-local" => "disable"))`);
  return `server.modules = ("mod_fastcgi")
server.document-root = "${stack.dir}"
server.bind = "127.0.0.1"
server.port = ${stack.port}
server.max-fds = 19000
server.max-connections = 9400
server.listen-backlog = 4096
server.max-keep-alive-requests = 1000000
server.stream-response-body = 1
fastcgi.server = (${backends.join(',\n  ')})
`;
}

/** A stack with one worker unless WORKERS says otherwise, and YARDSTICKS (names of bench/*.c) at /NAME; MORE as startStack() takes it. */
export async function startBench({ yardsticks = [], conf = {}, workers = 1, ...more } = {}) {
  const stack = await startStack({ web: null, workers, conf: { ...everydayTimes, ...conf }, ...more });
  stack.extra = [];
  for (const name of yardsticks)
    stack.extra.push(new Child([compile(name, stack.dir), stack.path(`${name}.sock`)], { log: stack.path(`${name}.log`) }));
  stack.port = await freePort();
  writeFileSync(stack.path('lighttpd.conf'), lighttpdConf(stack, Object.fromEntries(yardsticks.map(name => [name, name]))));
  stack.extra.push(new Child(['lighttpd', '-D', '-f', stack.path('lighttpd.conf')], { log: stack.path('lighttpd.log') }));
  await stack.ready();
  for (const name of yardsticks)
    await until(async () => (await stack.req('GET', `/${name}`, { mount: '', raw: true })).status === 200, `${name} answers`);
  return stack;
}

/** Another daemon with one worker on the same Redis and database: its figures are those of a worker that nobody else asks. */
export async function startBeside(stack) {
  const { listen_mode: mode, ...conf } = { ...stack.conf, workers: 1, listen: stack.path('beside.sock') };
  writeFileSync(stack.path('beside.conf'), `listen_mode = ${mode}\n${confText(conf)}`);
  const program = stack.options.program ?? rollcalld;
  const daemon = new Child([program, '-c', stack.path('beside.conf')], { log: stack.path('beside.log'), cwd: stack.dir });
  stack.extra.push(daemon);
  await until(() => fcgi.call(conf.listen, 'GET', '/readyz').then(({ status }) => status === 200), 'the other daemon answers');
  return { daemon, address: conf.listen };
}

export async function stopBench(stack) {
  for (const child of stack.extra) await child.stop('SIGTERM', 2000);
  await stack.stop();
}

/** PID and all the processes below it. */
export function family(pid) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
  return [pid, ...children.flatMap(family)];
}

/** The daemon's processes: the one asked of is behind a leash, so by its name. */
function daemonPids(stack) {
  return family(stack.daemon.pid);
}

/** Seconds of CPU that PID and all the processes below it have used. */
export function cpuOf(pid) {
  const ticks = family(pid).map(pid => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' '))
    .reduce((sum, fields) => sum + Number(fields[11]) + Number(fields[12]), 0);
  return ticks / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
}

/** Seconds of CPU that the daemon has used. */
export function cpuSeconds(stack) {
  return cpuOf(stack.daemon.pid);
}

/** CPU of Redis so far, seconds. */
export async function redisSeconds(stack) {
  const info = await stack.redis('INFO', 'cpu');
  return Number(/used_cpu_sys:([\d.]+)/.exec(info)[1]) + Number(/used_cpu_user:([\d.]+)/.exec(info)[1]);
}

/** Proportional set size of the daemon, bytes. */
export function memoryBytes(stack) {
  return daemonPids(stack).map(pid => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) * 1024)
    .reduce((sum, bytes) => sum + bytes, 0);
}

/** Runs wrk at URL for SECONDS with 32 connections, with a Lua SCRIPT if given: { perSecond, requests, p99_ms }. */
export function wrk(url, seconds, script) {
  const args = ['-t1', '-c32', `-d${seconds}s`, '--latency', ...(script ? ['-s', script] : []), url];
  const out = execFileSync('wrk', args, { encoding: 'utf8' });
  if (/Non-2xx|Socket errors/.test(out)) throw new Error(out);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)$/m.exec(out);
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1]),
    requests: Number(/(\d+) requests in/.exec(out)[1]),
    p99_ms: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit],
  };
}

/**
 * Sends LINES as polls with PROGRAM (polls.c), calls PARKED once they are sent, then FIRE, from when on they are timed; resolves
 * with what was measured.
 */
export async function timePolls(program, stack, lines, parked, fire) {
  writeFileSync(stack.path('requests'), lines.join('\n') + '\n');
  const child = spawn(program, [String(stack.port), stack.path('requests')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await output.next();
  await parked();
  child.stdin.write('\n');
  await output.next();
  await fire();
  const result = JSON.parse((await output.next()).value);
  if (result.early || result.failed || result.missing) throw new Error(JSON.stringify(result));
  return result;
}

/**
 * A wrk script that sends heartbeats of SESSIONS in turn, to Rollcall at MOUNT. A session is [token, session], in workspace WS, or
 * [token, session, workspace].
 */
export function heartbeatScript(stack, ws, sessions, mount = '/rollcall') {
  const file = stack.path(`heartbeat-${ws}.lua`);
  const rows = sessions.map(([token, session, of = ws]) => `{"${token}","${session}","${of}"}`).join(',\n');
  writeFileSync(file, `local rows = {${rows}}
local i = 0
request = function()
  i = i % #rows + 1
  return wrk.format("POST", "${mount}/v1/workspaces/" .. rows[i][3] .. "/heartbeat",
    {["Authorization"] = "Bearer " .. rows[i][1], ["Content-Type"] = "application/json"},
    '{"session":"' .. rows[i][2] .. '","status":"active"}')
end
`);
  return file;
}

/** A session for each of USERS in WS: [token, session]. The program may be one whose contract was another. */
export async function joinAll(stack, ws, users) {
  const sessions = [];
  for (const user of users) {
    const { bytes } = await stack.req('POST', `/v1/workspaces/${ws}/join`, { user, body: {}, raw: true });
    sessions.push([stack.tokens.get(user), JSON.parse(bytes).session]);
  }
  return sessions;
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Prints a figure against its budget; the process ends with 1 if any was missed. */
export function report(what, figure, budget, unit, holds) {
  console.log(`${holds ? 'ok  ' : 'MISS'} ${what}: ${figure} ${unit} (budget ${budget})`);
  if (!holds) process.exitCode = 1;
}
