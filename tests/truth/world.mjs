// SPDX-License-Identifier: ISC
// What all who take part in a run share: the stack, the clock, the people, and the log of all requests, which becomes the history.
import assert from 'node:assert/strict';

/**
 * How a web server tells that a client has gone: by an ordinary close, and by a reset of its connection. lighttpd 1.4.69 keeps the
 * connection to the daemon after some resets.
 */
const tellings = {
  nginx: { close: 'yes', reset: 'yes' },
  lighttpd: { close: 'no', reset: 'maybe' },
  apache: { close: 'no', reset: 'no' },
  caddy: { close: 'no', reset: 'no' },
};

/** A request that waits for its answer. */
class Asked {
  #request;
  #resolve;

  constructor(world, event, request) {
    this.world = world;
    this.event = event;
    this.#request = request;
    this.done = new Promise(resolve => (this.#resolve = resolve));
    request.then(
      answer =>
        this.#end({
          code: answer.status,
          body: answer.body,
          retry: Number(answer.headers['retry-after']) || null,
          etag: answer.headers.etag,
        }),
      error =>
        this.#end({
          code: 0,
          error: error.code ?? error.message,
          ...(error instanceof assert.AssertionError && { odd: error.message }),
        }),
    );
  }

  #end(outcome) {
    if (this.event.done !== undefined) return;
    Object.assign(this.event, outcome, { done: this.world.now() });
    this.world.waiting.delete(this);
    this.#resolve(this.event);
  }

  /** The client gives up, by HOW: 'close' or 'reset'. */
  drop(how) {
    if (this.event.done !== undefined) return;
    this.#end({ code: 'dropped' });
    this.#request.abort(how);
  }
}

export class World {
  #began = performance.now();
  #sleepers = new Set();

  constructor(stack, { ws, web, times, people, followers }) {
    Object.assign(this, { stack, ws, times, people, followers });
    this.users = [...people, ...followers];
    this.tells = tellings[web];
    this.events = [];
    this.waiting = new Set();
    this.dms = new Set(); /* conversations that somebody opened, as places */
    this.calm = false; /* nobody does anything new */
    this.silent = false; /* nobody is kept here any longer */
    this.over = false;
  }

  /** ms since the run began. */
  now() {
    return performance.now() - this.#began;
  }

  /** Resolves after MS, or when the run is over. */
  sleep(ms) {
    if (this.over) return Promise.resolve();
    return new Promise(resolve => {
      const wake = () => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#sleepers.add(wake);
    });
  }

  /** Notes EVENT, which began now. */
  note(event) {
    const noted = { id: this.events.length, sent: this.now(), ...event };
    this.events.push(noted);
    return noted;
  }

  #ask(event, send) {
    const noted = this.note(event);
    const asked = new Asked(this, noted, send());
    this.waiting.add(asked);
    return asked;
  }

  /** Sends a request of EVENT.user below the workspace; returns an Asked. */
  ask(event, method, what, options = {}) {
    const path = `/v1/workspaces/${this.ws}/${what}`;
    return this.#ask(event, () =>
      this.stack.req(method, path, { user: event.user, timeout: this.times.patience, ...options }),
    );
  }

  /** The same for the administrator, about the member EVENT.user. */
  admin(event, method, options = {}) {
    const path = `/workspaces/${this.ws}/members/${event.user}`;
    return this.#ask(event, () => this.stack.adm(method, path, { timeout: this.times.patience, ...options }));
  }

  /** Ends the run: nobody sleeps or waits any longer. */
  end() {
    this.calm = this.silent = this.over = true;
    for (const wake of this.#sleepers) wake();
    for (const asked of this.waiting) asked.drop('reset');
  }
}

/** How long a client waits before it asks again after EVENT failed (ms). */
export const retryAfter = (event, chance) =>
  event.retry ? event.retry * 1000 + chance.between(0, 300) : chance.between(200, 600);
