// SPDX-License-Identifier: ISC
// Whether Rollcall can work, in the sentences of /readyz, and a few curves of /metrics while one looks.
import { every } from './admin-api.js';
import { card, create, heading } from './admin-dom.js';

const LOOK_MS = 2000;
const SAMPLES = 90;
const [WIDTH, HEIGHT] = [300, 72];
const PARTS = { redis: 'Redis', directory: 'Directory', record: 'Record', worker: 'Worker' };
const CLOSED = 'The web server does not let your address read this. It lets its own machine: open this page through ' +
  'a tunnel, for example with ssh -L 8080:localhost:80.';

const unreadable = status => (status === 403 ? CLOSED : `The web server answered ${status}.`);

// ---- /readyz ----

/** What each part of ANSWER, that of /readyz, says. */
function parts(answer) {
  const list = create('dl', { class: 'parts' });
  for (const [name, title] of Object.entries(PARTS)) {
    const said = answer[name];
    if (said === undefined) continue;
    const text = typeof said === 'string' ? said : said.detail ?? said.state ?? JSON.stringify(said);
    list.append(create('dt', '', title), create('dd', { class: text === 'ok' ? 'good' : 'bad' }, text));
  }
  return list;
}

async function readiness(api, signal) {
  const { status, text } = await api.read('/readyz', signal);
  let answer = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // it is the web server's
  }
  if (answer?.ready === undefined) return create('p', { class: 'bad' }, unreadable(status));
  const summary = answer.ready ? 'Rollcall can work.' : 'Rollcall cannot work:';
  return create('div', '', create('p', { class: answer.ready ? 'good' : 'bad' }, summary), parts(answer));
}

// ---- /metrics ----

/** TEXT of Prometheus as a Map of name -> the sum of all series of that name. */
export function sums(text) {
  const all = new Map();
  for (const [, name, value] of text.matchAll(/^(\w+)(?:\{[^}]*\})? (\S+)$/gm))
    all.set(name, (all.get(name) ?? 0) + Number(value));
  return all;
}

const perSecond = name => (now, before, seconds) => (now.get(name) - before.get(name)) / seconds;
const level = name => now => now.get(name);
/** The mean of what was measured between two looks, ms; 0 if nothing was. */
const mean = name => (now, before) => {
  const count = now.get(`${name}_count`) - before.get(`${name}_count`);
  return count > 0 ? (1000 * (now.get(`${name}_sum`) - before.get(`${name}_sum`))) / count : 0;
};

/** @type {[string, string, (now: Map, before?: Map, seconds?: number) => number][]} */
const CURVES = [
  ['Requests', 'a second', perSecond('rollcall_requests_total')],
  ['Waiting polls and streams', '', level('rollcall_parked_polls')],
  ['From a change until it is told', 'ms', mean('rollcall_fanout_seconds')],
  ['Redis answers after', 'ms', mean('rollcall_redis_seconds')],
  ['Webhooks are behind by', 's', level('rollcall_webhook_lag_seconds')],
];

const svg = (tag, attributes) => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

const rounded = value => (value >= 100 ? Math.round(value) : Math.round(value * 10) / 10).toLocaleString();

/** A curve called TITLE of values in UNIT, as large as the largest of them. */
class Curve {
  #values = [];
  #title;
  #unit;
  #line = svg('polyline', { class: 'line', fill: 'none' });
  #area = svg('polygon', { class: 'area' });
  #picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' });
  #now = create('span', { class: 'now' }, '–');
  #most = create('span', { class: 'quiet' });
  made;

  constructor(title, unit) {
    this.#title = title;
    this.#unit = unit;
    this.#picture.append(this.#area, this.#line);
    const said = create('p', { class: 'reading' }, this.#now, ' ', this.#most);
    this.made = create('figure', { class: 'curve' }, create('figcaption', '', title), said, this.#picture);
  }

  add(value) {
    this.#values.push(Number.isFinite(value) && value >= 0 ? value : 0);
    if (this.#values.length > SAMPLES) this.#values.shift();
    const most = Math.max(...this.#values), top = most || 1;
    const step = WIDTH / (SAMPLES - 1), from = WIDTH - (this.#values.length - 1) * step;
    const points = this.#values.map((one, i) =>
      `${(from + i * step).toFixed(1)},${(HEIGHT - 2 - (one / top) * (HEIGHT - 6)).toFixed(1)}`);
    this.#line.setAttribute('points', points.join(' '));
    this.#area.setAttribute('points', `${from.toFixed(1)},${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`);
    const now = `${rounded(this.#values.at(-1))} ${this.#unit}`.trim();
    this.#now.textContent = now;
    this.#most.textContent = `highest ${rounded(most)}`;
    this.#picture.setAttribute('aria-label', `${this.#title}: ${now}, highest ${rounded(most)} since this page looks`);
  }
}

/** What takes answers of /metrics and draws them. */
class Meter {
  #curves = CURVES.map(([title, unit, read]) => ({ curve: new Curve(title, unit), read }));
  #before = null;
  #problem = create('p', { class: 'bad', hidden: '' });
  #all = create('div', { class: 'curves' }, ...this.#curves.map(({ curve }) => curve.made));
  made = create('div', '', this.#problem, this.#all);

  /** STATUS and TEXT of an answer. */
  take({ status, text }) {
    const isGood = status === 200 && text.includes('rollcall_requests_total');
    this.#problem.hidden = isGood;
    this.#all.hidden = !isGood;
    this.#problem.textContent = unreadable(status);
    if (!isGood) return;
    const now = { at: performance.now(), all: sums(text) };
    const before = this.#before;
    this.#before = now;
    if (!before) return;
    for (const { curve, read } of this.#curves) curve.add(read(now.all, before.all, (now.at - before.at) / 1000));
  }
}

export async function showHealth({ api, signal, draw, tellState }) {
  const ready = create('div', '');
  const meter = new Meter();
  let isDrawn = false;
  await every(LOOK_MS, signal, async () => {
    try {
      ready.replaceChildren(await readiness(api, signal));
      meter.take(await api.read('/metrics', signal));
      if (!signal.aborted) tellState('live');
    } catch (error) {
      if (signal.aborted) return;
      tellState(error);
      ready.replaceChildren(create('p', { class: 'bad' }, 'It cannot be asked.'));
    }
    if (!isDrawn)
      draw(heading('Health'), card('Can it work?', [], ready), card('What it does now', [], meter.made));
    isDrawn = true;
  });
}
