// SPDX-License-Identifier: ISC
// Those who flood a site, in a process of their own: run as a program it does what its first line of stdin describes until stdin
// ends, then prints how many answers of which status came. Nonsense, so many requests a second, from strangers and from people with
// a token; senders of a byte now and then; readers who ask for long answers and hardly take them: half of them through the web
// server, half at the FastCGI address, as a web server would that has no time.
import net from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startApart } from './apart.mjs';
import { requestBytes, variables } from './fcgi.mjs';

const CONNECTIONS = 64;
const TICK_MS = 10;
const SLOW_MS = 1000; // between two bytes of a sender, and two looks of a reader
const ARRIVE_MS = 10000; // in which the slow ones come, one after the other
const ANSWERS = 3; // that a reader at the FastCGI address asks for: more than the socket holds

/* The texts of requests that make no sense, for a stranger or somebody with TOKEN; %i is replaced by a number. */
function nonsense(ws, token) {
  const room = `/rollcall/v1/workspaces/${ws}`;
  const get = (path, ...headers) => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers.map(one => `${one}\r\n`).join('')}\r\n`;
  const post = (path, body, ...headers) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers.map(one => `${one}\r\n`).join('')}\r\n${body}`;
  const known = `Authorization: Bearer ${token}`;
  const unknown = `Authorization: Bearer rc_${'A'.repeat(35)}%i`;
  return [
    get(`/rollcall/${'a/'.repeat(20)}%i`),
    get(`/rollcall/v1/workspaces/%i/stream?since=%i`),
    get(`${room}/stream?wait=25`, unknown),
    get(`${room}/status?user=%i`, unknown),
    get('/rollcall/v1/me', 'Authorization: Basic %i'),
    get(`${room}/%00%i`, known),
    get(`${room}/..%2f..%2f%i`, known),
    get(`${room}/stream?${'user=%i&'.repeat(100)}`, unknown),
    get(`${room}/stream?since=%i&wait=99999`, known),
    get(`${room}/members?limit=-%i`, known),
    get(`/rollcall/${'x'.repeat(4000)}%i`),
    get('/rollcall/v1/me', `Cookie: ${'c'.repeat(4000)}`),
    `BREW ${room}/stream HTTP/1.1\r\nHost: x\r\n\r\n`,
    post(`${room}/heartbeat`, '{"session":', known),
    post(`${room}/heartbeat`, `{"session":"${'[['.repeat(500)}"}`, unknown),
    post(`${room}/heartbeat`, `${'['.repeat(5000)}`, known),
    post(`${room}/join`, `{"session":"%%%%%i","status":"dead"}`, known),
    post(`${room}/status`, `{"users":[${'"x",'.repeat(2000)}"y"]}`, unknown),
    post('/rollcall/v1/admin/tokens', '{"user":"%i","admin":true}', known),
    post(`${room}/heartbeat`, 'z'.repeat(60000), unknown),
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is TLS\r\n\r\n',
  ];
}

class Nuisance {
  counts = { sent: 0, late: 0 };
  over = false;
  timers = [];
  sockets = new Set();

  constructor(what) {
    this.what = what;
  }

  open(onData, where = { port: this.what.port, host: '127.0.0.1' }) {
    const socket = net.connect(where);
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    if (onData) socket.on('data', onData);
    return socket;
  }

  /* A connection for nonsense, one request at a time; it is opened again if it was closed. */
  lane() {
    const lane = { free: true, socket: null };
    const done = () => {
      lane.free = true;
      clearTimeout(lane.timer);
    };
    lane.send = text => {
      lane.free = false;
      if (!lane.socket || lane.socket.destroyed || !lane.socket.writable) {
        const socket = this.open(data => {
          const status = /^HTTP\/1.1 (\d+)/.exec(data.toString('latin1', 0, 20))?.[1];
          if (status) this.counts[status] = (this.counts[status] ?? 0) + 1;
          done(); // nonsense is answered shortly: in one piece
        });
        socket.on('close', () => lane.socket === socket && done());
        lane.socket = socket;
      }
      lane.timer = setTimeout(() => lane.socket.destroy(), 5000); // a poll that waits, or nothing at all
      lane.socket.write(text, 'latin1');
    };
    return lane;
  }

  flood(rate) {
    const { ws, tokens } = this.what;
    const texts = nonsense(ws, tokens[0]);
    const lanes = Array.from({ length: CONNECTIONS }, () => this.lane());
    const began = performance.now();
    let due = 0;
    this.timers.push(setInterval(() => {
      for (const end = (performance.now() - began) / 1000 * rate; due < end; due++) {
        const lane = lanes.find(one => one.free);
        if (!lane) {
          this.counts.late++;
          continue;
        }
        lane.send(texts[due % texts.length].replaceAll('%i', String(due).padStart(8, '0')));
        this.counts.sent++;
      }
    }, TICK_MS));
  }

  /* A byte now and then: half of them of a request's head, half of a body. */
  sender(i) {
    const head = `POST /rollcall/v1/workspaces/${this.what.ws}/heartbeat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
      `Authorization: Bearer ${this.what.tokens[i % this.what.tokens.length]}\r\nContent-Length: 10000\r\n\r\n`;
    let socket, at;
    this.timers.push(setInterval(() => {
      if (!socket || socket.destroyed) {
        socket = this.open(() => {});
        at = i % 2 ? head.length : 0;
        if (at) socket.write(head);
      }
      socket.write(head[at++] ?? ' ');
    }, SLOW_MS));
  }

  reader(i) {
    const { ws, tokens, address } = this.what;
    const token = tokens[i % tokens.length];
    const target = `/v1/workspaces/${ws}/members?limit=1000`;
    const text = `GET /rollcall${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    const behind = i % 2 === 1;
    let socket;
    this.timers.push(setInterval(() => {
      if (!socket || socket.destroyed) {
        socket = this.open(null, behind ? { path: address } : undefined);
        socket.pause();
        if (!behind) socket.write(text);
        for (let id = 1; behind && id <= ANSWERS; id++)
          socket.write(requestBytes({ id, keep: true, params: variables('GET', target, { token }) }));
      }
      socket.read(1);
    }, SLOW_MS));
  }

  start() {
    const { rate = 0, senders = 0, readers = 0 } = this.what;
    if (rate) this.flood(rate);
    const slow = [...Array.from({ length: senders }, (_, i) => () => this.sender(i)), ...Array.from({ length: readers }, (_, i) => () => this.reader(i))];
    for (const [i, come] of slow.entries()) setTimeout(() => !this.over && come(), i / slow.length * ARRIVE_MS);
  }

  stop() {
    this.over = true;
    this.timers.forEach(clearInterval);
    for (const socket of this.sockets) socket.destroy();
  }
}

/** Starts it: WHAT is { port, address, ws, tokens, rate, senders, readers }. stop() resolves with the counts. */
export function startNuisance(what) {
  return startApart(import.meta.url, what);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lines = createInterface({ input: process.stdin });
  let nuisance;
  for await (const line of lines) {
    nuisance = new Nuisance(JSON.parse(line));
    nuisance.start();
    console.log('began');
  }
  nuisance.stop();
  console.log(JSON.stringify(nuisance.counts));
  process.exit(0);
}
