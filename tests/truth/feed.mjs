// SPDX-License-Identifier: ISC
// A stream of events in the log, as the polls that it stands for: each event that tells something answers one, from whose cursor the
// next one waits. How it ends is how the last one does.
import { Events } from '../lib/events.mjs';

/** Such a poll waits for as long as there is nothing to tell (ms). */
const FOREVER = 1e9;

export class Feed {
  #resolve;
  #poll; /* the one that waits; null once it has ended */
  #stream = null;

  /** Opens the stream that EVENT, a poll, would continue; ON_CURSOR is called with each cursor that it comes to. */
  constructor(world, event, onCursor) {
    Object.assign(this, { world, event, onCursor });
    this.done = new Promise(resolve => (this.#resolve = resolve));
    this.#wait(event.since);
    world.waiting.add(this);
    this.#open();
  }

  #wait(since) {
    this.#poll = this.world.note({ ...this.event, since, wait: FOREVER });
  }

  async #open() {
    const { world, event } = this;
    const { since, users: user, limit, places: place } = event;
    const person = world.stack.as(event.user, world.ws);
    /* The id of the last event counts, whatever the query says. */
    const asked = since === undefined ? {} : { since: 'nonsense' };
    const onEvent = one => this.#take(one);
    try {
      this.#opened(await Events.open(person, { ...asked, user, limit, place }, { last: since, onEvent }));
    } catch (error) {
      this.#end({ code: 0, error: error.code ?? error.message });
    }
  }

  #opened(stream) {
    this.#stream = stream;
    if (!this.#poll) stream.close();
    else if (stream.status !== 200)
      this.#end({ code: stream.status, retry: Number(stream.headers['retry-after']) || null });
    else stream.response.on('close', () => this.#end({ code: 0, error: 'its connection broke' }));
  }

  #take({ event, id, data }) {
    if (!this.#poll) return;
    if (event === 'changes') {
      const odd = id === data.cursor ? {} : { odd: `the event ${id} has the cursor ${data.cursor}` };
      Object.assign(this.#poll, { code: 200, body: data, done: this.world.now(), ...odd });
      this.onCursor(data.cursor);
      this.#wait(data.cursor);
    } else if (event === 'end') {
      const { code, retry_after: retry } = data;
      this.#end(code === 'rotate' ? { code: 'dropped' } : { code: 503, error: code, retry });
    }
  }

  #end(outcome) {
    if (!this.#poll) return;
    const poll = Object.assign(this.#poll, outcome, { done: this.world.now() });
    this.#poll = null;
    this.world.waiting.delete(this);
    this.#stream?.close();
    this.#resolve(poll);
  }

  /** The client gives up. */
  drop() {
    this.#end({ code: 'dropped' });
  }
}
