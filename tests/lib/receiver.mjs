// SPDX-License-Identifier: ISC
// A receiver of webhooks, as an application has one: it verifies each letter, and keeps what the letters say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Webhook } from 'standardwebhooks';
import { until } from './until.mjs';
import { freePort } from './web.mjs';

const read = ({ cert, key }) => ({ cert: readFileSync(cert), key: readFileSync(key) });

export class Receiver {
  /** How it answers: a status, or a function of the letter and the response that answers by itself. */
  answer = 204;
  letters = []; // that were taken: { at, headers, text, type, data }
  refused = []; // the others
  open = 0; // requests under way by workspace, the most at once
  most = new Map();
  #running = new Map();

  /**
   * Begins to listen, with a certificate {cert, key}, two files, if TLS is that. Its port is its own: what is still sent there
   * later must come to no other receiver.
   */
  async start(tls) {
    const take = (request, response) => this.#take(request, response);
    this.server = tls ? createTlsServer(read(tls), take) : createServer(take);
    this.port = await freePort();
    await new Promise(done => this.server.listen(this.port, '127.0.0.1', done));
    this.url = `${tls ? 'https' : 'http'}://127.0.0.1:${this.port}/hook`;
    return this;
  }

  /** Has another certificate from now on. */
  renew(tls) {
    this.server.setSecureContext(read(tls));
  }

  /** Nobody listens any more. */
  async stop() {
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }

  #take(request, response) {
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      const letter = { at: Date.now(), headers: request.headers, text, ...JSON.parse(text) };
      this.#begin(letter, response);
      if (typeof this.answer === 'function') {
        this.answer(letter, response);
        return;
      }
      (this.answer < 300 ? this.letters : this.refused).push(letter);
      response.writeHead(this.answer).end();
    });
  }

  #begin(letter, response) {
    const ws = letter.data.workspace;
    this.#running.set(ws, (this.#running.get(ws) ?? 0) + 1);
    this.most.set(ws, Math.max(this.most.get(ws) ?? 0, this.#running.get(ws)));
    response.on('close', () => this.#running.set(ws, this.#running.get(ws) - 1));
  }

  /** The letters of type rollcall.changes about WS (by default all), their data. */
  told(ws) {
    const all = this.letters.filter(({ type }) => type === 'rollcall.changes').map(({ data }) => data);
    return ws ? all.filter(({ workspace }) => workspace === ws) : all;
  }

  /** The changes in these, those that tell a new receiver of everybody left out: ["u0 active", ...]. */
  changes(ws) {
    return this.told(ws).filter(data => !data.resync)
      .flatMap(data => data.changes.map(({ user, status }) => `${user} ${status}`));
  }

  /** Who is what in WS, by all that was told: { user: change }, without those who are offline and say nothing. */
  state(ws) {
    const people = {};
    for (const { resync, changes } of this.told(ws)) {
      if (resync) for (const user of Object.keys(people)) delete people[user];
      for (const change of changes) people[change.user] = change;
    }
    return people;
  }

  /** { user: status } of those who are not offline. */
  here(ws) {
    return Object.fromEntries(Object.values(this.state(ws)).filter(({ status }) => status !== 'offline')
      .map(({ user, status }) => [user, status]));
  }

  /** Waits until the first letter about WS has come: from then on, changes are told. */
  begun(ws) {
    return until(() => this.told(ws).length > 0, `the receiver is told of ${ws}`, 15000);
  }

  /** Each letter is signed with SECRET, and goes on from the one before it, of its workspace. */
  check(secret) {
    for (const { headers, text } of this.letters) new Webhook(secret).verify(text, headers);
    const last = new Map();
    for (const data of this.told()) {
      const before = last.get(data.workspace);
      // From the same place again, if the process that delivers was killed before it had noted the letter before.
      const again = before && before.since === data.since;
      if (before && !again && !data.resync) assert.equal(data.since, before.cursor, 'goes on from the letter before');
      last.set(data.workspace, data);
    }
    for (const [ws, most] of this.most) if (ws) assert.equal(most, 1, `one letter at a time about ${ws}`);
  }
}

/** Runs FN with a receiver; TLS as that of start(). */
export async function withReceiver(fn, tls) {
  const receiver = await new Receiver().start(tls);
  try {
    await fn(receiver);
  } finally {
    await receiver.stop();
  }
}

/** Has STACK deliver to RECEIVER as webhook ID, with BODY; resolves with its secret. */
export async function addWebhook(stack, receiver, id, body = {}) {
  const { status, body: made } = await stack.admDone('PUT', `/webhooks/${id}`, {
    body: { url: receiver.url, delay: 0, ...body },
  });
  assert.equal(status, 201, JSON.stringify(made));
  return made.secret;
}
