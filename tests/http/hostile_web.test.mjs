// SPDX-License-Identifier: ISC
// A web server's side that means harm, or has lost its mind: records of every type where they do not belong, requests that begin
// twice, are aborted at every point, never end, or are never read; connections by the thousand. Each costs its own connection:
// people behind the real web server notice nothing, and afterwards nothing is left.
// Chance has a part too: SEED repeats a run, ROUNDS makes it longer.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Dice, newSeed } from '../lib/dice.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { unmeasured } from '../lib/program.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 400);
const INPUT_MS = 10000; // in which a request must be whole
const PARTIALS_MIB = 32; // what all unfinished requests of a worker may hold
const KEPT_MIB = 16;
const TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 128, 255];
const IDS = [0, 1, 2, 65535];

describe('a web server that means harm', () => {
  let stack, u0, u1, session, worker, token, path;
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 30 } });
    [u0, u1] = await stack.room(2);
    ({ session } = await u0.join());
    const many = Array.from({ length: 3000 }, (_, i) => JSON.stringify({ user: `member-${i}`, name: `Member ${i}` }));
    while (many.length > 0) { // not all at once: a worker that takes 7 s for that, as under valgrind, would be killed
      const body = many.splice(-500).join('\n');
      const imported = await stack.adm('POST', `/workspaces/${u0.ws}/members`, { body, headers: { 'Content-Type': 'application/x-ndjson' } });
      assert.equal(imported.status, 200);
    }
    await u1.sees();
    [worker] = stack.workers();
    token = stack.tokens.get('u0');
    path = `/v1/workspaces/${u0.ws}`;
  });
  after(() => stack?.stop());

  const memory = name => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${worker}/status`, 'utf8'))[1]) / 1024;
  const descriptors = () => readdirSync(`/proc/${worker}/fd`).length;
  const params = (method = 'GET', target = '/healthz', more) => fcgi.pairs(fcgi.variables(method, target, { token, ...more }));
  const request = (id = 1, target = '/healthz') => [
    fcgi.begin(id, true),
    fcgi.record(fcgi.PARAMS, id, params('GET', target)),
    fcgi.record(fcgi.PARAMS, id),
    fcgi.record(fcgi.STDIN, id),
  ];
  const members = id => Buffer.concat(request(id, `${path}/members?limit=1000`));

  /* People notice nothing of WHAT: their requests are answered at once. */
  async function isWell() {
    const { status, ms } = await u0.beat(session);
    assert.equal(status, 200);
    assert.ok(ms < 8000 || unmeasured, `a heartbeat took ${ms} ms`);
    assert.deepEqual(stack.workers(), [worker], 'the worker goes on');
  }

  /* Runs HARM, with people at work beside it; afterwards nothing is left of it within MS. */
  async function survives(harm, ms = 9000) {
    const before = { descriptors: descriptors(), memory: memory('VmRSS') };
    writeFileSync(`/proc/${worker}/clear_refs`, '5'); // VmHWM starts again
    let over = false;
    const people = (async () => {
      while (!over) {
        await isWell();
        await pause(50);
      }
    })();
    people.catch(() => {});
    try {
      await harm();
    } finally {
      over = true;
    }
    await people;
    await until(() => descriptors() <= before.descriptors + 2, 'its descriptors are given back', ms);
    if (!unmeasured) {
      assert.ok(memory('VmHWM') - before.memory < PARTIALS_MIB + KEPT_MIB, `from ${before.memory} to ${memory('VmHWM')} MiB`);
      await until(() => memory('VmRSS') - before.memory < KEPT_MIB, `back to ${before.memory} MiB`);
    }
    await isWell();
    assert.deepEqual(await u1.sees('u0'), { u0: 'active' });
  }

  /* Sends BYTES, then nothing more; reads what comes until the other side closes, or for MS. */
  async function send(bytes, ms = 100) {
    const connection = await fcgi.Connection.open(stack.address);
    connection.send(bytes);
    connection.socket.end();
    await Promise.race([connection.closed, pause(ms)]);
    connection.destroy();
    return connection;
  }

  /* Runs WORK(item) for each of LIST, 50 at a time. */
  async function forEach(list, work) {
    let next = 0;
    const lane = async () => {
      while (next < list.length) await work(list[next++]);
    };
    await Promise.all(Array.from({ length: 50 }, lane));
  }

  it('sends records of every type, of every request, at every point', () =>
    survives(async () => {
      const cases = [];
      for (const type of TYPES)
        for (const id of IDS)
          for (let at = 0; at <= 4; at++)
            for (const content of ['', 'x', 'x'.repeat(8)]) {
              const records = request();
              records.splice(at, 0, fcgi.record(type, id, content, at));
              cases.push(Buffer.concat(records));
            }
      await forEach(cases, bytes => send(bytes));
    }));

  it('sends the records of a request in every order, and each twice', () =>
    survives(async () => {
      const orders = list => (list.length ? list.flatMap((one, i) => orders([...list.slice(0, i), ...list.slice(i + 1)]).map(rest => [one, ...rest])) : [[]]);
      const cases = orders(request());
      for (let i = 0; i < 4; i++) cases.push(request().flatMap((one, at) => (at === i ? [one, one] : [one])));
      cases.push([...request(1).slice(0, 2), ...request(2), ...request(1).slice(2)]);
      await forEach(cases, records => send(Buffer.concat(records)));
    }));

  it('asks for roles that nobody plays', () =>
    survives(async () => {
      for (const role of [0, 2, 3, 255]) {
        const connection = await fcgi.Connection.open(stack.address);
        connection.send(Buffer.concat([fcgi.begin(1, true, role), ...request().slice(1)]));
        const answer = await connection.answer();
        assert.equal(answer.protocolStatus, 3, 'unknown role');
        connection.destroy();
      }
    }));

  it('aborts at every point, with and without going on', () =>
    survives(async () => {
      const cases = [];
      for (const id of IDS)
        for (let at = 0; at <= 4; at++)
          for (const rest of [[], request(), request(id || 1)])
            cases.push([...request().slice(0, at), fcgi.record(fcgi.ABORT_REQUEST, id), ...request().slice(at), ...rest]);
      await forEach(cases, records => send(Buffer.concat(records)));
    }));

  it('aborts a poll that waits, in parts, twice, and that of another', () =>
    survives(async () => {
      const cursor = await u1.cursor();
      const abort = fcgi.record(fcgi.ABORT_REQUEST, 1);
      for (const bytes of [abort, Buffer.concat([abort, abort]), fcgi.record(fcgi.ABORT_REQUEST, 2), fcgi.record(fcgi.ABORT_REQUEST, 1, 'x'.repeat(60000), 255)]) {
        const connection = await fcgi.Connection.open(stack.address);
        connection.send(Buffer.concat(request(1, `${path}/stream?since=${cursor}`)));
        await until(async () => (await stack.parked()) === 1, 'it waits');
        await connection.sendInPortions(bytes, 3000);
        await pause(20);
        connection.destroy();
        await until(async () => (await stack.parked()) === 0, 'it has ended');
      }
    }));

  it('goes away in the middle of each record', () =>
    survives(async () => {
      const bytes = Buffer.concat([fcgi.begin(1), fcgi.record(fcgi.PARAMS, 1, params('POST', `${path}/heartbeat`), 9), fcgi.record(fcgi.PARAMS, 1), fcgi.record(fcgi.STDIN, 1, '{"session":"session-x"}', 3)]);
      const ends = [...Array.from({ length: 60 }, (_, i) => i), ...Array.from({ length: 60 }, (_, i) => Math.floor(i / 60 * bytes.length)), ...Array.from({ length: 60 }, (_, i) => bytes.length - i)];
      await forEach(ends, end => send(bytes.subarray(0, end), 10));
    }));

  it('never reads its answers', () =>
    survives(async () => {
      const connections = await Promise.all(Array.from({ length: 100 }, () => fcgi.Connection.open(stack.address)));
      for (const connection of connections) {
        connection.socket.pause();
        for (let id = 1; id <= 50; id++) connection.send(members(id));
      }
      await pause(2000);
      for (const connection of connections) connection.destroy();
    }));

  it('asks what the other side can do for ever, and never listens', () =>
    survives(async () => {
      const questions = Buffer.concat(Array.from({ length: 2000 }, (_, i) => fcgi.record(i % 2 ? fcgi.GET_VALUES : 99, 0, fcgi.pairs({ FCGI_MAX_CONNS: '' }))));
      const connections = await Promise.all(Array.from({ length: 20 }, () => fcgi.Connection.open(stack.address)));
      for (const connection of connections) {
        connection.socket.pause();
        for (let i = 0; i < 20; i++) connection.send(questions);
      }
      await Promise.race([Promise.all(connections.map(one => one.closed)), pause(2000)]);
      for (const connection of connections) connection.destroy();
    }));

  it('reads a byte at a time', () =>
    survives(async () => {
      const connections = await Promise.all(Array.from({ length: 50 }, () => fcgi.Connection.open(stack.address)));
      for (const { socket } of connections) {
        socket.removeAllListeners('data');
        socket.pause();
        for (let id = 1; id <= 20; id++) socket.write(members(id));
      }
      for (let i = 0; i < 20; i++) {
        for (const { socket } of connections) socket.read(1);
        await pause(100);
      }
      for (const connection of connections) connection.destroy();
    }));

  it('sends parameters for ever', () =>
    survives(async () => {
      const floods = {
        'names that are long': fcgi.record(fcgi.PARAMS, 1, Buffer.concat([Buffer.from([0x80, 0, 255, 0, 0]), Buffer.alloc(65000, 'n')])),
        'many names': fcgi.record(fcgi.PARAMS, 1, Buffer.concat(Array.from({ length: 5000 }, () => Buffer.from([1, 0, 65])))),
        'a byte a record, well padded': Buffer.concat(Array.from({ length: 200 }, () => fcgi.record(fcgi.PARAMS, 1, '\0', 255))),
      };
      for (const bytes of Object.values(floods)) {
        const connections = await Promise.all(Array.from({ length: 20 }, () => fcgi.Connection.open(stack.address)));
        for (const connection of connections) {
          connection.send(fcgi.begin(1));
          for (let i = 0; i < 200; i++) connection.send(bytes);
        }
        await Promise.all(connections.map(one => Promise.race([one.closed, pause(3000)])));
        for (const connection of connections) connection.destroy();
      }
    }, INPUT_MS + 5000));

  it('sends a body for ever', () =>
    survives(async () => {
      const head = Buffer.concat([fcgi.begin(1), fcgi.stream(fcgi.PARAMS, 1, params('POST', `${path}/heartbeat`))]);
      const part = fcgi.record(fcgi.STDIN, 1, Buffer.alloc(65535, 'x'), 1);
      const began = Date.now();
      const connections = await Promise.all(Array.from({ length: 10 }, () => fcgi.Connection.open(stack.address)));
      await Promise.all(connections.map(async connection => {
        connection.send(head);
        while (!connection.isClosed && Date.now() - began < INPUT_MS * 2) {
          connection.send(part);
          await pause(20);
        }
      }));
      assert.ok(Date.now() - began < atMost(INPUT_MS * 1.5), `closed after ${Date.now() - began} ms`);
      for (const connection of connections) connection.destroy();
    }));

  it('sends 200 bodies of 1 MiB and never their ends', () =>
    survives(async () => {
      const bytes = Buffer.concat([
        fcgi.begin(1),
        fcgi.stream(fcgi.PARAMS, 1, params('POST', `${path}/heartbeat`)),
        ...Array.from({ length: 15 }, () => fcgi.record(fcgi.STDIN, 1, Buffer.alloc(65535, 'x'))),
      ]);
      const connections = [];
      for (let i = 0; i < 200; i++) {
        const connection = await fcgi.Connection.open(stack.address);
        connection.send(bytes);
        connections.push(connection);
        await pause(5);
      }
      await Promise.all(connections.map(one => one.closed));
    }));

  it('keeps half a record for ever, while others say nothing of use now and then', () =>
    survives(async () => {
      const talkers = await Promise.all(Array.from({ length: 5 }, () => fcgi.Connection.open(stack.address)));
      const halves = await Promise.all(Array.from({ length: 20 }, () => fcgi.Connection.open(stack.address)));
      const bytes = Buffer.concat(request());
      halves.forEach((connection, i) => connection.send(bytes.subarray(0, 1 + i * 7)));
      const began = Date.now();
      while (halves.some(one => !one.isClosed) && Date.now() - began < INPUT_MS * 2) {
        for (const connection of talkers) connection.send(fcgi.record(fcgi.ABORT_REQUEST, 7));
        await pause(500);
      }
      assert.ok(Date.now() - began < atMost(INPUT_MS * 1.5), `closed after ${Date.now() - began} ms`);
      for (const connection of talkers) connection.destroy();
    }));

  it('opens 10,000 connections and leaves them', () =>
    survives(async () => {
      // What this process and the worker may open: the worker raises its limit as far as it may, as node does.
      const limit = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
      const count = Math.min(10000, Math.floor(limit * 0.8) - 200);
      const connections = [];
      for (let i = 0; i < count; i += 100)
        connections.push(...(await Promise.all(Array.from({ length: 100 }, () => fcgi.Connection.open(stack.address)))));
      await until(() => connections.every(one => one.isClosed), 'all are closed', INPUT_MS * 3);
    }));

  it('does whatever chance makes of it', async () => {
    const seed = newSeed();
    const dice = new Dice(seed);
    const one = () => {
      const kind = dice.below(8);
      const id = dice.pick(IDS);
      if (kind === 0) return dice.bytes(dice.below(300));
      if (kind === 1) return fcgi.record(dice.pick(TYPES), id, dice.bytes(dice.below(30)), dice.below(256));
      if (kind === 2) return fcgi.record(fcgi.ABORT_REQUEST, id);
      if (kind === 3) return fcgi.begin(id, dice.below(2) === 0, dice.below(5));
      return Buffer.concat(request(id || 1, dice.pick(['/healthz', '/v1/me', `${path}/stream?wait=0`, `${path}/stream`])));
    };
    const harm = async () => {
      const bytes = Buffer.concat(Array.from({ length: 1 + dice.below(6) }, one));
      if (dice.below(4) === 0) bytes[dice.below(bytes.length)] ^= 1 << dice.below(8);
      const connection = await fcgi.Connection.open(stack.address);
      if (dice.below(4) === 0) connection.socket.pause();
      await connection.sendInPortions(bytes.subarray(0, dice.below(3) ? bytes.length : dice.below(bytes.length + 1)), 1 + dice.below(200));
      if (dice.below(2) === 0) connection.socket.end();
      await Promise.race([connection.closed, pause(dice.below(50))]);
      connection.destroy();
    };
    try {
      await survives(() => forEach(Array.from({ length: ROUNDS }), harm));
    } catch (error) {
      error.message += ` (SEED=${seed})`;
      throw error;
    }
  });

  it('is named in the log, once a minute', () => {
    const lines = stack.log().match(/FastCGI: .*/g);
    assert.ok(lines.includes('FastCGI: a peer sent something that is not a FastCGI request; closing the connection'));
    assert.ok(lines.length < 20, `${lines.length} lines`);
  });
});
