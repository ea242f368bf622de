#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// What webhooks cost, and how soon their receivers are told. See --help.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const help = `bench/hooks.mjs [OPTION...]: a webhook with delay 0, while people change.

First CPU and lag: the same changes without a webhook and with one. The CPU of a worker should be the same. The lag is from a
change in Redis until the receiver has read it. Then the receiver is down while many changes happen: the memory of the process
that delivers should stay as it is.

  --rate N         changes a second (2,000)
  --seconds N      how long they go on (10)
  --changes N      while the receiver is down (1,000,000)
  --people N       who change (1,000)
  --help
`;

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '10' },
    changes: { type: 'string', default: '1000000' },
    people: { type: 'string', default: '1000' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  process.stdout.write(help);
  process.exit();
}

// Not before: they need a rollcalld that is built.
const { redisSeconds, report, startBench, stopBench } = await import('./stack.mjs');
const { percentile } = await import('../tests/lib/crowd.mjs');
const { callMany } = await import('../tests/lib/fcgi.mjs');
const { addWebhook, Receiver } = await import('../tests/lib/receiver.mjs');
const { pause, until } = await import('../tests/lib/until.mjs');
const { processVitals } = await import('../tests/lib/vitals.mjs');

const [rate, seconds, changes, count] = ['rate', 'seconds', 'changes', 'people'].map(name => Number(options[name]));
const SLICE_MS = 50;
const ws = 'acme';

/** Whose turn it is to change, and to what. */
class Changes {
  constructor(stack, people) {
    Object.assign(this, { stack, people, made: 0 });
  }

  #next() {
    const i = this.made++;
    const user = this.people[i % this.people.length];
    const status = Math.floor(i / this.people.length) % 2 ? 'away' : 'active';
    const body = { session: `bench-${user}`, status };
    return { method: 'POST', target: `/v1/workspaces/${ws}/join`, token: this.stack.tokens.get(user), body };
  }

  async make(total) {
    const statuses = await callMany(this.stack.address, total, () => this.#next(), 16);
    for (const status of Object.keys(statuses)) if (status !== '200' && status !== '201') throw new Error(JSON.stringify(statuses));
  }

  /** RATE a second for so many seconds; resolves with the CPU that was used for each change, by process, in us. */
  async paced() {
    const { stack } = this;
    const cpu = async () => ({
      workers: stack.workers().reduce((sum, pid) => sum + processVitals(pid).cpu, 0),
      sender: stack.workers(true).reduce((sum, pid) => sum + processVitals(pid).cpu, 0),
      redis: await redisSeconds(stack),
    });
    const [before, start, made] = [await cpu(), Date.now(), this.made];
    while (Date.now() - start < seconds * 1000) {
      await this.make(Math.max(0, Math.floor((Date.now() - start) * rate / 1000) - (this.made - made)));
      await pause(SLICE_MS - (Date.now() - start) % SLICE_MS);
    }
    const after = await cpu();
    const each = name => (after[name] - before[name]) * 1e6 / (this.made - made);
    return { workers: each('workers'), sender: each('sender'), redis: each('redis'), rate: (this.made - made) / seconds };
  }
}

const kib = pid => Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);

const stack = await startBench({ workers: 1, conf: { rate_limit: 0 } });
const receiver = await new Receiver().start();
try {
  const all = new Changes(stack, await stack.people(ws, 'u', count));
  await all.make(2 * count);
  const alone = await all.paced();
  await addWebhook(stack, receiver, 'bench', { workspace: ws });
  await receiver.begun(ws);
  await pause(1000);
  const letters = receiver.letters.length;
  const both = await all.paced();
  await pause(1000);

  const told = receiver.letters.slice(letters);
  const lags = told.flatMap(({ at, data }) => data.changes.map(({ since }) => at - since));
  const show = ({ workers, sender, redis }) => `${workers.toFixed(1)} us worker, ${redis.toFixed(1)} us Redis, ${sender.toFixed(1)} us sender`;
  console.log(`     without webhooks, ${alone.rate.toFixed(0)} changes/s: each ${show(alone)}`);
  console.log(`     with one, ${both.rate.toFixed(0)} changes/s: each ${show(both)}; ${(told.length / seconds).toFixed(1)} letters/s`);
  console.log(`     lag: p50 ${percentile(lags, 0.5)} ms, most ${percentile(lags, 1)} ms, of ${lags.length}`);
  report('worker CPU a change, with a webhook / without', (both.workers / alone.workers).toFixed(2), '1.1', 'times', both.workers <= alone.workers * 1.1);
  report('change -> receiver, delay 0, p99', percentile(lags, 0.99), '150', 'ms', percentile(lags, 0.99) <= 150);

  receiver.answer = 503;
  await all.make(2 * count);
  await until(() => receiver.refused.length > 1, 'the receiver refuses');
  const [pid] = stack.workers(true);
  const before = kib(pid);
  await all.make(changes);
  const grown = kib(pid) - before;
  report(`memory of the sender after ${changes} changes, receiver down`, grown, '1024', 'KiB', grown <= 1024);
  receiver.answer = 204;
  const start = receiver.told(ws).length;
  const id = '/webhooks/bench';
  await stack.adm('PUT', id, { body: { url: `${receiver.url}?again`, workspace: ws, delay: 0 } }); // so that it is tried at once
  await until(() => receiver.told(ws).length > start && !receiver.told(ws).at(-1).more, 'the receiver is told', 120000);
  const sent = receiver.told(ws).slice(start).reduce((sum, data) => sum + data.changes.length, 0);
  report(`changes told afterwards, of ${count} people`, sent, String(count), '', sent <= count);
} finally {
  await receiver.stop();
  await stopBench(stack);
}
