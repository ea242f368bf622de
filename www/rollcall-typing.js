// SPDX-License-Identifier: ISC
// Says that the user types in a conversation. rollcall.js fetches this file with the first attachTyping() of a page.
import { on } from './rollcall-util.js';

const RENEW_MS = 5000;
const SILENCE_MS = 5000; // after which the user types no more
const RETRY_MS = 2000; // after a start that was refused

export class Typing {
  #client;
  #place;
  #input;
  #life = new AbortController(); // until it is detached
  #isTyping = false;
  #n = 0;
  #inputAt = 0;
  #saidAt = 0;
  #timers = {};

  /** CLIENT is made by #pollClient() of rollcall.js. DM is the id of the conversation. */
  constructor(client, dm, input) {
    this.#client = client;
    this.#place = `dm:${dm}`;
    this.#input = input;
    const { signal } = this.#life;
    on(input, 'input', event => event.isTrusted && this.#onInput(), signal);
    on(input, 'keyup', () => this.#text || this.stop(), signal); // the page may have sent and cleared it
    on(input, 'blur', () => this.stop(), signal);
    on(document, 'visibilitychange', () => document.visibilityState === 'hidden' && this.stop(), signal);
    on(window, 'pagehide', () => this.stop(), signal);
  }

  /** The user types no more, until the next input. */
  stop() {
    clearTimeout(this.#timers.renew);
    clearTimeout(this.#timers.silence);
    if (!this.#isTyping) return;
    this.#isTyping = false;
    const { session } = this.#client.shared;
    const query = new URLSearchParams({ place: this.#place, session, doing: 'typing', n: String(this.#count()) });
    this.#client.ask(`place?${query}`, null, { method: 'DELETE', keepalive: true })
      .catch(() => {}); // it ends by itself
  }

  /** The input is not looked at any more. */
  end() {
    this.stop();
    this.#life.abort();
  }

  /** Submitting ends at the root of its form, so each root around the input is listened at. */
  #listen() {
    for (let node = this.#input; node; node = node.getRootNode().host)
      on(node.getRootNode(), 'submit', this.#onSubmit, this.#life.signal);
  }

  #onSubmit = ({ target }) => {
    for (let node = this.#input; node; node = node.getRootNode().host) {
      const { form } = node; // of some custom elements it is something else
      if (form === null || form instanceof HTMLFormElement ? form === target : target.contains(node)) this.stop();
    }
  };

  get #text() {
    return this.#input.value ?? this.#input.textContent;
  }

  #onInput() {
    if (!this.#text) return this.stop();
    this.#listen();
    this.#inputAt = Date.now();
    clearTimeout(this.#timers.silence);
    this.#timers.silence = setTimeout(() => this.stop(), SILENCE_MS);
    if (!this.#isTyping || Date.now() - this.#saidAt >= RENEW_MS) this.#say();
  }

  async #say() {
    const { shared: { session, state }, ask } = this.#client;
    if (state !== 'live') return;
    this.#isTyping = true;
    this.#saidAt = Date.now();
    clearTimeout(this.#timers.renew);
    this.#timers.renew = setTimeout(() => this.#inputAt > this.#saidAt && this.#say(), RENEW_MS);
    const body = { session, doing: 'typing', n: this.#count() };
    const what = `place?place=${encodeURIComponent(this.#place)}`;
    await ask(what, body, { method: 'PUT' }).catch(() => { this.#saidAt -= RENEW_MS - RETRY_MS; });
  }

  /** The number of the next request, larger than any before it, whichever tab sent that. */
  #count() {
    this.#n = Math.max(this.#n + 1, Date.now());
    return this.#n;
  }
}
