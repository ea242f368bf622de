#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// Through nginx with kept connections: heartbeats a second with two workers and with one, against libfcgi's own loop in two
// processes behind the same nginx, in turn; then parked polls over several processes of nginx and two workers, all answered by
// one change. POLLS in the environment: how many.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Child } from '../tests/lib/child.mjs';
import { startServer } from '../tests/lib/servers.mjs';
import { startStack } from '../tests/lib/stack.mjs';
import { until } from '../tests/lib/until.mjs';
import { compile, heartbeatScript, joinAll, median, report, wrk } from './stack.mjs';

const polls = Number(process.env.POLLS ?? 19000);
const rounds = 3;
const seconds = 4;
const mount = '/presence';
const times = { ttl: 60, heartbeat: 30, wait: 55, gap: 10, leave_grace: 5, closed_grace: 8 };

/* A stack behind the nginx that is shipped, with PROCESSES of it; SOCKETS are of libfcgi's loop, at /hello. */
async function start(workers, { processes = 2, sockets = [], redisArgs = [] } = {}) {
  const stack = await startStack({ web: null, workers, mount, conf: times, redisArgs });
  const dir = stack.path('web');
  mkdirSync(dir);
  const hello = `upstream hello { ${sockets.map(path => `server unix:${path};`).join(' ')} }`;
  const location = 'location = /hello { include /etc/nginx/fastcgi_params; fastcgi_pass hello; }';
  const changes = sockets.length
    ? [['upstream rollcall {', `${hello}\nupstream rollcall {`], ['location ~ ^/presence(/metrics|/readyz)$ {', `${location}\nlocation ~ ^/presence(/metrics|/readyz)$ {`]]
    : [];
  stack.nginx = await startServer('nginx', { dir, address: stack.address, processes, changes: [...changes, ['allow         127.0.0.9', 'allow 127.0.0.0/8']] });
  stack.port = stack.nginx.port;
  await stack.ready();
  return stack;
}

async function stop(stack) {
  await stack.nginx.stop('SIGTERM', 3000);
  await stack.stop();
}

async function heartbeats() {
  const two = await start(2);
  const sockets = [1, 2].map(n => two.path(`hello${n}.sock`));
  const program = compile('hello', two.dir);
  const hellos = sockets.map((path, i) => new Child([program, path], { log: two.path(`hello${i}.log`) }));
  const one = await start(1, { sockets });
  try {
    const scripts = [];
    for (const stack of [one, two]) {
      const users = await stack.people('acme', 'u', 50);
      scripts.push(heartbeatScript(stack, 'acme', await joinAll(stack, 'acme', users), mount));
    }
    const rates = { one: [], two: [], hello: [] };
    for (let round = 0; round < rounds; round++) {
      rates.hello.push(wrk(`http://127.0.0.1:${one.port}/hello`, seconds).perSecond);
      rates.one.push(wrk(`http://127.0.0.1:${one.port}/`, seconds, scripts[0]).perSecond);
      rates.two.push(wrk(`http://127.0.0.1:${two.port}/`, seconds, scripts[1]).perSecond);
      const last = name => rates[name].at(-1).toFixed(0);
      console.log(`     round ${round + 1}: two workers ${last('two')}, one ${last('one')}, libfcgi's loop twice ${last('hello')} a second`);
    }
    const ratio = other => median(rates.two.map((rate, i) => rate / rates[other][i]));
    report('two workers against one', ratio('one').toFixed(2), '-', 'times', true);
    report("two workers against libfcgi's loop in two processes", ratio('hello').toFixed(2), '1', 'times', ratio('hello') >= 1);
  } finally {
    for (const child of hellos) await child.stop('SIGTERM', 2000);
    await stop(one);
    await stop(two);
  }
}

async function parked() {
  const stack = await start(2, { processes: 4 });
  try {
    const users = await stack.people('acme', 'u', 400);
    const [first, ...others] = users;
    const { body: joined } = await stack.req('POST', '/v1/workspaces/acme/join', { user: first, body: {} });
    const lines = Array.from({ length: polls }, (_, i) => {
      const token = stack.tokens.get(others[i % others.length]);
      return `${mount}/v1/workspaces/acme/stream?since=${joined.cursor}\t${token}`;
    });
    writeFileSync(stack.path('requests'), lines.join('\n') + '\n');
    const child = spawn(compile('polls', stack.dir), [String(stack.port), stack.path('requests')], { stdio: ['pipe', 'pipe', 'inherit'] });
    const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await output.next();
    await until(async () => await stack.parked() === polls, 'all polls are parked', 30000);
    child.stdin.write('\n');
    await output.next();
    await stack.req('POST', '/v1/workspaces/acme/heartbeat', { user: first, body: { session: joined.session, status: 'away' } });
    const result = JSON.parse((await output.next()).value);
    console.log(`     ${JSON.stringify(result)}`);
    const lost = result.early + result.failed + result.missing;
    report(`of ${polls} parked polls lost`, lost, '0', 'polls', lost === 0);
    report('a change to the last of them', result.last.toFixed(0), '-', 'ms', true);
  } finally {
    await stop(stack);
  }
}

await heartbeats();
await parked();
