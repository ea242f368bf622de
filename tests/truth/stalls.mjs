// SPDX-License-Identifier: ISC
// What is not the daemon's doing: how long this process stood still, and how long the others waited for a processor
// or a disk, or were stopped. What was seen then may be that much older.
import { readdirSync, readFileSync } from 'node:fs';

const TICK_MS = 20;
const NOISE_MS = 10;
const SAMPLE_TICKS = 5;
const MOST_THREADS = 32;

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const childrenOf = pid => read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);

function threadsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).slice(0, MOST_THREADS);
  } catch {
    return [];
  }
}

/* How long each thread of PIDS has waited for a processor since it began, in ms, by its id (sched-stats of Linux). */
function waits(pids) {
  const out = new Map();
  for (const pid of pids)
    for (const thread of threadsOf(pid))
      out.set(thread, Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[1] ?? 0) / 1e6);
  return out;
}

/* Whether process PID waits for a disk, or was stopped. */
const standsStill = pid => /\) [DT] /.test(read(`/proc/${pid}/stat`));

export class Stalls {
  own = []; /* [{ from, to, late }]: of this process, in order */
  starved = []; /* the same of those of the stack, added up: how long they waited, or were stopped */
  #timer;
  #waited = new Map();

  constructor(stack) {
    this.stack = stack;
  }

  /** Measures from now on; NOW(): the time in ms. */
  start(now) {
    let last = now();
    let sampled = last;
    let ticks = 0;
    this.#waited = waits(this.#pids());
    this.#timer = setInterval(() => {
      const time = now();
      const late = time - last - TICK_MS;
      if (late > NOISE_MS) this.own.push({ from: last, to: time, late });
      last = time;
      if (++ticks % SAMPLE_TICKS !== 0) return;
      this.#sample(sampled, time);
      sampled = time;
    }, TICK_MS);
    return this;
  }

  stop() {
    clearInterval(this.#timer);
  }

  #pids() {
    const parents = this.stack.pids().map(String);
    return [...parents, ...parents.flatMap(childrenOf)];
  }

  #sample(from, to) {
    const before = this.#waited;
    const pids = this.#pids();
    this.#waited = waits(pids);
    let late = pids.some(standsStill) ? to - from : 0;
    for (const [thread, ms] of this.#waited) late += Math.max(0, ms - (before.get(thread) ?? ms));
    if (late > NOISE_MS) this.starved.push({ from, to, late: Math.min(late, to - from) });
  }
}
