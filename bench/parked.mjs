#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// User memory of a parked poll with token and session; and how long a change takes to the last of them, through lighttpd,
// against a bare program that only parks and answers behind the same lighttpd, in turn. POLLS in the environment: how many.
import { compile, median, memoryBytes, report, startBench, stopBench, timePolls } from './stack.mjs';
import { until } from '../tests/lib/until.mjs';

const count = Number(process.env.POLLS ?? 5000);
const rounds = 3;

const stack = await startBench({ yardsticks: ['bare'], conf: { wait: 55 } });
try {
  const users = await stack.people('acme', 'u', 151);
  const [first, ...others] = users;
  const program = compile('polls', stack.dir);
  const join = user => stack.req('POST', '/v1/workspaces/acme/join', { user, body: { session: 'bench-session' } });
  for (const user of users) await join(user);
  const ours = [];
  const bares = [];
  const bytes = [];
  for (let round = 0; round < rounds; round++) {
    const { body } = await stack.req('GET', '/v1/workspaces/acme/status?limit=1', { user: first });
    const before = memoryBytes(stack);
    const polls = Array.from({ length: count }, (_, i) => {
      const token = stack.tokens.get(others[i % others.length]);
      return `/rollcall/v1/workspaces/acme/stream?since=${body.cursor}&wait=50&session=poll-${String(i).padStart(5, '0')}\t${token}`;
    });
    const mine = await timePolls(program, stack, polls,
      async () => {
        await until(async () => await stack.parked() === count, 'all polls are parked', 30000);
        bytes.push((memoryBytes(stack) - before) / count);
      },
      () => stack.req('POST', '/v1/workspaces/acme/heartbeat',
        { user: first, body: { session: 'bench-session', status: round % 2 ? 'active' : 'away' } }));
    const bare = await timePolls(program, stack, Array(count).fill('/bare/park\t-'),
      () => new Promise(done => setTimeout(done, 1500)), // it does not tell how many it has
      () => stack.req('GET', '/bare/fire', { mount: '', raw: true }));
    console.log(`     round ${round + 1}: first ${mine.first} ms, p50 ${mine.p50} ms, last ${mine.last} ms; bare last ${bare.last} ms`);
    ours.push(mine.last);
    bares.push(bare.last);
  }
  const ratio = median(ours) / median(bares);
  report('user memory of a parked poll', bytes[0].toFixed(0), '1024', 'bytes', bytes[0] <= 1024);
  report(`a change to the last of ${count}`, median(ours).toFixed(0), '-', 'ms', true);
  report('the same against the bare responder', ratio.toFixed(2), '1.15', 'times', ratio <= 1.15);
} finally {
  await stopBench(stack);
}
