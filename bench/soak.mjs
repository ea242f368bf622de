#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// A long run: PEOPLE (5,000) people poll through lighttpd and send BEATS (200) heartbeats a second for MINUTES (30), some become
// away or active, some load their page again. Every 5 s it looks at memory, descriptors, CPU, Redis and the database; the end
// prints the first quarter against the last, and draws a picture into the file that is named as argument. Whatever grew, or
// anybody who was told something wrong, is a miss.
import { writeFileSync } from 'node:fs';
import { Crowd } from '../tests/lib/crowd.mjs';
import { median, report, startBench, stopBench } from './stack.mjs';
import { picture } from './svg.mjs';
import { slope, stackVitals } from '../tests/lib/vitals.mjs';

const minutes = Number(process.env.MINUTES ?? 30);
const people = Number(process.env.PEOPLE ?? 5000);
const beats = Number(process.env.BEATS ?? 200);
const SAMPLE_MS = 5000;
const WARM_MINUTES = Math.min(2, minutes / 5); // until all has been used once: left out of the quarters
const ROOM = 250; // people in a workspace: all of them are told of a change
const FLIP_MS = 1000;
const RELOAD_MS = 2000;

/* What may differ from the first quarter to the last: a part of it, or this much, whichever is more. */
const slack = { rss: 0.5, memory: 0.5, size: 0.1, descriptors: 40, keys: 50 };
const SLACK_PART = 0.02;
/* Of these only the figures are printed: PSS depends on who else runs the same program, CPU on what else the machine does. */
const LOOSE = /(pss|cpu|worker \d descriptors)$/;
const units = { rss: 'MiB', pss: 'MiB', memory: 'MiB', size: 'MiB', descriptors: '', keys: '', cpu: '% of a core' };

const kind = name => name.split(' ').at(-1);

/* Samples every 5 s until the end: { minute, and each vital by name; cpu as percent of one core since the last one }. */
async function watch(stack, crowd, web) {
  const samples = [];
  const began = performance.now();
  let last = { at: began, vitals: await stackVitals(stack, web) };
  while (performance.now() - began < minutes * 60000) {
    await new Promise(done => setTimeout(done, SAMPLE_MS - (performance.now() - began) % SAMPLE_MS));
    const now = { at: performance.now(), vitals: await stackVitals(stack, web) };
    const sample = { ...now.vitals, minute: (now.at - began) / 60000, ...crowd.lap() };
    for (const name of Object.keys(now.vitals).filter(one => kind(one) === 'cpu'))
      sample[name] = (now.vitals[name] - last.vitals[name]) / (now.at - last.at) * 1e5;
    samples.push(sample);
    last = now;
    if (samples.length % 60 === 0) console.log(`     ${sample.minute.toFixed(0)} min: ${JSON.stringify(crowd.counts)}`);
  }
  return samples;
}

function judge(samples) {
  const warm = samples.filter(sample => sample.minute > WARM_MINUTES);
  const quarter = Math.ceil(warm.length / 4);
  for (const name of Object.keys(warm[0]).filter(one => kind(one) in units)) {
    const values = part => part.map(sample => sample[name]);
    const [first, end] = [median(values(warm.slice(0, quarter))), median(values(warm.slice(-quarter)))];
    const perHour = slope(warm.map(sample => [sample.minute / 60, sample[name]]));
    const unit = units[kind(name)];
    const figures = `${first.toFixed(1)} in the first quarter, ${end.toFixed(1)} in the last, ${perHour.toFixed(2)} an hour`;
    const allowed = Math.max(slack[kind(name)], first * SLACK_PART);
    if (LOOSE.test(name)) console.log(`     ${name}: ${figures} ${unit}`);
    else report(name, figures, `${allowed.toFixed(1)} more in the last`, unit, end - first <= allowed);
  }
}

function draw(samples, caption) {
  const line = (name, vital, from = one => one[vital]) => ({ name, values: samples.map(sample => [sample.minute, from(sample)]) });
  const names = Object.keys(samples[0]);
  const of = what => ['worker 1', 'worker 2', 'workers', 'web server', 'Redis'].filter(one => !(what === 'descriptors' && /worker \d/.test(one)) && names.includes(`${one} ${what}`)).map(one => line(one, `${one} ${what}`));
  return picture({
    title: 'Memory, descriptors and CPU over a long run',
    desc: `${caption}: each line stays level from the second minute on.`,
    caption,
    panels: [
      { title: 'Resident memory', unit: 'MiB', lines: of('rss') },
      { title: 'Open descriptors', unit: '', lines: of('descriptors') },
      { title: 'CPU', unit: '%', lines: of('cpu') },
      { title: 'Keys in Redis', unit: '', lines: [line('keys', 'Redis keys')] },
      { title: 'Redis, used_memory, and the database', unit: 'MiB', lines: [line('used_memory', 'Redis memory'), line('database', 'database size')] },
      { title: 'What people notice, 99th percentile', unit: 'ms', lines: [line('a heartbeat', 'beatP99'), line('a change, to each poll', 'wakeP99')] },
    ],
  });
}

const stack = await startBench({ workers: 2, conf: { rate_limit: 20 } });
const crowd = new Crowd(stack, { rooms: Math.max(1, Math.round(people / ROOM)), size: Math.min(ROOM, people) });
try {
  const workers = stack.workers();
  const [web] = stack.extra.slice(-1);
  await crowd.come();
  crowd.start(beats);
  const timers = [setInterval(() => crowd.flip(), FLIP_MS), setInterval(() => crowd.reload(), RELOAD_MS)];
  const samples = await watch(stack, crowd, web.pid);
  timers.forEach(clearInterval);
  const { counts } = crowd;
  const caption = `${minutes} minutes with ${people.toLocaleString('en')} polls and ${beats} heartbeats a second, through lighttpd, two workers`;
  if (process.argv[2]) writeFileSync(process.argv[2], draw(samples, caption));
  console.log(`     ${caption}: ${counts.answers} polls answered, ${JSON.stringify(counts)}`);
  judge(samples);
  const wrong = counts.untrue + counts.untold + counts.odd;
  report('told wrongly, or not told', wrong, '0', 'times', wrong === 0);
  const refused = [counts.polls, counts.beats].flatMap(Object.entries).filter(([status]) => status !== '200').reduce((sum, [, n]) => sum + n, 0);
  report('requests that failed', refused, '0', 'requests', refused === 0);
  report('workers that ended', workers.filter(pid => !stack.workers().includes(pid)).length, '0', 'workers', String(workers) === String(stack.workers()));
} finally {
  crowd.stop();
  await stopBench(stack);
}
