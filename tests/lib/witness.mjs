// SPDX-License-Identifier: ISC
// Everything that others get to see in a run, in a form in which two runs can be compared: the run goes in steps, and each instant
// is told by the step in which it was.
import { setTimeout as pause } from 'node:timers/promises';
import { Events } from './events.mjs';
import { until } from './until.mjs';

export class Witness {
  starts = []; // when each step began, by Redis's clock, in ms
  seen = new Map(); // what each watcher got: [text, ...], each with the step in which it came
  cursors = new Map(); // where each watcher is
  #over = false;
  #streams = [];
  #polling = [];

  constructor(stack, ws) {
    Object.assign(this, { stack, ws });
  }

  async #now() {
    const [s, us] = await this.stack.redis('TIME');
    return Number(s) * 1000 + Math.floor(Number(us) / 1000);
  }

  /** Begins a step: no instant of it is one of the step before. */
  async step() {
    const last = await this.#now();
    let start;
    do start = await this.#now();
    while (start < last + 2);
    this.starts.push(start);
  }

  #stepOf(ms) {
    const at = this.starts.findLastIndex(start => start <= ms);
    return `"step ${at}"`;
  }

  /* BYTES without what differs from run to run: the epoch, and instants, which are steps. */
  #plain(bytes) {
    return String(bytes)
      .replaceAll(this.epoch, 'EPOCH')
      .replace(/"now":\d+/g, '"now":"now"')
      .replace(/\b1\d{12}\b/g, ms => this.#stepOf(Number(ms)));
  }

  /** Notes that WATCHER got BYTES. */
  note(watcher, bytes) {
    if (!this.seen.has(watcher)) this.seen.set(watcher, []);
    this.seen.get(watcher).push(`step ${this.starts.length - 1}: ${this.#plain(bytes)}`);
  }

  /** PERSON asks METHOD on WHAT and gets an answer, which is noted with its status and ETag. */
  async read(person, method, what, options = {}) {
    const { status, headers, bytes } = await person.ask(method, what, { raw: true, ...options });
    this.note(person.user, `${method} ${what} ${status} ${headers.etag ?? '-'} ${bytes}`);
    return { status, headers, body: bytes.length ? JSON.parse(bytes) : null };
  }

  /** PERSON polls with PARAMS from CURSOR on, without a pause. */
  poll(person, params, cursor) {
    this.cursors.set(person.user, cursor);
    const go = async () => {
      while (!this.#over) {
        const asked = person.poll({ ...params, since: this.cursors.get(person.user) }, { raw: true, timeout: 300000 });
        this.stack.followers.add({ stop: () => asked.abort() });
        const answer = await asked.catch(() => null);
        if (this.#over || !answer) return;
        this.note(person.user, `${answer.status} ${answer.bytes}`);
        if (answer.status !== 200) return;
        this.cursors.set(person.user, JSON.parse(answer.bytes).cursor);
      }
    };
    this.#polling.push(go());
  }

  /** PERSON opens a stream of events with PARAMS at CURSOR. */
  async stream(person, params, cursor) {
    this.cursors.set(person.user, cursor);
    const onEvent = ({ event, id, data }) => {
      if (event === 'ping') return; // by the clock, and not by what happens
      this.note(person.user, `${event} ${id} ${JSON.stringify(data)}`);
      if (data.cursor) this.cursors.set(person.user, data.cursor);
    };
    this.#streams.push(await Events.open(person, { ...params, since: cursor }, { onEvent }));
  }

  /** Resolves once all of WATCHERS are at the cursor that READER reads. */
  async reach(watchers, reader) {
    const cursor = await reader.cursor();
    await until(() => watchers.every(one => this.cursors.get(one) === cursor), `${watchers} are told, up to ${cursor}`);
  }

  /** Ends it, and notes what was published on the workspace's channel. */
  async end(messages) {
    this.#over = true;
    await pause(0);
    for (const stream of this.#streams) stream.close();
    await Promise.all([...this.stack.followers].map(one => one.stop()));
    this.stack.followers.clear();
    await Promise.all(this.#polling);
    for (const { message } of messages) this.note('the channel', message.replace(/^\S+/, 'EPOCH'));
  }
}
