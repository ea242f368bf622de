// SPDX-License-Identifier: ISC
// Honest people, thousands of them: each has one session, polls on one kept connection without a pause, as a page does, and
// sends heartbeats. They are measured: how long a heartbeat takes, how long a change needs to each poll that waits for it, and
// who is told something that is not so.
import http from 'node:http';
import net from 'node:net';
import { atMost } from './until.mjs';

const LANES = 16; // connections for everything but polls
const LOST_AFTER_MS = atMost(10000); // a change that a poll has not been told by then is lost

/** Part P of the numbers LIST, by size; 0 if there are none. */
export function percentile(list, p) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] : 0;
}

/* Runs WORK(item) for each of LIST, LANES at a time. */
async function forEach(list, work) {
  let next = 0;
  const lane = async () => {
    while (next < list.length) await work(list[next++]);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/* One person's poll, again and again on one connection. */
class Poll {
  input = '';

  constructor(crowd, person) {
    this.crowd = crowd;
    this.person = person;
  }

  /** Opens a connection and polls; the first time for WAIT seconds, so that not all are answered at the same moment. */
  open(wait) {
    this.input = '';
    this.socket = net.connect(this.crowd.stack.port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.setEncoding('latin1');
    this.socket.on('data', text => this.#take(text));
    this.socket.on('error', () => {});
    const socket = this.socket;
    socket.on('close', () => {
      if (this.socket !== socket || this.crowd.over) return;
      this.crowd.counts.lost++;
      this.#later(100);
    });
    this.#ask(wait);
  }

  /** Drops the connection and polls on another, as a page does that was loaded again. */
  reopen() {
    const old = this.socket;
    this.socket = null;
    old?.destroy();
    this.open();
  }

  close() {
    const old = this.socket;
    this.socket = null;
    old?.destroy();
  }

  #later(ms) {
    setTimeout(() => {
      if (!this.crowd.over) this.reopen();
    }, ms).unref();
  }

  #ask(wait) {
    const { ws, session, token, cursor } = this.person;
    const query = `since=${cursor}&session=${session}${wait ? `&wait=${wait}` : ''}`;
    this.socket.write(`GET /rollcall/v1/workspaces/${ws}/stream?${query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  }

  #take(text) {
    this.input += text;
    const end = this.input.indexOf('\r\n\r\n');
    if (end < 0) return;
    const size = /^content-length: (\d+)/im.exec(this.input.slice(0, end));
    if (!size) {
      this.crowd.counts.odd++;
      this.socket.destroy();
      return;
    }
    if (this.input.length < end + 4 + Number(size[1])) return;
    const status = Number(this.input.slice(9, 12));
    const body = this.input.slice(end + 4);
    this.input = '';
    this.crowd.answered(this.person, status, body);
    if (this.crowd.over) return;
    if (status === 200) this.#ask();
    else this.#later(1000);
  }
}

export class Crowd {
  people = [];
  over = false;
  counts = { answers: 0, polls: {}, beats: {}, lost: 0, odd: 0, untrue: 0, untold: 0 };
  beatMs = [];
  wakeMs = [];
  #told = new Map(); // "<ws>/<user>" -> the change that is under way: { at, status, left }
  #timers = [];
  #next = 0;

  /** ROOMS workspaces of SIZE people each, all in STACK. */
  constructor(stack, { rooms, size }) {
    this.stack = stack;
    this.rooms = rooms;
    this.size = size;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: LANES, scheduling: 'fifo' });
  }

  /* Resolves with { status, body, ms }. */
  ask(method, path, token, body, type = 'application/json') {
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const headers = { 'Authorization': `Bearer ${token}`, ...(body && { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }) };
      const request = http.request({ host: '127.0.0.1', port: this.stack.port, method, path: `/rollcall/v1/${path}`, headers, agent: this.agent }, answer => {
        let text = '';
        answer.setEncoding('utf8').on('data', part => (text += part));
        answer.on('end', () => resolve({ status: answer.statusCode, body: text, ms: performance.now() - began }));
      });
      request.on('error', error => {
        // A kept connection that the server closed just now: the request was not taken.
        if (error.code === 'ECONNRESET' && request.reusedSocket) this.ask(method, path, token, body, type).then(resolve, reject);
        else reject(error);
      });
      request.end(body);
    });
  }

  async #must(...request) {
    const answer = await this.ask(...request);
    if (answer.status >= 300) throw new Error(`${request[0]} ${request[1]}: ${answer.status} ${answer.body}`);
    return answer.body ? JSON.parse(answer.body) : null;
  }

  /** Makes the workspaces, their members and a token for each, and all of them join. */
  async come() {
    const { admin } = this.stack;
    for (let room = 0; room < this.rooms; room++) {
      const ws = `room${room}`;
      const users = Array.from({ length: this.size }, (_, i) => `person${room}-${i}`);
      await this.#must('PUT', `admin/workspaces/${ws}`, admin, JSON.stringify({ name: ws }));
      const lines = users.map(user => JSON.stringify({ user, name: `Person ${user}` })).join('\n');
      await this.#must('POST', `admin/workspaces/${ws}/members`, admin, lines, 'application/x-ndjson');
      this.people.push(...users.map(user => ({ ws, user, session: 'session-1', status: 'active' })));
    }
    await forEach(this.people, async person => {
      ({ token: person.token } = await this.#must('POST', 'admin/tokens', admin, JSON.stringify({ user: person.user })));
      await this.#join(person);
    });
    for (const person of this.people) {
      const { cursor } = await this.#must('GET', `workspaces/${person.ws}/status?limit=1`, person.token);
      person.cursor = cursor; // nobody is told of the coming
    }
  }

  async #join(person) {
    const { cursor } = await this.#must('POST', `workspaces/${person.ws}/join`, person.token, JSON.stringify({ session: person.session }));
    person.cursor = cursor;
  }

  /** All poll from now on, and BEATS heartbeats a second are sent, by one after the other. */
  start(beats) {
    for (const [i, person] of this.people.entries()) {
      person.poll = new Poll(this, person);
      person.poll.open(1 + i % 25);
    }
    const began = performance.now();
    let sent = 0;
    this.#timers.push(setInterval(() => {
      const due = Math.min((performance.now() - began) / 1000 * beats, sent + beats); // after a stall not all at once
      for (; sent < due; sent++) this.beat(this.people[this.#next++ % this.people.length]);
    }, 10));
    this.#timers.push(setInterval(() => this.#countUntold(), 1000));
  }

  /** One heartbeat of PERSON, with its status; its time and status are counted. */
  beat(person) {
    const body = JSON.stringify({ session: person.session, status: person.status });
    return this.ask('POST', `workspaces/${person.ws}/heartbeat`, person.token, body).then(
      ({ status, ms }) => {
        this.counts.beats[status] = (this.counts.beats[status] ?? 0) + 1;
        this.beatMs.push(ms);
      },
      error => {
        if (!this.over) this.counts.beats[error.code] = (this.counts.beats[error.code] ?? 0) + 1;
      },
    );
  }

  /** Somebody, another each time, becomes away or active again; everybody in the workspace is to be told. */
  flip() {
    const person = this.people[Math.floor(Math.random() * this.people.length)];
    const key = `${person.ws}/${person.user}`;
    if (this.#told.has(key)) return;
    person.status = person.status === 'active' ? 'away' : 'active';
    this.#told.set(key, { at: performance.now(), status: person.status, left: this.size });
    this.beat(person);
  }

  /** Somebody loads the page again. */
  reload() {
    this.people[Math.floor(Math.random() * this.people.length)].poll.reopen();
  }

  #countUntold() {
    for (const [key, change] of this.#told) {
      if (performance.now() - change.at < LOST_AFTER_MS) continue;
      this.counts.untold += change.left;
      this.#told.delete(key);
    }
  }

  /* An answer to PERSON's poll. */
  answered(person, status, text) {
    this.counts.answers++;
    this.counts.polls[status] = (this.counts.polls[status] ?? 0) + 1;
    if (status !== 200) return;
    const body = JSON.parse(text);
    person.cursor = body.cursor;
    if (body.resync) this.counts.odd++;
    const at = performance.now();
    for (const { user, status: told } of body.changes) {
      const key = `${person.ws}/${user}`;
      const change = this.#told.get(key);
      if (change?.status === told) {
        this.wakeMs.push(at - change.at);
        if (--change.left === 0) this.#told.delete(key);
      } else if (told === 'offline') this.counts.untrue++; // nobody goes
    }
  }

  /** Times since the last call: { beats, beatP50, beatP99, wakes, wakeP50, wakeP99 }, in ms. */
  lap() {
    const [beats, wakes] = [this.beatMs, this.wakeMs];
    this.beatMs = [];
    this.wakeMs = [];
    return {
      beats: beats.length,
      beatP50: percentile(beats, 0.5),
      beatP99: percentile(beats, 0.99),
      wakes: wakes.length,
      wakeP50: percentile(wakes, 0.5),
      wakeP99: percentile(wakes, 0.99),
    };
  }

  /** Everybody vanishes. */
  stop() {
    this.over = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const person of this.people) person.poll?.close();
    this.agent.destroy();
  }
}
